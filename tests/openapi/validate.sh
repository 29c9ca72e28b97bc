#!/usr/bin/env bash
# Checks a running anonymous server with an audit trail with independent validators: validate.sh BASE_URL API_KEY. The
# key is for the portal's API, whose document is checked against real responses too. openapi-spec-validator reads the
# document; schemathesis makes valid and invalid calls from it, and checks each response against the declared statuses,
# content types, headers and schemas. Needs both on the PATH (scripts/install-tools.sh python).
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
base=${1:?"usage: validate.sh BASE_URL API_KEY"}
key=${2:?"usage: validate.sh BASE_URL API_KEY"}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

curl --fail --silent --show-error --max-time 10 "$base/openapi.json" >"$work/openapi.json"
curl --fail --silent --show-error --max-time 10 --header "X-API-Key: $key" \
  "$base/api/v1/portal/openapi.json" >"$work/portal.json"
openapi-spec-validator --schema 3.1 "$work/openapi.json" "$work/portal.json"

# All runs make the same calls: fixed seed, no stored examples.
cd "$work"
SCHEMATHESIS_HOOKS='' schemathesis --config-file "$here/schemathesis.toml" run "$work/openapi.json" --url "$base"
# The live tail never ends, so it is omitted.
SCHEMATHESIS_HOOKS='' schemathesis --config-file "$here/schemathesis.toml" run "$work/portal.json" --url "$base" \
  --header "X-API-Key: $key" --exclude-path /api/v1/portal/audit/stream
