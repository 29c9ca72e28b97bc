#!/usr/bin/env bash
# Runs all linters without changing files: rustfmt, clippy, and lint-scripts.sh for everything else.
. "$(dirname "$0")/common.sh"

need_cargo
scripts/install-tools.sh lint
export PATH="$VENV/bin:$PATH"

say "rustfmt"
cargo fmt --all --check
say "clippy"
cargo clippy --locked --workspace --all-targets -- -D warnings
scripts/lint-scripts.sh
