#!/usr/bin/env bash
# Builds the binary with the `local` profile and runs it in the foreground: serve.sh local|live|anon. PORT=N sets
# another port than 8080.
. "$(dirname "$0")/common.sh"

profile=${1:-}
case $profile in
  local) config=configs/api-test.local.yaml ;;
  live) config=configs/api-test.live.yaml ;;
  anon) config=configs/api-test.dev.yaml ;;
  *) die "usage: serve.sh local|live|anon" ;;
esac

# Check the port before the compiler runs for minutes.
if [ -n "${PORT:-}" ]; then
  export APITEST__SERVER__ADDRESS=":$PORT"
fi
address=${APITEST__SERVER__ADDRESS:-:8080}
port=${address##*:}
case $port in
  '' | *[!0-9]*) die "no port in server address \"$address\"" ;;
esac
if [ "$port" != 0 ] && port_is_taken "$port"; then
  die "port $port is taken; choose another: make ${MAKE_GOAL:-run} PORT=9090"
fi

# Check for missing tools before anything is built.
need_cargo
[ "$profile" = anon ] || need_node
if [ "$profile" != anon ]; then
  scripts/dev-secrets.sh
  set -a
  # shellcheck source=/dev/null
  . ./.env.dev
  set +a
  mkdir -p data
  scripts/ui.sh --if-changed
elif ! has_ui; then
  if have npm; then scripts/ui.sh; else note "npm is missing: /docs will have no page"; fi
fi

say "server: download of crates"
cargo fetch --locked --target "$(rustc --version --verbose | sed -n 's/^host: //p')"
say "server: build (the first time takes two to three minutes on two cores)"
scripts/cargo-progress.sh --profile local --locked --bin api-test

url=http://localhost:$port
say "api-test"
if [ "$profile" != anon ]; then
  note "URL      $url"
  note "portal   $url/portal/   (sign in with the dev key)"
  note "docs     $url/docs"
  note "dev key  $APITEST_DEV_KEY"
  note "try      curl -H 'X-API-Key: $APITEST_DEV_KEY' $url/v1/whoami"
else
  note "URL      $url   (anonymous: no credential asked for)"
  note "docs     $url/docs"
  note "try      curl $url/v1/whoami"
fi
note "Ctrl-C stops it (twice: at once)"
printf '\n' >&2
exec "$TARGET/local/api-test" --config "$config"
