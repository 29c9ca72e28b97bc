#!/usr/bin/env bash
# The portal in a headless browser: pages and work against the real binary, trouble against the mock. With
# E2E_DATABASE=postgres://… on that database. CHROMIUM names another browser than Debian's.
. "$(dirname "$0")/common.sh"

chromium=${CHROMIUM:-/usr/bin/chromium}
[ -x "$chromium" ] || die "no $chromium; apt-get install chromium, or set CHROMIUM"
has_ui || scripts/ui.sh
[ -d web/node_modules ] || (cd web && npm ci --no-audit --no-fund)
say "e2e: binary"
cargo build --locked --bin api-test
say "e2e: browser"
(cd web && PORTAL_BINARY=$TARGET/debug/api-test PORTAL_DATABASE=${E2E_DATABASE:-} npm run --silent e2e)
