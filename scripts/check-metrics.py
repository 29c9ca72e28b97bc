"""Every metric and label that the dashboard and the alert rules name is in a scrape, and every metric of the scrape is
explained in the documentation: check-metrics.py SCRAPE."""

import json
import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
DASHBOARD = "deploy/grafana/api-test.json"
RULES = "deploy/prometheus/alerts.yaml"
PAGE = "docs/operations.md"
NAME = re.compile(r"\b(?:api_test|process)_[a-z0-9_]+\b")
SELECTOR = re.compile(r"\b((?:api_test|process)_[a-z0-9_]+)\{([^}]*)\}")
LABEL = re.compile(r"([a-z_]+)\s*(?:=~|!~|!=|=)\s*\"([^\"]*)\"")
# Added by Prometheus when scraping.
TARGET_LABELS = {"job", "instance"}


def expressions() -> list[tuple[str, str]]:
    """Returns all PromQL expressions with their location."""
    found = []
    dashboard = json.loads((ROOT / DASHBOARD).read_text(encoding="utf-8"))
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            found.append((f"{DASHBOARD}, {panel['title']}", target["expr"]))
    for variable in dashboard["templating"]["list"]:
        found.append((f"{DASHBOARD}, variable {variable['name']}", variable.get("definition", "")))
    for annotation in dashboard["annotations"]["list"]:
        found.append((f"{DASHBOARD}, annotation {annotation['name']}", annotation["expr"]))
    for group in yaml.safe_load((ROOT / RULES).read_text(encoding="utf-8"))["groups"]:
        for rule in group["rules"]:
            found.append((f"{RULES}, {rule['alert']}", rule["expr"]))
    return found


def family(name: str, types: dict[str, str]) -> str:
    """Maps the parts of a histogram to its name."""
    base = re.sub(r"_(bucket|sum|count)$", "", name)
    return base if types.get(base) == "histogram" or name not in types else name


def main(scrape: str) -> int:
    text = Path(scrape).read_text(encoding="utf-8")
    types = dict(re.findall(r"^# TYPE (\S+) (\S+)", text, re.MULTILINE))
    labels: dict[str, set[str]] = {}
    values: dict[tuple[str, str], set[str]] = {}
    for name, inside in re.findall(r"^([a-z_0-9]+)\{([^}]*)\}", text, re.MULTILINE):
        for label, value in LABEL.findall(inside):
            labels.setdefault(name, set()).add(label)
            values.setdefault((name, label), set()).add(value)

    problems = []
    for where, promql in expressions():
        for name in NAME.findall(promql):
            if family(name, types) not in types:
                problems.append(f"{where}: no metric {name} in the scrape")
        for name, inside in SELECTOR.findall(promql):
            for label, value in LABEL.findall(inside):
                if label in TARGET_LABELS:
                    continue
                if label not in labels.get(name, set()):
                    problems.append(f"{where}: {name} has no label {label}")
                elif label == "result" and not set(value.split("|")) <= values[name, label]:
                    problems.append(f"{where}: {name} never has {label}=\"{value}\"")
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    for name in types:
        if f"`{name}`" not in page:
            problems.append(f"{PAGE}: {name} is missing")
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"    {len(types)} metrics, {len(expressions())} expressions", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
