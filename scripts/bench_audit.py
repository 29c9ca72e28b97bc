"""Measures the audit trail on PostgreSQL and SQLite, in one run, and writes docs/performance.md's second part.

usage: bench_audit.py RELEASE_FOLDER [--quick] [--print] [--only NAME...]

What is compared within the run: writing row by row, COPY of the same rows (examples/audit_yardstick.rs), and the same
server with the audit trail off. Every request carries an API key and is captured with its payload.
"""

import http.client
import json
import re
import signal
import subprocess
import threading
import time

from bench_common import CLIENTS, KEY, Postgres, api_test, constant, metric, write_figures


def config(url):
    audit = f"database: {{url: '{url}'}}\naudit: {{enabled: true}}\n" if url else ""
    return (
        "server: {address: '127.0.0.1:0', workers: 2, shutdown: {pre_shutdown_delay: 0s}}\n"
        f"api_keys:\n  file:\n    - {{name: bench, key: {KEY}}}\n{audit}"
        "endpoints: {identity: {enabled: true}, data: {enabled: true}, echo: {enabled: true}}\n"
    )


def counts(server):
    return {name: int(metric(server, f"api_test_audit_{name}_total")) for name in ("received", "written", "dropped")}


def rows_of(postgres):
    return int(postgres.sql("SELECT count(*) FROM audit_events"))


def settle(server, limit=120):
    """Waits until the queue is empty and returns the time it took."""
    began = time.time()
    while metric(server, "api_test_audit_queue_depth") > 0:
        if time.time() - began > limit:
            raise SystemExit("error: the audit queue does not empty")
        time.sleep(0.05)
    return time.time() - began


