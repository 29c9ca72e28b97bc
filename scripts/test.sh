#!/usr/bin/env bash
# Tests, linters and checks of the docs; CI runs it as `make verify`. Each step runs even when an earlier one failed, so that
# one run tells all; the test runner's summary comes last. test.sh --strict (make verify): with exactly the
# pinned tool versions, plus supply-chain checks.
. "$(dirname "$0")/common.sh"

STRICT=0
[ "${1:-}" != --strict ] || STRICT=1
export STRICT

failed=()
step() {
  local name=$1 started=$SECONDS
  shift
  say "$name"
  if "$@"; then
    note "ok: $name ($((SECONDS - started)) s)"
  else
    note "FAILED: $name ($((SECONDS - started)) s)"
    failed+=("$name")
  fi
}

log=$TARGET/nextest.log
run_tests() { cargo nextest run --locked --workspace --no-fail-fast 2>&1 | tee "$log"; }
check_toolchain() {
  local found
  found=$(rustc --version | cut -d' ' -f2)
  [ "$found" = "$RUST_VERSION" ] || note "rustc is $found; CI uses $RUST_VERSION"
}
browser_summary=$TARGET/e2e/summary
portal() { scripts/ui.sh && (cd web && npm run typecheck && npm run lint && npm test); }

need_cargo
mkdir -p "$TARGET"
tools=(nextest python lint docs haproxy postgres e2e)
[ $STRICT = 0 ] || tools+=(deny semgrep)
say "tools"
scripts/install-tools.sh "${tools[@]}"
check_toolchain

step "scripts, workflows, tool versions" scripts/lint-scripts.sh
step "targets that refuse" scripts/check-refusals.sh
step "portal: build, lint, unit tests" portal
step "rustfmt" cargo fmt --all --check
step "clippy" cargo clippy --locked --workspace --all-targets -- -D warnings
[ $STRICT = 0 ] || step "supply chain" scripts/deny.sh
[ $STRICT = 0 ] || step "supply chain of the portal" scripts/npm-audit.sh
[ $STRICT = 0 ] || step "semgrep" scripts/semgrep.sh
rm -f "$log" "$browser_summary"
step "tests" run_tests
step "portal: browser tests" scripts/e2e.sh
step "doc tests" cargo test --quiet --locked --workspace --doc
step "OpenAPI document" scripts/openapi.sh
step "configuration files" scripts/check-configs.sh
step "metrics, dashboard, alert rules" scripts/check-metrics.sh
step "documentation" scripts/docs.sh
step "API reference" scripts/reference.sh
step "curl lines of the documentation" scripts/docs-curl.sh

# nextest: `Summary [ 1.2s] 9 tests run: 8 passed (1 slow), 1 failed, 2 skipped`
summary=$(sed 's/\x1b\[[0-9;]*m//g' "$log" 2>/dev/null | grep -E '^ *Summary \[' | tail -n 1 || true)
count() {
  local found
  found=$(grep -oE "[0-9]+ $1" <<<"$summary" | head -n 1 | cut -d' ' -f1) || true
  printf '%s' "${found:-0}"
}
passed=$(count passed)
lost=$(($(count failed) + $(count "timed out")))
# e2e.sh: `browser: 9 passed, 0 failed`; empty when no browser test could start, which is a failed step.
browser=$(cat "$browser_summary" 2>/dev/null || true)
read -r browser_passed browser_lost < <(sed -nE 's/^browser: ([0-9]+) passed, ([0-9]+) failed$/\1 \2/p' <<<"$browser") || true

echo
if [ ${#failed[@]} -gt 0 ]; then
  printf 'failed step: %s\n' "${failed[@]}"
fi
[ -z "$browser" ] || printf '%s\n' "$browser"
if [ -n "$summary" ]; then
  printf '%s\n' "$summary"
  printf '%s passed, %s failed\n' $((passed + ${browser_passed:-0})) $((lost + ${browser_lost:-0}))
fi
[ ${#failed[@]} -eq 0 ]
