#!/usr/bin/env bash
# Builds the documentation site into target/site; a broken link is an error.
. "$(dirname "$0")/common.sh"

scripts/install-tools.sh docs
export PATH="$VENV/bin:$PATH" NO_MKDOCS_2_WARNING=1
say "pages"
python3 scripts/check-docs.py
say "site"
mkdocs build --strict --clean --site-dir "$TARGET/site"
note "$TARGET/site/index.html"