def flood(server, seconds):
    command = ["wrk", "-t1", f"-c{CLIENTS}", f"-d{seconds}s", "-H", f"X-API-Key: {KEY}"]
    text = subprocess.run(
        [*command, f"http://127.0.0.1:{server.port}/v1/fixed/hello"], capture_output=True, text=True, check=True
    ).stdout
    if "Non-2xx" in text:
        raise SystemExit(f"error: the server failed under load:\n{text}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])


def yardstick(folder, url, seconds):
    out = subprocess.run(
        [folder / "examples/audit_yardstick", url, str(seconds)], capture_output=True, text=True, check=True
    ).stdout
    found = dict(re.findall(r"^(\w+) rows_per_second=([\d.]+)", out, re.M))
    return {name: float(rate) for name, rate in found.items()}


def sustained(folder, work, postgres, rates, seconds):
    """Returns the highest of the rates without losses."""
    best = None
    for rate in rates:
        server = api_test(folder, work, "sustained", config(postgres if isinstance(postgres, str) else postgres.url))
        try:
            run = constant(server, rate, seconds, log=work / "h2load")
            settle(server)
            run["dropped"] = counts(server)["dropped"]
            run["rss"] = server.kib("VmRSS") / 1024
        finally:
            server.stop()
        print(f"  {rate}/s: answered {run['rate']:.0f}/s, dropped {run['dropped']}, p99 {run['p99']:.2f} ms", flush=True)
        if run["dropped"] or run["failed"] or run["rate"] < rate * 0.98:
            break
        best = run
    return best


def bench(folder, work, quick, only):
    wanted = lambda name: not only or name in only
    long, short = (10, 5) if quick else (60, 30)
    with Postgres() as postgres:
        rows = {}
        if wanted("rate"):
            first = api_test(folder, work, "first", config(postgres.url))
            first.stop()
            ruler = yardstick(folder, postgres.url, 5 if quick else 15)
            print(ruler, flush=True)
            found = sustained(folder, work, postgres, [8000, 16000, 20000], long)
            rate = found["rate"] if found else 0
            yield f"| constant rate, nothing dropped, {long} s | {rate:,.0f}/s | ≥ 8,000/s |"
            yield f"| … × row by row ({ruler['rows']:,.0f}/s) | {rate / ruler['rows']:.1f} | ≥ 8 |"
            yield f"| … × COPY of the same rows ({ruler['copy']:,.0f}/s) | {rate / ruler['copy']:.2f} | ≥ 0.5 |"
            rows["rate"] = rate
        if wanted("flood"):
            plain = api_test(folder, work, "plain", config(None))
            flood(plain, 2)
            off = flood(plain, short)
            plain.stop()
            server = api_test(folder, work, "flood", config(postgres.url))
            had = rows_of(postgres)
            before = counts(server)
            began = time.time()
            on = flood(server, short)
            took = time.time() - began
            written = counts(server)["written"] - before["written"]
            settle(server)
            after = counts(server)
            kept = rows_of(postgres) - had
            exact = after["received"] == kept + after["dropped"]
            server.stop()
            yield f"| flooded for {short} s: rows written | {written / took:,.0f}/s | ≥ 6,000/s |"
            yield f"| … requests answered, × with audit off ({off:,.0f}/s) | {on / off:.2f} | ≥ 0.5 |"
            yield f"| … requests = rows + dropped ({kept:,} + {after['dropped']:,}) | {'exact' if exact else 'NO'} | exact |"
        if wanted("latency"):
            ratios = {"p50": [], "p99": []}
            half = 4000
            for _ in range(1 if quick else 3):
                runs = {}
                for name, url in (("off", None), ("on", postgres.url)):
                    server = api_test(folder, work, name, config(url))
                    constant(server, half, 2, log=work / "h2load")
                    runs[name] = constant(server, half, 10, log=work / "h2load")
                    server.stop()
                for key in ratios:
                    ratios[key].append(runs["on"][key] / runs["off"][key])
                print("  latency", {name: (run["p50"], run["p99"]) for name, run in runs.items()}, flush=True)
            middle = {key: sorted(found)[len(found) // 2] for key, found in ratios.items()}
            yield f"| p50 at {half:,}/s, × audit off | {middle['p50']:.2f} | ≤ 1.15 |"
            yield f"| p99 at {half:,}/s, × audit off | {middle['p99']:.2f} | ≤ 1.15 |"
        if wanted("freeze"):
            yield from freeze(folder, work, postgres, 10 if quick else 30)
        if wanted("stop"):
            yield from stop_under_load(folder, work, postgres)
        if wanted("memory"):
            server = api_test(folder, work, "memory", config(postgres.url))
            constant(server, 1000, 10 if quick else 30, log=work / "h2load")
            yield f"| memory at 1,000/s | {server.kib('VmRSS') / 1024:.1f} MiB | ≤ 60 MiB |"
            pids = postgres.processes()
            postgres.signal(signal.SIGSTOP, pids)
            try:
                time.sleep(0.1)
                fill(server)
                depth = metric(server, "api_test_audit_queue_depth")
                yield f"| memory with {depth:,.0f} events of 1 KiB bodies waiting | {server.kib('VmRSS') / 1024:.1f} MiB | ≤ 80 MiB |"
            finally:
                postgres.signal(signal.SIGCONT, pids)
            server.stop()
    if wanted("sqlite"):
        file = work / "audit.sqlite"
        found = sustained(folder, work, f"sqlite:{file}", [8000, 12000, 16000], 10 if quick else 30)
        yield f"| SQLite: constant rate, nothing dropped | {found['rate'] if found else 0:,.0f}/s | ≥ 8,000/s |"


def fill(server):
    body = json.dumps({"text": "a" * 1011}).encode()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    for _ in range(5000):
        connection.request("POST", "/v1/echo", body=body, headers={"X-API-Key": KEY})
        connection.getresponse().read()


def freeze(folder, work, postgres, seconds):
    """Measures load at a constant rate while the database is frozen."""
    server = api_test(folder, work, "freeze", config(postgres.url))
    rate = 2000
    had = rows_of(postgres)
    normal = constant(server, rate, seconds, log=work / "h2load")
    settle(server)
    runs = {}
    load = threading.Thread(target=lambda: runs.update(constant(server, rate, seconds, log=work / "h2load")))
    load.start()
    time.sleep(1)
    pids = postgres.processes()
    postgres.signal(signal.SIGSTOP, pids)
    load.join()
    written = counts(server)["written"]
    postgres.signal(signal.SIGCONT, pids)
    began = time.time()
    while counts(server)["written"] == written and time.time() - began < 60:
        time.sleep(0.05)
    resumed = time.time() - began
    settle(server)
    found = counts(server)
    kept = rows_of(postgres) - had
    exact = found["received"] == kept + found["dropped"]
    server.stop()
    yield f"| PostgreSQL frozen for {seconds - 1} s at {rate:,}/s: p99, × normal | {runs['p99'] / normal['p99']:.2f} | ≤ 1.2 |"
    yield f"| … requests failed | {runs['failed']} | 0 |"
    yield f"| … requests = rows + dropped ({kept:,} + {found['dropped']:,}) | {'exact' if exact else 'NO'} | exact |"
    yield f"| … time until it writes again | {resumed:.1f} s | ≤ 5 s |"


def stop_under_load(folder, work, postgres):
    server = api_test(folder, work, "stop", config(postgres.url))
    had = rows_of(postgres)
    answered = [0] * 8
    def call(n):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        try:
            while True:
                connection.request("GET", "/v1/fixed/hello", headers={"X-API-Key": KEY})
                connection.getresponse().read()
                answered[n] += 1
                # Below the capacity of the store: a full queue drops events, as it should.
                time.sleep(0.001)
        except (OSError, http.client.HTTPException):
            pass
    clients = [threading.Thread(target=call, args=(n,)) for n in range(8)]
    for client in clients:
        client.start()
    time.sleep(3)
    server.process.terminate()
    server.process.wait()
    for client in clients:
        client.join()
    kept = rows_of(postgres) - had
    exact = "exact" if kept == sum(answered) else f"NO: {sum(answered)} answered"
    yield f"| SIGTERM under load: rows = requests answered ({kept:,}) | {exact} | exact |"


if __name__ == "__main__":
    write_figures("audit", bench)
