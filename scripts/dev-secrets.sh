#!/usr/bin/env bash
# Makes .env.dev with random secrets for this checkout. What is in it already is never changed.
. "$(dirname "$0")/common.sh"

FILE=.env.dev
umask 077

random_hex() { od -An -N "$1" -tx1 /dev/urandom | tr -d ' \n'; }

add() {
  if ! grep -q "^$1=" "$FILE"; then
    printf '%s=%s\n' "$1" "$2" >>"$FILE"
    note "$FILE: made $1"
  fi
}

if [ ! -e "$FILE" ]; then
  printf '# Secrets of this checkout, made by "make dev-secrets". Not for any other use, and never committed.\n' >"$FILE"
fi
chmod 600 "$FILE"
# A hand-edited last line may lack its end.
[ -z "$(tail -c 1 "$FILE")" ] || echo >>"$FILE"
add APITEST_DEV_KEY "dev_$(random_hex 24)"
add APITEST_COOKIE_SECRET "$(random_hex 32)"
