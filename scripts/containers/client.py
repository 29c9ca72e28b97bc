"""HTTP client that knows the exact outcome of each request, and load made with it."""

import http.client
import json
import threading


class Client:
    """Calls a server with a key. Each request uses a new connection."""

    def __init__(self, address: str, key: str):
        self.host, port = address.rsplit(":", 1)
        self.port = int(port)
        self.key = key

    def request(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        try:
            connection.request(method, path, body, {"X-API-Key": self.key})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def get(self, path: str) -> bytes:
        status, body = self.request("GET", path)
        assert status == 200, f"GET {path}: {status} {body[:300]!r}"
        return body

    def json(self, path: str):
        return json.loads(self.get(path))

    def count(self, prefix: str) -> int:
        """Returns the number of recorded requests whose path begins with this, each counted once."""
        return len(set(self.recorded(prefix)))

    def recorded(self, prefix: str) -> list[str]:
        """Returns the recorded paths that begin with this."""
        paths, cursor = [], ""
        while True:
            page = self.json(f"/api/v1/portal/audit/events?limit=1000&path={prefix}{cursor}")
            paths += [event["path"] for event in page["events"] if event["path"].startswith(prefix)]
            if not page.get("next_cursor"):
                return paths
            cursor = f"&cursor={page['next_cursor']}"

    def metric(self, name: str) -> float:
        for line in self.get("/metrics").decode().splitlines():
            if line.startswith(f"{name} "):
                return float(line.split()[1])
        raise AssertionError(f"/metrics has no {name}")


class Load:
    """Requests `/v1/fixed/NAME-N` from some threads until it is told to stop, each thread with a pause (in
    seconds) between them; remembers what became of each."""

    def __init__(self, client: Client, name: str, threads: int = 4, pause: float = 0.0):
        self.client, self.name, self.pause = client, name, pause
        self.answered: list[str] = []
        self.refused: list[str] = []
        self.wrong: list[str] = []
        self._lock = threading.Lock()
        self._next = 0
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(threads)]

    def _run(self) -> None:
        while not self._ended.is_set():
            with self._lock:
                self._next += 1
                path = f"/v1/fixed/{self.name}-{self._next}"
            try:
                status, body = self.client.request("GET", path)
                if status == 200:
                    self.answered.append(path)
                else:
                    self.wrong.append(f"{path}: {status} {body[:100]!r}")
                self._ended.wait(self.pause)
            except ConnectionRefusedError:
                self.refused.append(path)
                self._ended.wait(0.02)
            except (OSError, http.client.HTTPException) as error:
                self.wrong.append(f"{path}: {error!r}")
                self._ended.wait(0.02)

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        for thread in self._threads:
            thread.join()
