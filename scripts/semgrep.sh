#!/usr/bin/env bash
# Checks the code with the rules in scripts/semgrep. Needs `install-tools.sh semgrep`. Contacts no other host.
. "$(dirname "$0")/common.sh"

export PATH="$VENV-semgrep/bin:$PATH" SEMGREP_SEND_METRICS=off SEMGREP_ENABLE_VERSION_CHECK=0
semgrep --test --quiet scripts/semgrep >"$TARGET/semgrep-test.log" 2>&1 || {
  cat "$TARGET/semgrep-test.log" >&2
  die "the rules do not match their examples"
}
semgrep scan --error --quiet --config scripts/semgrep/rust.yaml --config scripts/semgrep/web.yaml \
  --exclude 'tests' --exclude '__tests__' --exclude 'tests.rs' --exclude 'e2e' --exclude 'semgrep' --jobs 2 src actors web
note "nothing found by $(grep -c '^  - id:' scripts/semgrep/*.yaml | awk -F: '{ sum += $2 } END { print sum }') rules"
