"""Scenarios on real containers: run.py [NAME ...] runs those, or all. IMAGE is under test, OLD_IMAGE what is upgraded from
(empty: that scenario is left out), POSTGRES_IMAGE the database's. scripts/containers.sh prepares them."""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from pathlib import Path

from client import Client, Load
from engine import ROOT, Project, docker, inspect, run, wait_for

IMAGE = os.environ["IMAGE"]
OLD_IMAGE = os.environ.get("OLD_IMAGE", "")
IMAGE_MAX = int(os.environ.get("IMAGE_MAX", 40 * 1024 * 1024))
REQUIRED = ("POSTGRES_PASSWORD", "APITEST_KEY", "APITEST_COOKIE_SECRET")


def settings(image: str = IMAGE) -> dict[str, str]:
    """Returns the settings of a project: its own secrets, and any free port."""
    made = {name: secrets.token_hex(24) for name in REQUIRED}
    return {**made, "APITEST_IMAGE": image, "APITEST_PORT": "0"}


def project(name: str, image: str = IMAGE) -> Project:
    return Project(name, "docker-compose.yml", settings(image))


def client(of: Project, service: str = "api-test", port: int = 8080) -> Client:
    return Client(of.address(service, port), of.settings["APITEST_KEY"])


def direct(of: Project, service: str = "api-test") -> Client:
    """Returns a client that bypasses the engine's proxy, which accepts connections even while no server listens."""
    networks = inspect(of.container(service))["NetworkSettings"]["Networks"]
    address = next(iter(networks.values()))["IPAddress"]
    return Client(f"{address}:8080", of.settings["APITEST_KEY"])


def equal(found, expected, what: str) -> None:
    assert found == expected, f"{what}: {found!r}; expected {expected!r}"


def all_recorded(of: Client, answered: list[str], name: str) -> None:
    """Checks that the answered requests are recorded, each once, and no others."""
    wait_for(f"{len(answered)} requests are on record", lambda: of.count(f"/v1/fixed/{name}-") >= len(answered), 30)
    equal(sorted(of.recorded(f"/v1/fixed/{name}-")), sorted(answered), "requests on record")


def image() -> None:
    """Size, user, contents, version; missing settings are refused by name; the health check fails without a server."""
    described = inspect(IMAGE)
    assert described["Size"] <= IMAGE_MAX, f"{described['Size']} bytes; expected at most {IMAGE_MAX}"
    config = described["Config"]
    equal(config["User"], "65532:65532", "user")
    equal(config["StopSignal"], "SIGTERM", "stop signal")
    equal(config["Healthcheck"]["Test"], ["CMD", "/api-test", "--healthcheck"], "health check")
    assert docker("run", "--rm", IMAGE, "--version").startswith("api-test "), "--version"
    container = docker("create", IMAGE)
    try:
        export = f"docker export {container} | tar -t"
        listed = subprocess.run(["bash", "-c", export], capture_output=True, text=True, check=True).stdout.split()
    finally:
        docker("rm", container)
    programs = [name for name in listed if not name.endswith("/") and name.split("/")[0] not in ("dev", "proc", "sys", "etc")]
    # The engine itself creates .dockerenv.
    equal(sorted(programs), [".dockerenv", "api-test"], "files beside etc/")
    refused = run("docker", "run", "--rm", IMAGE, check=False)
    equal(refused.returncode, 2, "exit code without secrets")
    for name in ("APITEST_DATABASE_URL", "APITEST_COOKIE_SECRET"):
        assert name in refused.stderr, f"{name} is not named: {refused.stderr}"
    unhealthy = run("docker", "run", "--rm", IMAGE, "--healthcheck", check=False)
    equal(unhealthy.returncode, 1, "exit code of --healthcheck without a server")
    # Without a file, as on a laptop, on a volume owned by the user.
    made = docker("run", "--rm", "--env", "APITEST_CONFIG=", IMAGE, "init", "--data-dir", "/data", "/data/api-test.yaml")
    assert "wrote /data/api-test.yaml" in made, made


def missing_secrets() -> None:
    """Compose refuses to start without a secret, and names it."""
    for name in REQUIRED:
        with project("missing") as broken:
            del broken.settings[name]
            refused = broken.compose("up", "--detach", "--no-build", check=False)
            # For the `down` at the end.
            broken.settings[name] = "x"
        assert refused.returncode != 0 and name in refused.stderr and "make env" in refused.stderr, refused.stderr


