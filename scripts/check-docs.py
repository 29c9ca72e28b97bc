"""Checks the pages against the tree: llms.txt lists every page, and commands exist."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
problems: list[str] = []


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
    """Checks that every `make x` and `scripts/x.sh` on a page exists."""
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
    check_llms()
    check_commands()
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
