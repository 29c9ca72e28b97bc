#!/usr/bin/env bash
# Runs every curl line of the documentation: docs-curl.sh [BINARY]. The default is the debug binary.
. "$(dirname "$0")/common.sh"

binary=${1:-}
have python3 || die "python3 is missing; install it to run the lines of the documentation"
have curl || die "curl is missing; install it to run the lines of the documentation"
if [ -z "$binary" ]; then
  need_cargo
  cargo build --quiet --locked --bin api-test
  binary=$TARGET/debug/api-test
fi
python3 scripts/docs-curl.py "$binary"
