"""Generates the reference page from an OpenAPI document: reference.py OPENAPI_JSON > docs/reference.md"""

import json
import sys
from pathlib import Path

HEAD = """# API reference

The operations under `/v1/` with all fields. [Endpoints](endpoints.md) explains what they are for, and the rules that
all responses follow. A running server has the same document at `/openapi.json`, and a form for each operation at
`/docs`. This page is generated from the OpenAPI document by `scripts/reference.sh --write`; a test keeps the two in
step.

Every operation needs a credential unless anonymous callers are allowed, and can return these errors in addition to its own
responses, each as `{"error": "…"}` or problem details (RFC 9457):
"""


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def bounds(schema: dict) -> str:
    """Returns type and bounds in a few words; 64-bit bounds are omitted."""
    kind = schema.get("type", "any")
    kind = " or ".join(kind) if isinstance(kind, list) else kind
    low, high = schema.get("minimum"), schema.get("maximum")
    low = None if low is not None and low <= -(2**62) else low
    high = None if high is not None and high >= 2**62 else high
    if low is not None and high is not None:
        kind += f", {low}–{high}"
    elif low is not None:
        kind += f", ≥ {low}"
    elif high is not None:
        kind += f", ≤ {high}"
    if schema.get("minLength"):
        kind += ", not empty"
    if "default" in schema:
        kind += f", default `{json.dumps(schema['default'])}`"
    return kind


class Document:
    def __init__(self, document: dict):
        self.document = document

    def resolve(self, node: dict) -> dict:
        if "$ref" not in node:
            return node
        found = self.document
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return found

    def operations(self, tag: str) -> list[tuple[list[str], str, dict]]:
        """Returns methods, path and operation; methods with equal descriptions are grouped."""
        found: list[tuple[list[str], str, dict]] = []
        for path, item in self.document["paths"].items():
            for verb, operation in item.items():
                if tag not in operation.get("tags", []):
                    continue
                last = found[-1] if found else None
                if last and last[1] == path and last[2]["summary"] == operation["summary"]:
                    last[0].append(verb.upper())
                else:
                    found.append(([verb.upper()], path, operation))
        return found

    def fields(self, schema: dict) -> list[str]:
        schema = self.resolve(schema)
        rows = []
        for name, inner in schema.get("properties", {}).items():
            about = inner.get("description", "")
            inner = self.resolve(inner)
            optional = "" if name in schema.get("required", []) else ", may be missing"
            about = about or inner.get("description", "")
            # Responses omit such a field; they never contain null.
            kind = bounds(inner).replace(" or null", "") if optional else bounds(inner)
            rows.append(f"| `{name}` | {kind}{optional} | {cell(about)} |")
        return rows

    def answer(self, status: str, response: dict) -> list[str]:
        lines = [f"**{status}**: {response['description']}", ""]
        for name, header in response.get("headers", {}).items():
            header = self.resolve(header)
            if name != "X-Request-Id":
                lines += [f"Header `{name}`: {header.get('description', '')}", ""]
        for media, content in response.get("content", {}).items():
            rows = self.fields(content.get("schema", {})) if media == "application/json" else []
            if rows:
                lines += ["| field | type | meaning |", "|---|---|---|", *rows, ""]
            if media != "application/json":
                lines += [f"`{media}`", ""]
            if "example" in content:
                example = content["example"]
                is_text = isinstance(example, str)
                shown = example.rstrip("\n") if is_text else json.dumps(example, ensure_ascii=False)
                lines += [f"```{'text' if is_text else 'json'}", shown, "```", ""]
        return lines

    def operation(self, verbs: list[str], path: str, operation: dict) -> list[str]:
        lines = [f"### {', '.join(verbs)} {path}", "", operation["summary"], ""]
        if operation.get("description"):
            lines += [operation["description"], ""]
        parameters = [self.resolve(parameter) for parameter in operation.get("parameters", [])]
        if parameters:
            lines += ["| parameter | in | type | meaning |", "|---|---|---|---|"]
            for parameter in parameters:
                required = ", required" if parameter.get("required") else ""
                about = cell(parameter.get("description", ""))
                lines.append(
                    f"| `{parameter['name']}` | {parameter['in']} | {bounds(parameter['schema'])}{required} | {about} |"
                )
            lines.append("")
        if "requestBody" in operation:
            lines += [f"Body: {self.resolve(operation['requestBody']).get('description', '')}", ""]
        for status, response in operation["responses"].items():
            if "$ref" not in response:
                lines += self.answer(status, response)
        return lines

    def page(self) -> str:
        lines = [HEAD, "| status | meaning |", "|---|---|"]
        shared = {}
        for item in self.document["paths"].values():
            for operation in item.values():
                for status, response in operation["responses"].items():
                    if "$ref" in response:
                        shared[status] = self.resolve(response)["description"]
        lines += [f"| {status} | {cell(about)} |" for status, about in sorted(shared.items())]
        lines += ["", "An unknown path returns 404, another method on a known path 405.", ""]
        for tag in self.document["tags"]:
            lines += [f"## {tag['name']}", "", tag.get("description", ""), ""]
            for verbs, path, operation in self.operations(tag["name"]):
                lines += self.operation(verbs, path, operation)
        return "\n".join(lines).rstrip("\n") + "\n"


if __name__ == "__main__":
    sys.stdout.write(Document(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))).page())
