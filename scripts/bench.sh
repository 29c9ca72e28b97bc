#!/usr/bin/env bash
# Measures the release build against the yardstick and writes docs/performance.md: bench.sh [--quick] [--print]
. "$(dirname "$0")/common.sh"

need_cargo
scripts/install-tools.sh wrk h2load
have python3 || die "python3 is missing; install it to run the bench"
have node || die "node is missing; the bench of identity runs the OpenID provider of tests/oidc with it"
say "release build of api-test and of the yardstick"
cargo build --release --locked --bin api-test --example bare --example audit_yardstick
say "bench"
python3 scripts/bench.py "$TARGET/release" "$@"
say "bench of the audit trail"
python3 scripts/bench_audit.py "$TARGET/release" "$@"
say "bench of authentication"
exec python3 scripts/bench_auth.py "$TARGET/release" "$@"
