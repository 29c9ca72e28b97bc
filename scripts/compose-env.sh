#!/usr/bin/env bash
# Makes .env with random secrets, which docker-compose.yml reads. What is in it already is never changed.
. "$(dirname "$0")/common.sh"

FILE=.env
umask 077

[ -e "$FILE" ] || printf '# Secrets and settings of docker-compose.yml; .env.example lists the rest. Never committed.\n' >"$FILE"
chmod 600 "$FILE"
# The name of the project, and with it of the volume, is that of the folder otherwise.
grep -q '^COMPOSE_PROJECT_NAME=' "$FILE" || echo COMPOSE_PROJECT_NAME=api-test >>"$FILE"
add_secret "$FILE" POSTGRES_PASSWORD "" 24
add_secret "$FILE" APITEST_KEY key_ 24
add_secret "$FILE" APITEST_COOKIE_SECRET "" 32
note "$FILE is there; next: docker compose up --build --wait"
