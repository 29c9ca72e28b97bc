"""Measures api-test against bare actix-web handlers, in alternation, and writes the ratios into docs/performance.md.

usage: bench.py RELEASE_FOLDER [--quick] [--print]     --print leaves the file alone

Two yardsticks (examples/bare.rs), each with the answer's bytes ready in memory:
  body    sends Content-Type and the body
  answer  sends all headers of api-test's answer too: the same bytes on the wire
A figure is the median over rounds; in each round every server is measured once, in turns, so that a machine that
changes its pace changes it for all.
"""

import datetime
import http.client
import json
import os
import pathlib
import statistics
import tempfile
import threading
import time

from bench_common import KEY, Server, api_test, arguments_of, median, ratio, wrk, write_part

BODY = json.dumps({"text": "a" * 1011}).encode()
SIZED = 1048576
TARGETS = [
    ("`GET /v1/fixed/hello`", "GET", "/v1/fixed/hello"),
    ("`GET /v1/whoami`", "GET", "/v1/whoami"),
    ("`POST /v1/echo` with 1 KiB", "POST", "/v1/echo"),
    (f"`GET /v1/sized?bytes={SIZED}`", "GET", f"/v1/sized?bytes={SIZED}"),
]


def config(keys):
    listed = "".join(f"    - {{name: k{n}, key: other-key-number-{n}}}\n" for n in range(keys - 1))
    return (
        "server: {address: '127.0.0.1:0', workers: 2}\n"
        f"api_keys:\n  file:\n{listed}    - {{name: bench, key: {KEY}}}\n"
        "endpoints: {identity: {enabled: true}, data: {enabled: true}, echo: {enabled: true}}\n"
    )


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
    """Starts both, with the responses of api-test on `port`."""
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
    body = BODY if method == "POST" else None
    headers = {"X-API-Key": KEY, **({"Content-Type": "application/json"} if body else {})}
    return wrk(work, server, target, seconds, headers, method, body)


def measure(work, servers, method, target, rounds, seconds):
    for server in servers.values():
        load(work, server, method, target, 1)
    found = {name: [] for name in servers}
    for _ in range(rounds):
        for name, server in servers.items():
            found[name].append(load(work, server, method, target, seconds))
    return found


def growth_of_large_bodies(server):
    """Returns the growth of the server's memory in KiB while 8 clients download 32 MiB each."""
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
    yield "| request | requests/s | × `body` | × `answer` | CPU µs | CPU × `body` | CPU × `answer` | p99 × `body` | p99 × `answer` |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|--:|"
    for label, found in results:
        row = [f"{median(found, 'api-test', 'rate'):,.0f}"]
        row += [f"{ratio(found, 'api-test', other, 'rate'):.2f}" for other in ("body", "answer")]
        row += [f"{median(found, 'api-test', 'cpu') * 1e6:.1f}"]
        row += [f"{ratio(found, 'api-test', other, 'cpu'):.2f}" for other in ("body", "answer")]
        row += [f"{ratio(found, 'api-test', other, 'p99'):.2f}" for other in ("body", "answer")]
        yield f"| {label} | " + " | ".join(row) + " |"


def bench(folder, work, rounds, seconds):
    starts = []
    for _ in range(5):
        server = api_test(folder, work, "one", config(1))
        starts.append(server.start_seconds)
        time.sleep(0.5)
        idle = server.kib("VmRSS")
        server.stop()
    server = api_test(folder, work, "one", config(1))
    servers = {"api-test": server, **yardsticks(folder, work, server.port)}
    many = api_test(folder, work, "many", config(1000))
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
    yield f"| CPU per request with 1,000 configured keys, × with one | {ratio(keys, 'many', 'one', 'cpu'):.2f} | 1.30 |"
    yield f"| memory growth while 8 clients download 32 MiB each | {growth / 1024:.1f} MiB | 16 MiB |"
    yield f"| idle memory | {idle / 1024:.1f} MiB | 20 MiB |"
    yield f"| start until it accepts | {statistics.median(starts) * 1000:.0f} ms | 100 ms |"
    yield f"| release binary | {size / 1048576:.1f} MiB | 25 MiB |"


def main():
    arguments = arguments_of()
    rounds, seconds = (2, 2) if arguments.quick else (7, 4)
    with tempfile.TemporaryDirectory() as work:
        lines = list(bench(arguments.folder, pathlib.Path(work), rounds, seconds))
    print("\n".join(["", *lines]))
    if arguments.only_print:
        return
    write_part("requests", lines)


if __name__ == "__main__":
    main()