def compose() -> None:
    """docker-compose.yml: healthy, locked down, answers, survives a restart of Postgres, keeps its volume, stops with 0."""
    with project("compose") as up:
        up.up()
        container = up.container("api-test")
        host = inspect(container)["HostConfig"]
        equal(host["ReadonlyRootfs"], True, "read-only")
        equal(host["CapDrop"], ["ALL"], "capabilities dropped")
        assert any(option.startswith("no-new-privileges") for option in host["SecurityOpt"]), host["SecurityOpt"]
        status = Path(f"/proc/{inspect(container)['State']['Pid']}/status")
        if status.exists():
            fields = dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
            equal([fields[name] for name in ("CapEff", "CapBnd", "NoNewPrivs")], ["0" * 16, "0" * 16, "1"], "privileges")
            equal(fields["Uid"].split()[0], "65532", "user of the process")
        equal(docker("exec", container, "/api-test", "--healthcheck"), "", "--healthcheck")
        server = client(up)
        equal(json.loads(server.get("/v1/whoami")), {"subject": "gateway", "auth_type": "apikey", "key_name": "gateway"},
              "whoami")
        equal(Client(f"{server.host}:{server.port}", "wrong").request("GET", "/v1/whoami")[0], 401, "a wrong key")
        status, body = server.request("POST", "/api/v1/admin/api-keys", b'{"name":"kept"}')
        assert status in (200, 201), f"{status} {body!r}"
        kept = json.loads(body)["plaintext"]

        # Slow enough for the waiting events to fit into the sink's 4096 places.
        with Load(server, "outage", 2, pause=0.01) as load:
            docker("restart", "--time", "5", up.container("postgres"))
            up.healthy(up.container("postgres"))
            since = len(load.answered)
            wait_for("requests after the restart", lambda: len(load.answered) > since + 20)
        equal(load.wrong + load.refused, [], "requests that failed while Postgres was restarted")
        all_recorded(server, load.answered, "outage")
        equal(server.metric("api_test_audit_dropped_total"), 0, "dropped events")

        up.compose("stop", "api-test")
        equal(inspect(up.container("api-test"))["State"]["ExitCode"], 0, "exit code after stop")
        up.compose("down")
        up.up()
        server = client(up)
        all_recorded(server, load.answered, "outage")
        equal(json.loads(Client(f"{server.host}:{server.port}", kept).get("/v1/whoami"))["key_name"], "kept", "kept key")


def early_stop() -> None:
    """A container that is stopped while waiting for its database exits at once with 0, and is not killed."""
    name = f"api-test-early-{os.getpid()}"
    bridge = json.loads(docker("network", "inspect", "bridge"))[0]["IPAM"]["Config"][0]["Gateway"]
    # A database that accepts connections and never responds.
    with socket.create_server((bridge, 0)) as database:
        url = f"postgres://u@{bridge}:{database.getsockname()[1]}/d?sslmode=disable"
        docker("run", "--detach", "--name", name, "--env", f"APITEST_DATABASE_URL={url}",
               "--env", "APITEST_KEY=key-0123456789", "--env", "APITEST_COOKIE_SECRET=0123456789abcdef", IMAGE)
        try:
            database.settimeout(60)
            connection, _ = database.accept()
            docker("stop", "--time", "60", name)
            equal(inspect(name)["State"]["ExitCode"], 0, "exit code")
            connection.close()
        finally:
            docker("rm", "--force", name)


def drain() -> None:
    """`stop` under load: answered requests are recorded, others are not, and the shutdown is orderly."""
    with project("drain") as up:
        up.up()
        with Load(direct(up), "drain", 8) as load:
            wait_for("requests before the stop", lambda: len(load.answered) > 200)
            up.compose("stop", "api-test")
        equal(inspect(up.container("api-test"))["State"]["ExitCode"], 0, "exit code after stop under load")
        broken = [line for line in load.wrong if "Incomplete" in line or ": 5" in line]
        equal(broken, [], "answers that were cut or were errors")
        up.compose("start", "api-test")
        up.healthy(up.container("api-test"))
        all_recorded(client(up), load.answered, "drain")
        print(f"    {len(load.answered)} answered and recorded, {len(load.refused)} refused, {len(load.wrong)} not answered")


def upgrade() -> None:
    """Upgrade from the image of the previous version with its data: events, keys and the configuration still work."""
    if not OLD_IMAGE:
        print("    left out: there is no image of the version before")
        return
    with project("upgrade", OLD_IMAGE) as up:
        up.up()
        server = client(up)
        answered = []
        for number in range(50):
            server.get(f"/v1/fixed/before-{number}")
            answered.append(f"/v1/fixed/before-{number}")
        all_recorded(server, answered, "before")
        key = json.loads(server.request("POST", "/api/v1/admin/api-keys", b'{"name":"kept"}')[1])["plaintext"]
        before = server.json("/api/v1/portal/audit/events?path=/v1/fixed/before-&limit=100")["events"]
        up.settings["APITEST_IMAGE"] = IMAGE
        up.up()
        equal(inspect(up.container("api-test"))["Config"]["Image"], IMAGE, "image after the upgrade")
        server = client(up)
        after = server.json("/api/v1/portal/audit/events?path=/v1/fixed/before-&limit=100")["events"]
        shared = [{name: event[name] for name in old if name in event} for event, old in zip(after, before, strict=True)]
        equal(shared, before, "events after the upgrade")
        equal(json.loads(Client(f"{server.host}:{server.port}", key).get("/v1/whoami"))["key_name"], "kept", "kept key")
        server.get("/v1/fixed/after-1")
        all_recorded(server, ["/v1/fixed/after-1"], "after")


