#!/usr/bin/env bash
# Creates .env.dev with random secrets for this checkout. Existing content is never changed.
. "$(dirname "$0")/common.sh"

FILE=.env.dev
umask 077

if [ ! -e "$FILE" ]; then
  printf '# Secrets of this checkout, made by "make dev-secrets". Not for any other use, and never committed.\n' >"$FILE"
fi
chmod 600 "$FILE"
add_secret "$FILE" APITEST_DEV_KEY dev_ 24
add_secret "$FILE" APITEST_COOKIE_SECRET "" 32
