#!/usr/bin/env bash
# Tests that check-drift.sh finds a deviating version in each place where one can be.
. "$(dirname "$0")/common.sh"

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT

fresh() {
  rm -rf "${copy:?}"/* "$copy/.github"
  mkdir -p "$copy/scripts"
  cp -r .github Makefile Cargo.toml Dockerfile docker-compose*.yml "$copy/"
  cp scripts/tool-versions.env "$copy/scripts/"
}

expect_drift() {
  if scripts/check-drift.sh "$copy" >/dev/null 2>&1; then
    die "check-drift.sh did not find: $1"
  fi
}

fresh
scripts/check-drift.sh "$copy" 2>/dev/null || die "check-drift.sh complains about a copy of this tree"

printf 'x:\n\tcargo install cargo-nextest --version 0.1.2\n' >>"$copy/Makefile"
expect_drift "cargo install in the Makefile"

fresh
printf '# uses cargo-deny@9.9.9\n' >>"$copy/.github/workflows/ci.yml"
expect_drift "tool@version in a workflow"

fresh
printf '# rustup toolchain install 1.2.3\n' >>"$copy/.github/workflows/ci.yml"
expect_drift "compiler in a workflow"

fresh
printf '# pip install schemathesis==0.0.1\n' >>"$copy/.github/workflows/ci.yml"
expect_drift "pip install in a workflow"

fresh
sed -i 's/^FROM rust:[0-9.]*/FROM rust:1.2.3/' "$copy/Dockerfile"
expect_drift "compiler in the Dockerfile"

fresh
sed -i 's/image: postgres:[0-9.]*/image: postgres:9.6/' "$copy/docker-compose.yml"
expect_drift "database in a compose file"

fresh
printf '# node-version: 18.20.1\n' >>"$copy/.github/workflows/ci.yml"
expect_drift "Node in a workflow"

fresh
sed -i 's/^rust-version.*/rust-version = "1.2"/' "$copy/Cargo.toml"
expect_drift "rust-version in Cargo.toml"
note "check-drift.sh finds every deviation"
