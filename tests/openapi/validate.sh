#!/usr/bin/env bash
# Holds a running anonymous server with an audit trail against validators that are not ours: validate.sh BASE_URL API_KEY
# The key is for the portal's API, whose document is held against real answers as well.
# openapi-spec-validator reads the document; schemathesis makes calls from it, valid ones and broken ones, and holds
# each answer against the declared statuses, content types, headers and schemas.
# Wants both on the PATH (scripts/install-tools.sh python).
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

# Every call is the same in each run: fixed seed, nothing remembered.
cd "$work"
SCHEMATHESIS_HOOKS='' schemathesis --config-file "$here/schemathesis.toml" run "$work/openapi.json" --url "$base"
# The live tail never ends, so it is left out.
SCHEMATHESIS_HOOKS='' schemathesis --config-file "$here/schemathesis.toml" run "$work/portal.json" --url "$base" \
  --header "X-API-Key: $key" --exclude-path /api/v1/portal/audit/stream
