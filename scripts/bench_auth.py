"""Measures the ways to authenticate on PostgreSQL, in one run, and writes docs/performance.md's part about identity.

usage: bench_auth.py RELEASE_FOLDER [--quick] [--print] [--only NAME...]

The database holds 10,000 keys. One server takes a key of the file, keys of the database and JWTs of tests/oidc; what is
compared is the same server with another credential, in turns within a round.
"""

import http.client
import json
import re
import selectors
import socket
import statistics
import subprocess
import threading
import time

from bench_common import KEY, ROOT, Postgres, api_test, constant, median, metric, ratio, wrk, write_figures

ROWS = 10_000
PATH = "/v1/fixed/hello"
# Valid requests per second while strangers guess keys.
GOOD = 2000
BAD = 1000

# Requests with random keys of the right form: BAD per second over these connections, each with pauses.
STRANGERS = 40
GUESSES = """
local letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
init = function() math.randomseed(os.time()) end
request = function()
  local key = {}
  for n = 1, 43 do
    local at = math.random(64)
    key[n] = letters:sub(at, at)
  end
  return wrk.format("GET", nil, {["X-API-Key"] = "at_" .. table.concat(key)})
end
delay = function() return %d end
"""


def config(url, issuer):
    return (
        "server: {address: '127.0.0.1:0', workers: 2, shutdown: {pre_shutdown_delay: 0s}}\n"
        f"api_keys:\n  file:\n    - {{name: bench, key: {KEY}}}\n  db: {{enabled: true}}\n"
        f"oidc: {{enabled: true, issuer: '{issuer}', audience: 'urn:api-test'}}\n"
        f"database: {{url: '{url}'}}\n"
        "endpoints: {identity: {enabled: true}, data: {enabled: true}}\n"
    )


