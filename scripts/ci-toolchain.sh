#!/usr/bin/env bash
# Rust of the pinned version on a machine of GitHub's, which has rustup.
. "$(dirname "$0")/common.sh"

rustup toolchain install "$RUST_VERSION" --profile minimal --component clippy --component rustfmt
rustup default "$RUST_VERSION"
