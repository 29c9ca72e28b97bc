#!/usr/bin/env bash
# Fails when the binary would embed no UI.
. "$(dirname "$0")/common.sh"

has_ui || die "static-build/ has no index.html, so the binary would hold no UI: run \`make ui\` first"
