"""Shared by the benches: servers, load, PostgreSQL, and the pages with the figures."""

import argparse
import datetime
import http.client
import os
import pathlib
import re
import socket
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TICKS = os.sysconf("SC_CLK_TCK")
KEY = "bench-key-0123456789"
CLIENTS = 32


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """Server process with its log on /dev/null."""

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


def api_test(folder, work, name, config):
    """Starts a server of the release folder with that configuration, on a free port."""
    file = work / f"{name}.yaml"
    file.write_text(config)
    port = free_port()
    environment = {"APITEST__SERVER__ADDRESS": f"127.0.0.1:{port}", "LOG_LEVEL": "info", "LOG_FORMAT": "text"}
    return Server([folder / "api-test", "--config", file], port, environment)


def metric(server, name):
    """Returns one series of /metrics; 0 when it is missing."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    found = re.search(rf"^{re.escape(name)} ([\d.e+]+)$", text, re.M)
    return float(found[1]) if found else 0.0


def wrk(work, server, target, seconds, headers, method="GET", body=None):
    """Runs wrk once: requests per second, CPU seconds per request, p99 in milliseconds."""
    script = work / "wrk.lua"
    lines = [f'wrk.method = "{method}"', *(f'wrk.headers["{name}"] = "{value}"' for name, value in headers.items())]
    if body:
        lines += [f"wrk.body = [[{body.decode()}]]"]
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


def constant(server, rate, seconds, log, target="/v1/fixed/hello", key=KEY):
    """Runs h2load at a constant rate: answered requests per second, failures, and latencies in ms."""
    command = ["h2load", "--h1", f"-c{CLIENTS}", f"--rps={rate / CLIENTS}", f"-D{seconds}", "-t1"]
    command += ["-H", f"X-API-Key: {key}", "--log-file", str(log)]
    command.append(f"http://127.0.0.1:{server.port}{target}")
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    done = re.search(r"requests: \d+ total, \d+ started, (\d+) done, (\d+) succeeded, (\d+) failed", text)
    took = []
    ended = []
    for line in pathlib.Path(log).read_text().splitlines():
        at, _, micros = line.split("\t")[:3]
        took.append(int(micros) / 1000)
        ended.append(int(at) / 1e6)
    order = sorted(took)
    return {
        "rate": int(done[2]) / seconds,
        "succeeded": int(done[2]),
        "failed": int(done[3]),
        "p50": order[len(order) // 2],
        "p99": order[int(len(order) * 0.99)],
        "ended": ended,
        "took": took,
    }


def ratio(found, name, other, key):
    """Returns the median over the rounds of the ratio within a round."""
    return statistics.median(a[key] / b[key] for a, b in zip(found[name], found[other]))


def median(found, name, key):
    return statistics.median(run[key] for run in found[name])


class Postgres:
    """Throw-away server of scripts/postgres.sh."""

    def __enter__(self):
        out = subprocess.run([ROOT / "scripts/postgres.sh", "start"], capture_output=True, text=True, check=True)
        self.url = out.stdout.strip().splitlines()[-1]
        return self

    def __exit__(self, *_):
        subprocess.run([ROOT / "scripts/postgres.sh", "stop"], check=False)

    def sql(self, text):
        out = subprocess.run(["psql", "-qAtX", self.url, "-c", text], capture_output=True, text=True, check=True)
        return out.stdout.strip()

    def processes(self):
        helper = self.sql("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'")
        status = pathlib.Path(f"/proc/{helper}/status").read_text()
        postmaster = int(re.search(r"^PPid:\s+(\d+)", status, re.M)[1])
        children = pathlib.Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        return [postmaster, *map(int, children)]

    def signal(self, which, pids):
        for pid in pids:
            try:
                os.kill(pid, which)
            except ProcessLookupError:
                pass


def write_part(name, lines):
    """Writes lines into docs/performance.md, between the marks of that name."""
    file = ROOT / "docs" / "performance.md"
    text = file.read_text(encoding="utf-8")
    begin, end = f"<!-- make bench writes {name} from here -->", "<!-- to here -->"
    before, mark, rest = text.partition(begin)
    if not mark:
        raise SystemExit(f"error: docs/performance.md has no mark for {name}")
    file.write_text(f"{before}{begin}\n" + "\n".join(lines) + f"\n{end}{rest.partition(end)[2]}", encoding="utf-8")
    print("\nwritten to docs/performance.md")


def arguments_of(*more):
    """Parses the arguments of a bench: RELEASE_FOLDER [--quick] [--print], and those in `more`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--print", action="store_true", dest="only_print")
    for name, options in more:
        parser.add_argument(name, **options)
    return parser.parse_args()


def write_figures(part, bench):
    """Runs `bench(folder, work, quick, only)`, prints each row of its table, and writes them into that part of the page."""
    arguments = arguments_of(("--only", {"nargs": "*", "default": []}))
    lines = [f"Measured {datetime.date.today()} on {os.cpu_count()} cores, PostgreSQL on the same machine.", ""]
    lines += ["| figure | value | bound |", "|---|--:|--:|"]
    with tempfile.TemporaryDirectory() as work:
        for line in bench(arguments.folder, pathlib.Path(work), arguments.quick, arguments.only):
            print(line, flush=True)
            lines.append(line)
    if not arguments.only_print:
        write_part(part, lines)