class Provider:
    """The OpenID provider of the tests."""

    def __enter__(self):
        folder = ROOT / "tests" / "oidc"
        if not (folder / "node_modules" / ".package-lock.json").exists():
            subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=folder, check=True)
        # It ends when its standard input is closed.
        self.process = subprocess.Popen(
            ["node", "provider.mjs"],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("error: the OpenID provider of tests/oidc does not start; it needs node")
        self.issuer = json.loads(line)["issuer"]
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def control(self, what, asked=None):
        connection = http.client.HTTPConnection(self.issuer.removeprefix("http://"), timeout=30)
        method = "GET" if asked is None else "POST"
        connection.request(method, f"/_test/{what}", None if asked is None else json.dumps(asked))
        return json.loads(connection.getresponse().read())

    def token(self):
        now = int(time.time())
        claims = {"iss": self.issuer, "sub": "bench", "aud": "urn:api-test", "azp": "bench", "iat": now}
        claims |= {"exp": now + 3600, "scope": "read write", "email": "bench@example.test"}
        return self.control("sign", {"header": {"alg": "RS256"}, "claims": claims})["token"]

    def fetches(self):
        return self.control("counts").get("/jwks", 0)


def call(server, method, path, headers, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    return answer.status, answer.read()


def mint(server, name):
    status, body = call(server, "POST", "/api/v1/admin/api-keys", {"X-API-Key": KEY}, json.dumps({"name": name}))
    if status != 201:
        raise SystemExit(f"error: no key was made: {status} {body}")
    return json.loads(body)["plaintext"]


def fill(postgres):
    """Adds rows of other keys, which are as long as real ones and found as fast."""
    postgres.sql(
        "INSERT INTO api_keys (id, name, description, handle, hash, created_by, created_at) "
        "SELECT gen_random_uuid(), 'other-' || n, '', sha256(n::text::bytea), "
        f"'$2b$10$' || repeat('x', 53), 'bench', now() FROM generate_series(1, {ROWS}) AS n"
    )
    postgres.sql("ANALYZE api_keys")


def costs(server):
    return tuple(int(metric(server, f"api_test_key_{name}_total")) for name in ("proofs", "queries"))


def at_once(server, headers):
    """Opens all connections, then sends a request on each. Returns the statuses."""
    opened = [socket.create_connection(("127.0.0.1", server.port)) for _ in headers]
    for connection, header in zip(opened, headers):
        connection.sendall(f"GET {PATH} HTTP/1.1\r\nHost: bench\r\n{header}\r\nConnection: close\r\n\r\n".encode())
    waiting = selectors.DefaultSelector()
    seen = {connection: b"" for connection in opened}
    for connection in opened:
        waiting.register(connection, selectors.EVENT_READ)
    deadline = time.time() + 30
    while waiting.get_map() and time.time() < deadline:
        for key, _ in waiting.select(timeout=1):
            data = key.fileobj.recv(4096)
            seen[key.fileobj] += data
            if not data:
                waiting.unregister(key.fileobj)
                key.fileobj.close()
    return [int(answer[9:12] or 0) for answer in seen.values()]


def cold(server, keys):
    """Measures keys used for the first time: some on many connections at once, the others alone."""
    crowd, alone = keys[:5], keys[5:]
    before = costs(server)
    for key in crowd:
        statuses = at_once(server, [f"X-API-Key: {key}"] * 64)
        if set(statuses) != {200}:
            raise SystemExit(f"error: a good key is refused: {statuses}")
    took = []
    for key in alone:
        began = time.perf_counter()
        status, _ = call(server, "GET", PATH, {"X-API-Key": key})
        took.append(time.perf_counter() - began)
        if status != 200:
            raise SystemExit(f"error: a good key is refused: {status}")
    proofs, queries = (after - had for after, had in zip(costs(server), before))
    each = proofs / len(keys)
    yield f"| portal-made key, cold: bcrypt runs per key, {len(crowd)} keys sent by 64 clients at once and {len(alone)} by one | {each:g} | 1 |"
    yield f"| … database queries per key | {queries / len(keys):g} | ≤ 1 |"
    yield f"| … time of the first response | {statistics.median(took) * 1000:.0f} ms | |"


def warm(work, server, headers, rounds, seconds):
    for header in headers.values():
        wrk(work, server, PATH, 1, header)
    found = {name: [] for name in headers}
    for _ in range(rounds):
        for name, header in headers.items():
            found[name].append(wrk(work, server, PATH, seconds, header))
    return found


def guess(work, server, seconds, found):
    script = work / "guesses.lua"
    script.write_text(GUESSES % (STRANGERS * 1000 // BAD - 4))
    command = ["wrk", "-t1", f"-c{STRANGERS}", f"-d{seconds}s", "-s", script, f"http://127.0.0.1:{server.port}{PATH}"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found["sent"] = int(re.search(r"(\d+) requests in", text)[1])
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    found["refused"] = int(refused[1]) if refused else 0


def guessed(work, server, key, rounds, seconds):
    """Measures valid requests at a constant rate, alone and while strangers guess keys."""
    log = work / "h2load"
    constant(server, GOOD, 1, log, PATH, key)
    ratios, sent, refused, failed, queries, proofs = [], 0, 0, 0, 0, 0
    for _ in range(rounds):
        quiet = constant(server, GOOD, seconds, log, PATH, key)
        before, bad = costs(server), {}
        strangers = threading.Thread(target=guess, args=(work, server, seconds, bad))
        strangers.start()
        loud = constant(server, GOOD, seconds, log, PATH, key)
        strangers.join()
        after = costs(server)
        ratios.append(loud["p99"] / quiet["p99"])
        sent, refused = sent + bad["sent"], refused + bad["refused"]
        failed += loud["failed"]
        proofs, queries = proofs + after[0] - before[0], queries + after[1] - before[1]
        print(f"  p99 {quiet['p99']:.2f} ms, with {bad['sent'] / seconds:,.0f} guesses/s {loud['p99']:.2f} ms", flush=True)
    rate = sent / rounds / seconds
    yield f"| {rate:,.0f} random bad keys/s: p99 of good requests at {GOOD:,}/s, × without them | {statistics.median(ratios):.2f} | ≤ 1.3 |"
    yield f"| … bcrypt runs; guesses let in; good requests that failed | {proofs}; {sent - refused}; {failed} | 0; 0; 0 |"
    yield f"| … queries for {sent:,} guesses | {queries:,} | |"


def new_key_id(server, provider):
    before = provider.fetches()
    provider.control("rotate", {"keep": True})
    header = f"Authorization: Bearer {provider.token()}"
    statuses = at_once(server, [header] * 500)
    good = statuses.count(200)
    yield f"| 500 requests at once with a new `kid`: fetches of the key set | {provider.fetches() - before} | 1 |"
    yield f"| … let in | {good} | 500 |"


def bench(folder, work, quick, only):
    wanted = lambda name: not only or name in only
    rounds, seconds = (2, 2) if quick else (7, 3)
    with Postgres() as postgres, Provider() as provider:
        server = api_test(folder, work, "auth", config(postgres.url, provider.issuer))
        try:
            fill(postgres)
            keys = [mint(server, f"bench-{n}") for n in range(11)]
            if wanted("warm"):
                token = {"Authorization": f"Bearer {provider.token()}"}
                headers = {"file": {"X-API-Key": KEY}, "database": {"X-API-Key": keys[0]}, "jwt": token}
                found = warm(work, server, headers, rounds, seconds)
                for name, label, own, bound in (
                    ("database", f"portal-made key among {ROWS:,}, warm", "this key", 1.15),
                    ("jwt", "JWT (RS256), warm", "the JWT", 1.5),
                ):
                    slower = ratio(found, "file", name, "rate")
                    rate = median(found, name, "rate")
                    yield f"| {label}: CPU per request, × configured key | {ratio(found, name, 'file', 'cpu'):.2f} | ≤ {bound} |"
                    yield f"| … requests/s of the configured key ({median(found, 'file', 'rate'):,.0f}), × those of {own} ({rate:,.0f}); median of the ratios | {slower:.2f} | ≤ {bound} |"
            if wanted("cold"):
                yield from cold(server, keys[1:])
            if wanted("guesses"):
                yield from guessed(work, server, keys[0], 1 if quick else 5, 4 if quick else 8)
            if wanted("kid"):
                yield from new_key_id(server, provider)
        finally:
            server.stop()


if __name__ == "__main__":
    write_figures("identity", bench)
