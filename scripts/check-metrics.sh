#!/usr/bin/env bash
# Checks the dashboard and the alert rules against a live scrape, and the scrape with Prometheus's own linter:
# check-metrics.sh [BINARY]. The default is the debug binary.
. "$(dirname "$0")/common.sh"

binary=${1:-}
scripts/install-tools.sh lint
if [ -z "$binary" ]; then
  need_cargo
  cargo build --quiet --locked --bin api-test
  binary=$TARGET/debug/api-test
fi
folder=$(mktemp -d)
finish() {
  stop_server
  rm -rf "$folder"
}
trap finish EXIT

# Everything enabled that works with the server alone.
export APITEST_DEV_KEY=check-metrics-key APITEST_COOKIE_SECRET=0123456789abcdef0123456789abcdef
export APITEST__DATABASE__URL=sqlite:$folder/audit.sqlite APITEST__AUDIT__ENABLED=true
export APITEST__PORTAL__ENABLED=true APITEST__API_KEYS__DB__ENABLED=true
start_server "$binary" configs/api-test.local.yaml "$folder/log"

# Some metrics appear with their first event.
key="X-API-Key: $APITEST_DEV_KEY"
for path in /v1/fixed/a /v1/status/500 /v1/slow '/v1/streaming/sse?count=1' '/v1/export/csv?rows=1'; do
  curl --silent --output /dev/null --header "$key" "$BASE_URL$path"
done
curl --silent --output /dev/null "$BASE_URL/v1/whoami"
# The sink writes within 50 ms.
sleep 1

curl --silent --show-error --fail "$BASE_URL/metrics" >"$folder/scrape"
promtool check metrics <"$folder/scrape"
python3 scripts/check-metrics.py "$folder/scrape"
