#!/usr/bin/env bash
# Builds the UI from web/ into static-build/, from where the binary embeds it. `make test` checks types, not this
# script. With --if-changed, does nothing when the packages are installed and no source is newer than the last build.
. "$(dirname "$0")/common.sh"

need_node

sources=(web/src web/public web/index.html web/docs.html web/vite.config.ts web/package-lock.json)
sources_changed() {
  ! has_ui || [ -n "$(find "${sources[@]}" -newer static-build/index.html -print -quit)" ]
}

if [ "${1:-}" = --if-changed ] && [ -d web/node_modules ] && ! sources_changed; then
  note "UI: unchanged since its last build"
  exit 0
fi

# npm writes this file last, and a newer lock file means a new installation is needed.
if [ web/node_modules/.package-lock.json -nt web/package-lock.json ]; then
  note "UI: packages are installed"
else
  say "UI 1/2: $(grep -c '^    "node_modules/' web/package-lock.json) npm packages"
  (cd web && npm ci --no-audit --no-fund)
fi
say "UI 2/2: bundle"
(cd web && npm exec --no -- vite build --logLevel warn)
has_ui || die "the UI build left no static-build/index.html or docs.html"
note "$(find static-build/assets -type f -name '*.js' | wc -l) scripts in static-build/"