def replicas() -> None:
    """Two replicas behind HAProxy: both serve, both see all records, and a rolling restart under load costs nothing."""
    with Project("replicas", "deploy/replicas/docker-compose.yml", settings()) as up:
        up.up()
        front = client(up, "haproxy", 8000)
        wait_for("HAProxy knows both", lambda: served_by(front) == 2, 60)
        with Load(front, "rolling", 4) as load:
            for service in ("api-test-1", "api-test-2"):
                since = len(load.answered)
                up.compose("stop", service)
                equal(inspect(up.container(service))["State"]["ExitCode"], 0, f"exit code of {service}")
                wait_for("requests while one is away", lambda: len(load.answered) > since + 20)
                up.compose("start", service)
                up.healthy(up.container(service))
                wait_for("HAProxy knows both again", lambda: served_by(front) == 2, 60)
        equal(load.wrong + load.refused, [], "requests that failed during the rolling restart")
        for service in ("api-test-1", "api-test-2"):
            all_recorded(direct(up, service), load.answered, "rolling")
        print(f"    {len(load.answered)} requests, none failed")


def served_by(front: Client) -> int:
    """Returns the number of replicas that recorded a handful of requests."""
    name = f"probe-{time.monotonic_ns()}"
    for number in range(6):
        if front.request("GET", f"/v1/fixed/{name}-{number}")[0] != 200:
            return 0
    path = f"/api/v1/portal/audit/events?path={name}&limit=10"
    events = wait_for("the probes are on record", lambda: [page for page in [front.json(path)["events"]] if len(page) >= 6])
    return len({event["instance"] for event in events[0]})


def integration() -> None:
    """The database of `make integration` in a container of this engine, found and removed again."""
    script = str(ROOT / "scripts/postgres.sh")
    environment = {**os.environ, "CARGO_TARGET_DIR": str(ROOT / "target/containers/integration")}
    url = run(script, "start", environment=environment).stdout.strip()
    try:
        state = (ROOT / "target/containers/integration/postgres.state").read_text().split()
        equal(state[0], "container", "where postgres.sh runs its database")
        container = inspect(state[1])
        equal(container["Config"]["Image"], os.environ["POSTGRES_IMAGE"], "image of the database")
        port = container["NetworkSettings"]["Ports"]["5432/tcp"][0]["HostPort"]
        equal(url, f"postgres://postgres@127.0.0.1:{port}/api_test?sslmode=disable", "what postgres.sh says")
        # The server itself, on that database.
        name = f"api-test-integration-{os.getpid()}"
        docker("run", "--detach", "--name", name, "--network", "host", "--env", f"APITEST_DATABASE_URL={url}",
               "--env", "APITEST_KEY=key-0123456789", "--env", "APITEST_COOKIE_SECRET=0123456789abcdef",
               "--env", "APITEST__SERVER__ADDRESS=127.0.0.1:0", "--env", "LOG_FORMAT=text", IMAGE)
        try:
            wait_for("it listens", lambda: "listening address" in run("docker", "logs", name).stderr, 60)
        finally:
            docker("rm", "--force", name)
    finally:
        run(script, "stop", environment=environment)
    gone = run("docker", "inspect", state[1], check=False)
    assert gone.returncode != 0, "postgres.sh stop left its container"


SCENARIOS = [image, missing_secrets, early_stop, compose, drain, upgrade, replicas, integration]


def main(names: list[str]) -> int:
    known = {scenario.__name__: scenario for scenario in SCENARIOS}
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"no scenario {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    failed = []
    for name, scenario in known.items():
        if names and name not in names:
            continue
        print(f"\n==> containers: {name}: {scenario.__doc__}", flush=True)
        began = time.monotonic()
        try:
            scenario()
            print(f"    ok: {name} ({time.monotonic() - began:.0f} s)", flush=True)
        except (AssertionError, OSError, KeyError, ValueError, IndexError, subprocess.SubprocessError) as error:
            print(f"    FAILED: {name}: {error}", flush=True)
            failed.append(name)
    print(f"\ncontainers: {len(names or known) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
