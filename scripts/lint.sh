#!/usr/bin/env bash
# Formats nothing, changes nothing: rustfmt, clippy, and lint-scripts.sh for all the rest.
. "$(dirname "$0")/common.sh"

need_cargo
scripts/install-tools.sh lint
export PATH="$VENV/bin:$PATH"

say "rustfmt"
cargo fmt --all --check
say "clippy"
cargo clippy --locked --workspace --all-targets -- -D warnings
scripts/lint-scripts.sh
