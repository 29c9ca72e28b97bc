#!/usr/bin/env bash
# Supply chain: licences, sources, banned crates and advisories, by deny.toml.
. "$(dirname "$0")/common.sh"

need_cargo
cargo deny --locked check licenses bans sources
# The advisory database is a git repository; if it can't be reached, the other checks still run.
report=$(mktemp)
trap 'rm -f "$report"' EXIT
if ! cargo deny --locked check advisories 2>"$report"; then
  cat "$report" >&2
  if [ "${GITHUB_ACTIONS:-}" != true ] && grep -q 'failed to fetch advisory database' "$report"; then
    note "the advisory database could not be reached; CI checks advisories"
  else
    die "cargo deny found an advisory"
  fi
fi
