#!/usr/bin/env bash
# Builds the UI from web/ into static-build/, from where the binary embeds it.
. "$(dirname "$0")/common.sh"

have npm || die "npm is missing; install Node.js to build the UI"
say "UI: packages"
(cd web && npm ci --no-audit --no-fund)
say "UI: build"
(cd web && npm run build)
has_ui || die "the UI build left no static-build/index.html"
