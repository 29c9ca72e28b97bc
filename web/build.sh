#!/usr/bin/env bash
# Puts the placeholder page into OUTDIR: build.sh OUTDIR. It stands in for the portal until that has a package.json.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
out=${1:?"usage: build.sh OUTDIR"}
mkdir -p "$out"
cp "$here"/placeholder/* "$out"/
