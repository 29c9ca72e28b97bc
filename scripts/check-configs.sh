#!/usr/bin/env bash
# Checks the configuration files of the deployment with the server itself: check-configs.sh [BINARY]. Each must be valid
# with its secrets set, and refused without them. The default is the debug binary.
. "$(dirname "$0")/common.sh"

binary=${1:-}
if [ -z "$binary" ]; then
  need_cargo
  cargo build --quiet --locked --bin api-test
  binary=$TARGET/debug/api-test
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# The configuration in the ConfigMap, without its indentation.
sed -n '/^  api-test.yaml: |$/,$p' examples/kubernetes/20-configmap.yaml | sed '1d; s/^    //' >"$folder/kubernetes.yaml"

secrets=(APITEST_KEY=key APITEST_DEV_KEY=key APITEST_COOKIE_SECRET=0123456789abcdef0123456789abcdef
  APITEST_DATABASE_URL='postgres://u:p@postgres:5432/d?sslmode=disable') # pragma: allowlist secret
check() {
  local file=$1
  shift
  env --ignore-environment "$@" "$binary" --config "$file" --check-config >"$folder/out" 2>&1
}
for file in deploy/api-test.yaml configs/api-test.live.yaml "$folder/kubernetes.yaml"; do
  check "$file" "${secrets[@]}" || {
    cat "$folder/out" >&2
    die "${file#"$folder"/} is not valid"
  }
  grep -q '[^*]key: "\*\*\*"' "$folder/out" || die "${file#"$folder"/} has no key"
  if check "$file"; then
    die "${file#"$folder"/} is accepted without its secrets"
  fi
done
# With a provider, as .env enables it.
check deploy/api-test.yaml "${secrets[@]}" APITEST_OIDC_ENABLED=true APITEST_OIDC_ISSUER=https://idp.example.com/realm \
  APITEST_OIDC_CLIENT_ID=portal || {
  cat "$folder/out" >&2
  die "deploy/api-test.yaml is not valid with OIDC"
}
note "the configurations of image, Kubernetes and live profile are valid"
