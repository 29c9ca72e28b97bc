#!/usr/bin/env bash
# Builds the release binary, including the UI.
. "$(dirname "$0")/common.sh"

scripts/require-ui.sh
need_cargo
say "cargo build --release"
cargo build --release --locked --bin api-test
note "$TARGET/release/api-test"
