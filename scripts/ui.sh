#!/usr/bin/env bash
# Builds the UI from web/ into static-build/, from where the binary embeds it.
. "$(dirname "$0")/common.sh"

if [ -f web/package.json ]; then
  have npm || die "npm is missing; install Node.js to build the UI"
  say "UI: packages"
  (cd web && npm ci --no-audit --no-fund)
  say "UI: build"
  (cd web && npm run build)
else
  say "UI: web/ has no package.json yet, so this is the placeholder page"
  web/build.sh static-build
fi
has_ui || die "the UI build left no static-build/index.html"
