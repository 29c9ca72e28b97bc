#!/usr/bin/env bash
# Tests that targets that can't work fail at once and name an alternative: no docker, a docker that never responds, no
# UI, no Rust, no Node.js or an old one. Each is run as a user would, in a copy of what it needs.
. "$(dirname "$0")/common.sh"

folder=$(mktemp -d)
trap 'CARGO_TARGET_DIR=$folder/target scripts/postgres.sh stop; rm -rf "$folder"' EXIT
mkdir -p "$folder/bin" "$folder/hangs" "$folder/tree/static-build"
for program in bash env make git dirname basename timeout sed grep head tail date cut awk sleep od tr cat mkdir mktemp rm sort; do
  ln -s "$(command -v $program)" "$folder/bin/$program"
done
printf '#!/bin/sh\nexec sleep 300\n' >"$folder/hangs/docker"
chmod +x "$folder/hangs/docker"
cp -r Makefile scripts "$folder/tree/"
mkdir -p "$folder/tree/web" "$folder/cargo" "$folder/old-node"
cp web/package.json "$folder/tree/web/"
printf '#!/bin/sh\nexit 1\n' | tee "$folder/cargo/cargo" "$folder/old-node/npm" >/dev/null
printf '#!/bin/sh\necho v18.20.4\n' >"$folder/old-node/node"
chmod +x "$folder/cargo/cargo" "$folder/old-node/npm" "$folder/old-node/node"

# refuses PATH WORDS TARGET: `make TARGET` fails within a minute, and its output contains each of WORDS (separated by
# `|`).
refuses() {
  local said word words code=0
  said=$(cd "$folder/tree" && CARGO_TARGET_DIR=$folder/target PATH=$1 timeout 60 make --no-print-directory "$3" 2>&1 </dev/null) ||
    code=$?
  [ $code != 0 ] || die "make $3 did not refuse: $said"
  [ $code != 124 ] || die "make $3 hangs"
  IFS='|' read -r -a words <<<"$2"
  for word in "${words[@]}"; do
    grep -qF -- "$word" <<<"$said" || die "make $3 does not say \"$word\": $said"
  done
}

refuses "$folder/bin" 'docker is not installed|make run|make dev-anon' dev
refuses "$folder/hangs:$folder/bin" 'does not answer|make run|make dev-anon' dev
refuses "$folder/bin" 'docker is not installed' dev-down
refuses "$folder/bin" 'docker is not installed|make build' docker
refuses "$folder/hangs:$folder/bin" 'does not answer|make build' docker
export PORT=0
HOME=$folder refuses "$folder/bin" 'cargo is not installed|rustup.rs' run
refuses "$folder/cargo:$folder/bin" 'Node.js is not installed|20.19|nodejs.org' run
refuses "$folder/old-node:$folder/cargo:$folder/bin" 'v18.20.4 is too old|20.19' run
unset PORT
refuses "$folder/bin" 'static-build/ has no index.html|make ui' build
refuses "$folder/bin" 'static-build/ has no index.html|make ui' verify
note "targets without docker or UI refuse, and say what to do"

# A docker that never responds costs its 5 s, and the installed PostgreSQL is used instead.
if scripts/postgres.sh installed; then
  url=$(CARGO_TARGET_DIR=$folder/target PATH="$folder/hangs:$PATH" timeout 120 scripts/postgres.sh start) ||
    die "postgres.sh does not fall back to the installed PostgreSQL"
  [[ $url == postgres://*@127.0.0.1:* ]] || die "postgres.sh says $url"
  note "with a docker that hangs, the installed PostgreSQL is used"
fi
