#!/usr/bin/env bash
# Installs the pinned Rust on a GitHub runner, which has rustup.
. "$(dirname "$0")/common.sh"

rustup toolchain install "$RUST_VERSION" --profile minimal --component clippy --component rustfmt
rustup default "$RUST_VERSION"
