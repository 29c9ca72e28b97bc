"""Engine and compose, through their command lines."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
NO_SETTINGS = ROOT / "target/containers/empty.env"
# Timeout of all waits, with a large margin.
PATIENCE = 180


def run(*arguments: str, check: bool = True, environment: dict | None = None, cwd: Path = ROOT) -> subprocess.CompletedProcess:
    """Runs a command and returns its output. A failure ends the scenario, unless `check` is false."""
    done = subprocess.run(arguments, cwd=cwd, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done


def docker(*arguments: str, check: bool = True) -> str:
    return run("docker", *arguments, check=check).stdout.strip()


def inspect(container: str) -> dict:
    return json.loads(docker("inspect", container))[0]


def wait_for(what: str, condition, seconds: float = PATIENCE):
    """Polls the condition until it returns a value, and returns that."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited {seconds} s in vain: {what}")


def compose_command() -> list[str]:
    plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0
    return ["docker", "compose"] if plugin or not shutil.which("docker-compose") else ["docker-compose"]


class Project:
    """Compose project with its own settings; removed, including volumes, at the end of `with`."""

    def __init__(self, name: str, file: str, settings: dict[str, str]):
        self.name = f"api-test-{name}-{os.getpid()}"
        self.file = file
        self.settings = settings
        self.command = compose_command()

    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "DOCKER_HOST") if name in os.environ}
        return {**kept, **self.settings}

    def compose(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
        # An empty file in place of the checkout's .env: the settings are the test's. (1.29 takes no device for it.)
        NO_SETTINGS.parent.mkdir(parents=True, exist_ok=True)
        NO_SETTINGS.touch()
        command = [*self.command, "--project-name", self.name, "--env-file", str(NO_SETTINGS), "--file", self.file]
        command += arguments
        return run(*command, check=check, environment=self.environment())

    def up(self) -> None:
        """Starts stopped services, and waits until all with a health check are healthy."""
        self.compose("up", "--detach", "--no-build")
        for container in self.containers():
            self.healthy(container)

    def containers(self) -> list[str]:
        return self.compose("ps", "--quiet").stdout.split()

    def container(self, service: str) -> str:
        listed = docker("ps", "--all", "--quiet", "--filter", f"label=com.docker.compose.project={self.name}",
                        "--filter", f"label=com.docker.compose.service={service}")
        return listed.split()[0]

    def healthy(self, container: str) -> None:
        def state():
            health = inspect(container)["State"].get("Health")
            return health is None or health["Status"] == "healthy"

        wait_for(f"{container} is healthy", state)

    def address(self, service: str, port: int = 8080) -> str:
        """Returns the published host and port of a service."""
        return "127.0.0.1:" + docker("port", self.container(service), str(port)).splitlines()[0].rsplit(":", 1)[1]

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            print(self.compose("logs", "--no-color", "--tail", "20", check=False).stdout, file=sys.stderr)
        self.compose("down", "--volumes", "--timeout", "40", check=False)
