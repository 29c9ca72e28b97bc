#!/usr/bin/env python3
"""Finds circles between Rust files, and between the files and folders of each folder.

check-circles.py ROOT... : ROOT is a crate's `src`. A name that is re-exported counts where it is defined, so a `mod.rs`
that only re-exports is no part of a circle. Tests are left out: they may look at everything.
Prints each circle with the names that make it, and fails when there is one.
"""

import re
import sys
from pathlib import Path

COMMENT_OR_TEXT = re.compile(
    r"""//[^\n]*|/\*.*?\*/|b?r(?P<hash>#*)".*?"(?P=hash)|b?"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])'""", re.S
)
ITEM = re.compile(
    r"^\s*(?:pub(?:\([^)]*\))?\s+)?(?:default\s+|async\s+|unsafe\s+|const\s+|extern\s+\"\"\s+)*"
    r"(?:struct|enum|union|trait|fn|const|static|type|macro_rules!)\s+(?:mut\s+)?([A-Za-z_]\w*)",
    re.M,
)
MODULE = re.compile(r"((?:#\[[^\]]*\]\s*)*)(?:pub(?:\([^)]*\))?\s+)?mod\s+(\w+)\s*(;|\{)")
USE = re.compile(r"((?:#\[[^\]]*\]\s*)*)(pub(?:\([^)]*\))?\s+)?use\s+([^;]+);")
INLINE = re.compile(r"(?<![\w:])((?:crate|super|self)(?:::\w+)+)")
TEST = re.compile(r"#\[cfg\((?:test|all\(test|any\(test)")


def matching_brace(text, start):
    depth = 0
    for at in range(start, len(text)):
        if text[at] == "{":
            depth += 1
        elif text[at] == "}":
            depth -= 1
            if depth == 0:
                return at + 1
    return len(text)


def use_paths(tree, prefix=()):
    """Yields (path, name) of each leaf of a use tree; the name of a glob is `*`."""
    tree = tree.strip()
    brace = tree.find("{")
    if brace == -1:
        path, _, alias = tree.partition(" as ")
        parts = prefix + tuple(part.strip() for part in path.split("::") if part.strip())
        if parts and parts[-1] == "self":
            parts = parts[:-1]
        yield parts, (alias.strip() or (parts[-1] if parts else ""))
        return
    head = prefix + tuple(part.strip() for part in tree[:brace].split("::") if part.strip())
    inner, depth, piece = tree[brace + 1 : tree.rfind("}")], 0, ""
    for letter in inner + ",":
        if letter == "," and depth == 0:
            if piece.strip():
                yield from use_paths(piece, head)
            piece = ""
            continue
        depth += (letter == "{") - (letter == "}")
        piece += letter


class Module:
    def __init__(self, path, file):
        self.path, self.file = path, file
        text = COMMENT_OR_TEXT.sub(lambda found: '""' if found[0][0] != "/" else " ", file.read_text(encoding="utf-8"))
        self.children, self.tests = [], set()
        while True:  # inline test modules go; other inline modules count as part of the file
            for found in MODULE.finditer(text):
                if TEST.search(found[1]) and found[3] == "{":
                    text = text[: found.start()] + text[matching_brace(text, found.end() - 1) :]
                    break
            else:
                break
        for found in MODULE.finditer(text):
            if found[3] == ";":
                (self.tests.add if TEST.search(found[1]) else self.children.append)(found[2])
        self.reexports, self.globs, self.imports = {}, [], []
        for found in USE.finditer(text):
            if TEST.search(found[1]):
                continue
            for parts, name in use_paths(found[3]):
                # Child modules can refer to a private `use`.
                if name == "*":
                    self.globs.append(parts[:-1])
                else:
                    self.reexports[name] = parts
                if not found[2]:
                    self.imports.append(parts[:-1] if name == "*" else parts)
        body = USE.sub(" ", text)
        self.items = set(ITEM.findall(body))
        self.imports += [tuple(found.split("::")) for found in INLINE.findall(body)]
        for child in self.children:
            self.imports += [tuple(found.split("::")) for found in re.findall(rf"(?<![\w:]){child}(?:::\w+)+", body)]


