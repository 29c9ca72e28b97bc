"""Runs the curl lines of the documentation against a server: docs-curl.py BINARY [PAGE...]

A page says with the word behind a fence's language what becomes of the block:

  ```sh test            each command is run; curl has to exit 0 with a status below 400
  ```console test       the same for lines that begin with `$ `; the lines below one are its exact output, `…` is anything
  ```sh test anonymous  against the anonymous profile instead of the local one (console too)
  ```sh no-test         not run: it needs something that is not there

`# 401` or `# 200 or 503` behind a command is the status instead, `# exit 28` the exit code; more words may follow. A curl
line anywhere else is an error. http://localhost:8080 becomes the server's address, and its output is put back; $KEY holds
the key, $GATEWAY the address, so that "through the gateway" is checked without one.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTED = "http://localhost:8080"
KEY = "docs-key-0123456789abcdef"
FENCE = re.compile(r"^( *)```(\w*) *([a-z -]*)$")
EXPECTED = re.compile(r"\s#\s*(?:exit (?P<exit>\d+)|(?P<statuses>\d{3}(?: or \d{3})*))\b[^#]*$")
PROFILES = {"local": "configs/api-test.local.yaml", "anonymous": "configs/api-test.dev.yaml"}
# Timeout of one command in seconds.
LIMIT = 30
# Wrapper of curl while a command runs: writes the response heads to a file, and changes nothing else.
WRAPPER = """#!/bin/sh
exec "$REAL_CURL" --silent --show-error --dump-header "$HEADS/$(date +%s%N).$$" "$@"
"""


@dataclass
class Command:
    """Command of a page, with its expected result."""

    where: str
    text: str
    profile: str
    output: list[str] | None = None


@dataclass
class Server:
    """Server on a free port, stopped by stop()."""

    profile: str
    folder: Path
    binary: str
    process: subprocess.Popen = field(init=False)
    url: str = field(init=False)

    def __post_init__(self) -> None:
        log = self.folder / f"{self.profile}.log"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("APITEST")}
        environment |= {
            "APITEST_DEV_KEY": KEY,
            "APITEST_COOKIE_SECRET": "0123456789abcdef" * 2,
            "APITEST__SERVER__ADDRESS": "127.0.0.1:0",
            "LOG_FORMAT": "text",
            "LOG_LEVEL": "info",
        }
        if self.profile == "local":
            environment["APITEST__DATABASE__URL"] = f"sqlite:{self.folder}/docs.sqlite"
        with log.open("wb") as stream:
            self.process = subprocess.Popen(
                [self.binary, "--config", PROFILES[self.profile]],
                cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=stream,
            )  # fmt: skip
        for _ in range(100):
            found = re.search(r'listening.*address="?127\.0\.0\.1:(\d+)', log.read_text(encoding="utf-8"))
            if found:
                self.url = f"http://127.0.0.1:{found[1]}"
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        self.stop()
        sys.exit(f"the {self.profile} server did not start:\n{log.read_text(encoding='utf-8')}")

    def stop(self) -> None:
        for _ in range(2):
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGTERM)
                time.sleep(0.2)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def is_curl(line: str) -> bool:
    return bool(re.match(r"^\s*(\$ )?curl\s", line))


def commands_of(page: Path, problems: list[str]) -> list[Command]:
    """Reads a page. A curl line that is neither run nor marked as not to be run is a problem."""
    name = page.relative_to(ROOT)
    found: list[Command] = []
    language, marks, end = "", set(), None
    pending, start = "", 0
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        fence = FENCE.match(line)
        if end is None and fence:
            language, marks, end = fence[2], set(fence[3].split()), f"{fence[1]}```"
            continue
        if end is not None and line == end:
            language, marks, end = "", set(), None
            continue
        if "test" not in marks:
            if is_curl(line) and "no-test" not in marks and (end is not None or line.startswith(("    ", "\t"))):
                problems.append(f"{name}:{number}: a curl line that is not run; mark its block `sh test` or `sh no-test`")
            continue
        profile = "anonymous" if "anonymous" in marks else "local"
        line = line.removeprefix(end[:-3])
        if language == "console" and not pending:
            if not line.startswith("$ "):
                if found and found[-1].output is not None:
                    found[-1].output.append(line)
                continue
            line = line[2:]
        elif not pending and (not line.strip() or line.startswith("#")):
            continue
        start = start if pending else number
        pending += line
        if pending.endswith("\\"):
            pending = pending[:-1]
            continue
        found.append(Command(f"{name}:{start}", pending, profile, [] if language == "console" else None))
        pending = ""
    return found


def run(command: Command, server: Server, folder: Path) -> str | None:
    """Runs a command; returns the problem with its result, if any."""
    heads = folder / "heads"
    shutil.rmtree(heads, ignore_errors=True)
    heads.mkdir()
    environment = os.environ | {
        "PATH": f"{folder}/bin:{os.environ['PATH']}",
        "REAL_CURL": shutil.which("curl") or "curl",
        "HEADS": str(heads),
        "KEY": KEY,
        "GATEWAY": server.url,
    }
    try:
        done = subprocess.run(
            ["bash", "-c", command.text.replace(DOCUMENTED, server.url)],
            cwd=folder, env=environment, capture_output=True, timeout=LIMIT, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"took longer than {LIMIT} s"
    output = done.stdout.decode("utf-8", "replace").replace(server.url, DOCUMENTED).replace(KEY, "$KEY")

    expected = EXPECTED.search(command.text)
    code = int(expected["exit"]) if expected and expected["exit"] else 0
    if done.returncode != code:
        return f"exit code {done.returncode}, expected {code}\n{done.stderr.decode('utf-8', 'replace')}"
    statuses = []
    for head in heads.iterdir():
        # The last head, after 100 Continue, redirects and the like.
        statuses += re.findall(r"^HTTP/\S+ (\d{3})", head.read_text(encoding="latin-1"), re.MULTILINE)[-1:]
    if "curl" in command.text and not statuses and code == 0:
        return "curl got no answer"
    wanted = re.findall(r"\d{3}", expected["statuses"]) if expected and expected["statuses"] else None
    for status in statuses:
        if status not in wanted if wanted else int(status) >= 400:
            return f"status {status}\n{output}"
    if command.output:
        pattern = re.escape("\n".join(line.rstrip() for line in command.output).strip()).replace("…", ".*?")
        actual = "\n".join(line.rstrip() for line in output.splitlines()).strip()
        if not re.fullmatch(pattern, actual, re.DOTALL):
            return "other output than the page has:\n" + actual
    return None


def main(binary: str, names: list[str]) -> int:
    pages = [Path(name).resolve() for name in names] or sorted(
        {*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "examples").rglob("*.md")}
    )
    problems: list[str] = []
    commands = [command for page in pages for command in commands_of(page, problems)]
    servers: dict[str, Server] = {}
    with tempfile.TemporaryDirectory() as folder_name:
        folder = Path(folder_name)
        (folder / "bin").mkdir()
        (folder / "bin/curl").write_text(WRAPPER, encoding="utf-8")
        (folder / "bin/curl").chmod(0o755)
        try:
            for command in commands:
                if command.profile not in servers:
                    servers[command.profile] = Server(command.profile, folder, binary)
                wrong = run(command, servers[command.profile], folder)
                if wrong:
                    problems.append(f"{command.where}: {command.text}\n  {wrong}")
        finally:
            for server in servers.values():
                server.stop()
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"    {len(commands)} commands of {len(pages)} pages, {len(problems)} problems", file=sys.stderr)
    return 1 if problems or not commands else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
