#!/usr/bin/env bash
# Tests the portal in a headless browser against real servers: everything on SQLite, then pages with records again on a
# throw-away PostgreSQL, each page in two of its four looks. Installs what it needs. E2E_DATABASE=postgres://… uses that
# database instead of the throw-away one; E2E_DATABASE=none skips the second run. Arguments are names of tests, run on
# SQLite alone: e2e.sh [oidc pages …]. Pictures of failures, and the servers' logs: target/e2e.
. "$(dirname "$0")/common.sh"

need_cargo
scripts/install-tools.sh e2e
CHROMIUM=$(browser) || die "no browser"
export CHROMIUM
[ -f tests/oidc/node_modules/.package-lock.json ] || (cd tests/oidc && npm ci --no-audit --no-fund)
scripts/ui.sh --if-changed
say "browser tests: the server"
cargo build --locked --bin api-test

out=$TARGET/e2e
rm -rf "$out"
mkdir -p "$out"
export E2E_OUT=$out E2E_TALLY=$out/tally
export PORTAL_BINARY=$TARGET/debug/api-test

failed=0
# run NAME...: runs the tests with these names, or all. A name is that of one file, whatever the folder above is called.
run() {
  local name files=()
  for name in "$@"; do
    [ -f "web/e2e/$name.spec.mjs" ] || die "no such browser tests: $name"
    files+=("e2e/$name\\.spec\\.mjs$")
  done
  (cd web && npm exec --no -- playwright test ${files[@]+"${files[@]}"}) || failed=1
}

say "browser tests: SQLite"
run "$@"
if [ $# = 0 ] && [ "${E2E_DATABASE:-}" != none ]; then
  say "browser tests: PostgreSQL"
  [ -n "${E2E_DATABASE:-}" ] || trap 'scripts/postgres.sh stop' EXIT
  if PORTAL_DATABASE=${E2E_DATABASE:-$(scripts/postgres.sh start)} && [ -n "$PORTAL_DATABASE" ]; then
    export PORTAL_DATABASE E2E_FEW=1
    run pages work oidc hostile
  else
    failed=1
  fi
fi

# Printed for scripts/test.sh too. No tests run counts as a failure.
touch "$E2E_TALLY"
awk '$1 > 0 { ran = 1 } END { exit !ran }' "$E2E_TALLY" || failed=1
awk '{ passed += $1; failed += $2 } END { printf "browser: %d passed, %d failed\n", passed, failed }' "$E2E_TALLY" >"$out/summary"
echo
[ $failed = 0 ] || printf 'pictures of what failed, and logs: %s\n' "$out"
cat "$out/summary"
exit $failed
