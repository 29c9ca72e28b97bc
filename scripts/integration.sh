#!/usr/bin/env bash
# Runs the tests that need PostgreSQL; arguments are passed to the test runner. Tests that freeze and kill it create
# private clusters from the installed PostgreSQL; the others share the one of postgres.sh.
. "$(dirname "$0")/common.sh"

need_cargo
scripts/install-tools.sh nextest haproxy
trap 'scripts/postgres.sh stop' EXIT
API_TEST_POSTGRES_URL=$(scripts/postgres.sh start)
export API_TEST_POSTGRES_URL
note "PostgreSQL: $API_TEST_POSTGRES_URL"
tests='test(/(^|::)postgres::/) | test(/^replicas::/)'
if ! scripts/postgres.sh installed; then
  note "no PostgreSQL is installed besides the container: tests that freeze and kill a server are skipped"
  tests="($tests) - test(/::failing::|certificates/)"
fi
cargo nextest run --locked --workspace --no-fail-fast -E "$tests" "$@"
