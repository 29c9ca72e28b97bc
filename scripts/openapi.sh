#!/usr/bin/env bash
# Checks the served OpenAPI document, and real responses, with independent validators. Uses the debug binary, which the
# tests have just built.
. "$(dirname "$0")/common.sh"

need_cargo
scripts/install-tools.sh python
[ -x tests/openapi/validate.sh ] || die "tests/openapi/validate.sh is missing"
cargo build --quiet --locked --bin api-test
export PATH="$VENV/bin:$PATH"
trap stop_server EXIT
rm -f "$TARGET"/openapi-audit.sqlite*
export APITEST__DATABASE__URL=sqlite:$TARGET/openapi-audit.sqlite APITEST__AUDIT__ENABLED=true
start_server "$TARGET/debug/api-test" tests/openapi/server.yaml "$TARGET/openapi-server.log"
tests/openapi/validate.sh "$BASE_URL" key-alpha-0123456789
