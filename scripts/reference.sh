#!/usr/bin/env bash
# Checks docs/reference.md against the server's OpenAPI document: reference.sh [--write] [BINARY]. With --write it
# generates the page. The default is the debug binary.
. "$(dirname "$0")/common.sh"

write=0
if [ "${1:-}" = --write ]; then
  write=1
  shift
fi
binary=${1:-}
if [ -z "$binary" ]; then
  need_cargo
  cargo build --quiet --locked --bin api-test
  binary=$TARGET/debug/api-test
fi
folder=$(mktemp -d)
finish() {
  stop_server
  rm -rf "$folder"
}
trap finish EXIT
# The profile has no answers on demand.
export APITEST__ENDPOINTS__ANSWER__ENABLED=true
start_server "$binary" configs/api-test.dev.yaml "$folder/log"
curl --silent --show-error --fail --output "$folder/openapi.json" "$BASE_URL/openapi.json"
python3 scripts/reference.py "$folder/openapi.json" >"$folder/reference.md"
if [ $write = 1 ]; then
  cp "$folder/reference.md" docs/reference.md
  note "docs/reference.md was generated from the server's document"
elif ! diff --unified docs/reference.md "$folder/reference.md" >&2; then
  die "docs/reference.md differs from the server's document; regenerate it: scripts/reference.sh --write"
fi
