"""Measures api-test beside bare actix-web handlers, in turns, and writes the ratios into docs/performance.md.

usage: bench.py RELEASE_FOLDER [--quick] [--print]     --print leaves the file alone

Two yardsticks (examples/bare.rs), each with the answer's bytes ready in memory:
  body    sends Content-Type and the body
  answer  sends all headers of api-test's answer too: the same bytes on the wire
A figure is the median over rounds; in each round every server is measured once, in turns, so that a machine that
changes its pace changes it for all.
"""

import argparse
import datetime
import http.client
import json
import os
import pathlib
import re
import socket
import statistics
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TICKS = os.sysconf("SC_CLK_TCK")
KEY = "bench-key-0123456789"
BODY = json.dumps({"text": "a" * 1011}).encode()
SIZED = 1048576
TARGETS = [
    ("GET /v1/fixed/hello", "GET", "/v1/fixed/hello"),
    ("GET /v1/whoami", "GET", "/v1/whoami"),
    ("POST /v1/echo, 1 KiB", "POST", "/v1/echo"),
    (f"GET /v1/sized?bytes={SIZED}", "GET", f"/v1/sized?bytes={SIZED}"),
]


def config(keys):
    listed = "".join(f"    - {{name: k{n}, key: other-key-number-{n}}}\n" for n in range(keys - 1))
    return (
        "server: {address: '127.0.0.1:0', workers: 2}\n"
        f"api_keys:\n  file:\n{listed}    - {{name: bench, key: {KEY}}}\n"
        "endpoints: {identity: {enabled: true}, data: {enabled: true}, echo: {enabled: true}}\n"
    )


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A server process, its log on /dev/null."""

    def __init__(self, command, port=None, environment=None):
        began = time.perf_counter()
        out = subprocess.PIPE if port is None else subprocess.DEVNULL
        self.process = subprocess.Popen(
            command, stdout=out, stderr=subprocess.DEVNULL, env={**os.environ, **(environment or {})}
        )
        self.port = port or int(self.process.stdout.readline().decode().rsplit(":", 1)[1])
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                break
            except ConnectionRefusedError:
                if self.process.poll() is not None or time.perf_counter() - began > 20:
                    raise SystemExit(f"error: {command[0]} does not listen")
                time.sleep(0.0005)
        self.start_seconds = time.perf_counter() - began

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def kib(self, key):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"^{key}:\s+(\d+)", status, re.M)[1])

    def stop(self):
        self.process.kill()
        self.process.wait()


def api_test(folder, work, keys=1):
    file = work / f"{keys}.yaml"
    file.write_text(config(keys))
    port = free_port()
    environment = {"APITEST__SERVER__ADDRESS": f"127.0.0.1:{port}", "LOG_LEVEL": "info", "LOG_FORMAT": "text"}
    return Server([folder / "api-test", "--config", file], port, environment)


def call(port, method, target):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    body = BODY if method == "POST" else None
    headers = {"X-API-Key": KEY, **({"Content-Type": "application/json"} if body else {})}
    connection.request(method, target, body=body, headers=headers)
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != 200:
        raise SystemExit(f"error: {target} answers {answer.status}")
    return answer.getheaders(), content


def yardsticks(folder, work, port):
    """Starts both, with the answers that api-test on `port` gives."""
    described = {"body": [], "answer": []}
    for number, (_, method, target) in enumerate(TARGETS):
        headers, content = call(port, method, target)
        file = work / f"body-{number}"
        file.write_bytes(content)
        kept = [[n, v] for n, v in headers if n.lower() not in ("content-length", "date", "transfer-encoding")]
        base = {"method": method, "path": target.split("?")[0], "body_file": str(file), "stream": "sized" in target}
        described["answer"].append({**base, "headers": kept})
        described["body"].append({**base, "headers": [[n, v] for n, v in kept if n.lower() == "content-type"]})
    servers = {}
    for name, answers in described.items():
        file = work / f"{name}.json"
        file.write_text(json.dumps(answers))
        servers[name] = Server([folder / "examples" / "bare", file])
    return servers


def load(work, server, method, target, seconds):
    """One run of wrk: requests a second, CPU seconds a request, p99 in milliseconds."""
    script = work / "wrk.lua"
    lines = [f'wrk.headers["X-API-Key"] = "{KEY}"']
    if method == "POST":
        lines += ['wrk.method = "POST"', f"wrk.body = [[{BODY.decode()}]]"]
        lines += ['wrk.headers["Content-Type"] = "application/json"']
    script.write_text("\n".join(lines))
    before = server.cpu_seconds()
    command = ["wrk", "-t1", "-c32", f"-d{seconds}s", "--latency", "-s", script]
    command.append(f"http://127.0.0.1:{server.port}{target}")
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    used = server.cpu_seconds() - before
    if "Non-2xx" in text or "Socket errors" in text:
        raise SystemExit(f"error: {target} failed under load:\n{text}")
    requests = int(re.search(r"(\d+) requests in", text)[1])
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()
    return {
        "rate": float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]),
        "cpu": used / requests,
        "p99": float(value) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit],
    }


def measure(work, servers, method, target, rounds, seconds):
    for server in servers.values():
        load(work, server, method, target, 1)
    found = {name: [] for name in servers}
    for _ in range(rounds):
        for name, server in servers.items():
            found[name].append(load(work, server, method, target, seconds))
    return found


def ratio(found, name, other, key):
    """Median over the rounds of the ratio within a round."""
    return statistics.median(a[key] / b[key] for a, b in zip(found[name], found[other]))


def median(found, name, key):
    return statistics.median(run[key] for run in found[name])


def growth_of_large_bodies(server):
    """KiB by which the server's memory grows while 8 clients take 32 MiB each."""
    before = server.kib("VmRSS")

    def take():
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        connection.request("GET", "/v1/sized?bytes=33554432", headers={"X-API-Key": KEY})
        answer = connection.getresponse()
        while answer.read(1 << 16):
            pass

    clients = [threading.Thread(target=take) for _ in range(8)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    return server.kib("VmHWM") - before


def table(results):
    yield "| request | requests/s | of `body` | of `answer` | CPU µs | × `body` | × `answer` | p99 × `body` | p99 × `answer` |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|--:|"
    for label, found in results:
        row = [f"{median(found, 'api-test', 'rate'):,.0f}"]
        row += [f"{ratio(found, 'api-test', other, 'rate'):.2f}" for other in ("body", "answer")]
        row += [f"{median(found, 'api-test', 'cpu') * 1e6:.1f}"]
        row += [f"{ratio(found, 'api-test', other, 'cpu'):.2f}" for other in ("body", "answer")]
        row += [f"{ratio(found, 'api-test', other, 'p99'):.2f}" for other in ("body", "answer")]
        yield f"| `{label}` | " + " | ".join(row) + " |"


def bench(folder, work, rounds, seconds):
    starts = []
    for _ in range(5):
        server = api_test(folder, work)
        starts.append(server.start_seconds)
        time.sleep(0.5)
        idle = server.kib("VmRSS")
        server.stop()
    server = api_test(folder, work)
    servers = {"api-test": server, **yardsticks(folder, work, server.port)}
    many = api_test(folder, work, keys=1000)
    try:
        growth = growth_of_large_bodies(server)
        results = []
        for label, method, target in TARGETS:
            results.append((label, measure(work, servers, method, target, rounds, seconds)))
            print(list(table(results[-1:]))[-1], flush=True)
        keys = measure(work, {"one": server, "many": many}, "GET", "/v1/whoami", rounds, seconds)
    finally:
        for one in [*servers.values(), many]:
            one.stop()
    size = (folder / "api-test").stat().st_size
    yield f"Measured {datetime.date.today()} on {os.cpu_count()} cores: median of {rounds} rounds of {seconds} s each."
    yield ""
    yield from table(results)
    yield ""
    yield "| figure | value | bound |"
    yield "|---|--:|--:|"
    yield f"| 1,000 file keys, CPU per request × one key | {ratio(keys, 'many', 'one', 'cpu'):.2f} | 1.30 |"
    yield f"| memory growth, 8 clients × 32 MiB | {growth / 1024:.1f} MiB | 16 MiB |"
    yield f"| idle memory | {idle / 1024:.1f} MiB | 20 MiB |"
    yield f"| start until it accepts | {statistics.median(starts) * 1000:.0f} ms | 100 ms |"
    yield f"| release binary | {size / 1048576:.1f} MiB | 25 MiB |"


def write_part(name, lines):
    """Puts lines into docs/performance.md, between the marks of that name."""
    file = ROOT / "docs" / "performance.md"
    text = file.read_text(encoding="utf-8")
    begin, end = f"<!-- make bench writes {name} from here -->", "<!-- to here -->"
    before, mark, rest = text.partition(begin)
    if not mark:
        raise SystemExit(f"error: docs/performance.md has no mark for {name}")
    file.write_text(f"{before}{begin}\n" + "\n".join(lines) + f"\n{end}{rest.partition(end)[2]}", encoding="utf-8")
    print("\nwritten to docs/performance.md")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--print", action="store_true", dest="only_print")
    arguments = parser.parse_args()
    rounds, seconds = (2, 2) if arguments.quick else (7, 4)
    with tempfile.TemporaryDirectory() as work:
        lines = list(bench(arguments.folder, pathlib.Path(work), rounds, seconds))
    print("\n".join(["", *lines]))
    if arguments.only_print:
        return
    write_part("requests", lines)


if __name__ == "__main__":
    main()
