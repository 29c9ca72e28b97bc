#!/usr/bin/env bash
# Runs the tests that need PostgreSQL; what is given is handed to the test runner. They make private clusters of the
# installed PostgreSQL (they freeze and kill them), and share the one of postgres.sh for what needs no ill treatment.
. "$(dirname "$0")/common.sh"

need_cargo
scripts/install-tools.sh nextest haproxy
trap 'scripts/postgres.sh stop' EXIT
API_TEST_POSTGRES_URL=$(scripts/postgres.sh start)
export API_TEST_POSTGRES_URL
note "PostgreSQL: $API_TEST_POSTGRES_URL"
tests='test(/(^|::)postgres::/) | test(/^replicas::/)'
if ! scripts/postgres.sh installed; then
  note "no PostgreSQL is installed beside the container: what freezes and kills a server is left out"
  tests="($tests) - test(/::failing::|certificates/)"
fi
cargo nextest run --locked --workspace --no-fail-fast -E "$tests" "$@"
