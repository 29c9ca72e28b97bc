"""Hooks of mkdocs.yml: pages link to files of the repository as they do on a forge, and keep their marks for tests."""

import posixpath
import re
import shutil
from pathlib import Path

from mkdocs.structure.files import File, Files, InclusionLevel

ROOT = Path(__file__).resolve().parent.parent
# Folder in the site for files from outside docs/.
OUTSIDE = "repository"
LINK = re.compile(r"(\]\()(?![a-z]+:|#|/)([^)\s#]+)(#[^)\s]*)?(\))")
FENCE = re.compile(r"^( *```(?:sh|console)) [a-z -]+$", re.MULTILINE)


def repository_path(page: str) -> str:
    """Returns the path in the repository of a source file of the site."""
    outside = page.removeprefix(f"{OUTSIDE}/")
    return outside if outside != page else f"docs/{page}"


def site_path(path: str) -> str:
    """Returns the path in the site of a file in the repository."""
    inside = path.removeprefix("docs/")
    return inside if inside != path else f"{OUTSIDE}/{path}"


def linked(page: str, markdown: str) -> list[str]:
    """Returns the files of the repository that a page links to. mkdocs reports broken links itself."""
    folder = posixpath.dirname(repository_path(page))
    found = (posixpath.normpath(posixpath.join(folder, match[2])) for match in LINK.finditer(markdown))
    return [path for path in found if (ROOT / path).is_file()]


def on_files(files: Files, config) -> Files:
    """Adds files outside docs/ that pages link to, and files that those link to in turn."""
    pages = [(file.src_uri, file.content_string) for file in files.documentation_pages()]
    while pages:
        page, markdown = pages.pop()
        for path in linked(page, markdown):
            source = site_path(path)
            if path.startswith("docs/") or files.get_file_from_path(source):
                continue
            # Not in the navigation, on purpose.
            file = File.generated(
                config, source, abs_src_path=str(ROOT / path), inclusion=InclusionLevel.NOT_IN_NAV
            )
            files.append(file)
            if source.endswith(".md"):
                pages.append((source, (ROOT / path).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page, config, files) -> str:
    here = page.file.src_uri
    folder = posixpath.dirname(repository_path(here))

    def relink(match: re.Match) -> str:
        path = posixpath.normpath(posixpath.join(folder, match[2]))
        if not (ROOT / path).is_file():
            return match[0]
        target = posixpath.relpath(site_path(path), posixpath.dirname(here) or ".")
        return f"{match[1]}{target}{match[3] or ''}{match[4]}"

    # `sh test` says that scripts/docs-curl.py runs the block; readers need not know.
    return FENCE.sub(r"\1", LINK.sub(relink, markdown))


def on_post_build(config) -> None:
    """Adds the Markdown sources of the pages, for llms.txt."""
    for page in (ROOT / "docs").glob("*.md"):
        shutil.copy(page, Path(config.site_dir) / page.name)
