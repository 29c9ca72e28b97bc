#!/usr/bin/env bash
# Reports advisories about the packages that end up in the portal.
. "$(dirname "$0")/common.sh"

if [ ! -f web/package-lock.json ]; then
  note "web/ has no packages"
  exit 0
fi
have npm || die "npm is missing; install Node.js to check the portal's packages"
report=$(mktemp)
trap 'rm -f "$report"' EXIT
if ! (cd web && npm audit --omit=dev --audit-level=moderate) >"$report" 2>&1; then
  cat "$report" >&2
  # Not every registry serves advisories; without them there is nothing to report.
  if [ "${GITHUB_ACTIONS:-}" != true ] && grep -qE 'audit endpoint returned an error|ENOTFOUND|ECONNREFUSED|ETIMEDOUT' "$report"; then
    note "the registry could not be queried for advisories; CI checks them"
  else
    die "npm audit found an advisory"
  fi
fi