class Crate:
    def __init__(self, root):
        self.root, self.modules = root, {}
        self.load((), next(file for file in (root / "lib.rs", root / "main.rs") if file.exists()))

    def load(self, path, file):
        module = self.modules[path] = Module(path, file)
        folder = file.parent if file.name in ("mod.rs", "lib.rs", "main.rs") else file.with_suffix("")
        for child in module.children:
            for candidate in (folder / f"{child}.rs", folder / child / "mod.rs"):
                if candidate.exists():
                    self.load(path + (child,), candidate)

    def absolute(self, module, parts):
        """Resolves a path as written in `module` to one from the crate's root; None for another crate's."""
        if not parts:
            return None
        if parts[0] == "crate":
            return parts[1:]
        at = list(module.path)
        if parts[0] == "self":
            return tuple(at) + parts[1:]
        if parts[0] == "super":
            rest = list(parts)
            while rest and rest[0] == "super":
                rest.pop(0)
                if at:
                    at.pop()
            return tuple(at) + tuple(rest)
        if parts[0] in module.children or parts[0] in module.reexports:
            return module.path + parts
        return None

    def home(self, path, seen=frozenset()):
        """Returns the path of the module that defines `path`; None when unknown."""
        if path is None or path in seen or len(seen) > 32:
            return None
        seen = seen | {path}
        at = ()
        for index, segment in enumerate(path):
            if at + (segment,) in self.modules:
                at += (segment,)
                continue
            module = self.modules[at]
            if segment in module.items:
                return at
            if segment in module.reexports:
                target = self.absolute(module, module.reexports[segment])
                return self.home(target + path[index + 1 :], seen) if target is not None else None
            for glob in module.globs:
                target = self.absolute(module, glob)
                if target is not None:
                    found = self.home(target + path[index:], seen)
                    if found is not None:
                        return found
            return None  # of an inline module, or made by a macro
        return at

    def edges(self):
        """{(from file, to file): names}"""
        found = {}
        for module in self.modules.values():
            for parts in module.imports:
                path = self.absolute(module, parts)
                home = self.home(path) if path is not None else None
                if home is None or home == module.path:
                    continue
                if path == home and path == module.path[: len(path)]:
                    continue  # `use super::*`-like: names come one by one
                pair = (module.file, self.modules[home].file)
                found.setdefault(pair, set()).add("::".join(path))
        return found


def circles(graph):
    """Returns the strongly connected components of more than one node (Tarjan)."""
    index, low, stack, on, result = {}, {}, [], set(), []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        on.add(node)
        for other in graph.get(node, ()):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in on:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            part = []
            while True:
                part.append(stack.pop())
                on.discard(part[-1])
                if part[-1] == node:
                    break
            if len(part) > 1:
                result.append(sorted(part))

    for node in list(graph):
        if node not in index:
            visit(node)
    return result


def report(kind, part, graph, names):
    print(f"circle between {kind}: {', '.join(part)}")
    for node in part:
        for other in sorted(graph.get(node, ())):
            if other in part:
                print(f"  {node} -> {other}: {', '.join(sorted(names[node, other])[:4])}")


def check(root):
    crate = Crate(root)
    edges = crate.edges()
    graph, names = {}, {}
    for (one, other), why in edges.items():
        one, other = str(one.relative_to(root)), str(other.relative_to(root))
        graph.setdefault(one, set()).add(other)
        names[one, other] = why
    bad = 0
    for part in circles(graph):
        report("files", part, graph, names)
        bad += 1
    # One graph per folder, of its files and its folders with everything in them.
    levels = {}
    for (one, other), why in names.items():
        a, b = Path(one).parts, Path(other).parts
        depth = 0
        while depth < min(len(a), len(b)) - 1 and a[depth] == b[depth]:
            depth += 1
        if a[depth].removesuffix(".rs") == b[depth].removesuffix(".rs"):
            continue  # the same file, or a module's file and the folder of its children
        level, level_names = levels.setdefault("/".join(a[:depth]), ({}, {}))
        level.setdefault(a[depth], set()).add(b[depth])
        level_names.setdefault((a[depth], b[depth]), set()).update(f"{one}: {name}" for name in why)
    for folder, (level, level_names) in sorted(levels.items()):
        # The mod.rs of a folder re-exports the folder: a circle through it is one between files.
        for part in circles({n: {o for o in to if o != "mod.rs"} for n, to in level.items() if n != "mod.rs"}):
            report(f"the parts of {root.name}/{folder}", part, level, level_names)
            bad += 1
    return bad


if __name__ == "__main__":
    total = sum(check(Path(argument)) for argument in sys.argv[1:])
    sys.exit(1 if total else 0)
