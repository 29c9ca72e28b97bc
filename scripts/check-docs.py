"""Holds the pages against the tree: every configuration key is explained, llms.txt lists every page, commands exist."""

import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
problems: list[str] = []


def keys(node, path: str = ""):
    """Keys of the example configuration, entries of lists as `[]`."""
    if isinstance(node, dict):
        for name, value in node.items():
            yield from keys(value, f"{path}.{name}" if path else name)
    elif isinstance(node, list) and node and isinstance(node[0], dict):
        yield from keys(node[0], f"{path}[]")
    else:
        yield path


def check_configuration() -> None:
    """configs/api-test.example.yaml has every key of the code (a test there sees to it)."""
    page = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| `([a-z_.\[\]]+)`", page, re.MULTILINE))
    example = yaml.safe_load((ROOT / "configs/api-test.example.yaml").read_text(encoding="utf-8"))
    known = set(keys(example))
    groups = {key for key in known if key.startswith("endpoints.")}
    for key in sorted(known - explained - groups):
        problems.append(f"docs/configuration.md: no row for {key}")
    for key in sorted(explained - known):
        if "." in key:
            problems.append(f"docs/configuration.md: a row for {key}, which there is not")
    for key in sorted(groups):
        if f"`{key.split('.')[1]}`" not in page:
            problems.append(f"docs/configuration.md: the group of {key} is missing")


def check_llms() -> None:
    text = (ROOT / "docs/llms.txt").read_text(encoding="utf-8")
    listed = set(re.findall(r"\]\(([a-z0-9-]+\.md)\)", text))
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    for page in sorted(pages - listed):
        problems.append(f"docs/llms.txt: {page} is missing")
    for page in sorted(listed - pages):
        problems.append(f"docs/llms.txt: {page} is not a page")
    index = (ROOT / "docs/README.md").read_text(encoding="utf-8")
    for page in sorted(pages):
        if f"({page})" not in index:
            problems.append(f"docs/README.md: {page} is missing")


def check_commands() -> None:
    """What pages call `make x` or `scripts/x.sh` is there."""
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    pages = [*(ROOT / "docs").glob("*.md"), *ROOT.glob("*.md"), *(ROOT / "examples").rglob("*.md")]
    for page in pages:
        text = page.read_text(encoding="utf-8")
        where = page.relative_to(ROOT)
        for target in re.findall(r"(?:`|^ {4}|^\$ |&& )make ([a-z][a-z0-9-]*)", text, re.MULTILINE):
            if target not in targets:
                problems.append(f"{where}: there is no make {target}")
        for script in re.findall(r"\bscripts/[a-z0-9_-]+\.(?:sh|py|env)\b", text):
            if not (ROOT / script).is_file():
                problems.append(f"{where}: there is no {script}")


def main() -> int:
    check_configuration()
    check_llms()
    check_commands()
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
