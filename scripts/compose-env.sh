#!/usr/bin/env bash
# Creates .env with random secrets for docker-compose.yml. Existing content is never changed.
. "$(dirname "$0")/common.sh"

FILE=.env
umask 077

[ -e "$FILE" ] || printf '# Secrets and settings of docker-compose.yml; .env.example lists the rest. Never committed.\n' >"$FILE"
chmod 600 "$FILE"
# Without it, the name of the project, and thereby of the volume, is that of the folder.
grep -q '^COMPOSE_PROJECT_NAME=' "$FILE" || echo COMPOSE_PROJECT_NAME=api-test >>"$FILE"
add_secret "$FILE" POSTGRES_PASSWORD "" 24
add_secret "$FILE" APITEST_KEY key_ 24
add_secret "$FILE" APITEST_COOKIE_SECRET "" 32
note "$FILE is there; next: docker compose up --build --wait"
