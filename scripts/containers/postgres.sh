#!/bin/sh
# Entry point of the local Postgres image: the part of the official one that the compose files and tests use.
set -eu

data=/var/lib/postgresql/data
user=${POSTGRES_USER:-postgres}
as_owner() { setpriv --reuid=postgres --regid=postgres --clear-groups -- "$@"; }

if [ ! -s "$data/PG_VERSION" ]; then
  auth=scram-sha-256
  [ "${POSTGRES_HOST_AUTH_METHOD:-}" != trust ] || auth=trust
  [ -n "${POSTGRES_PASSWORD:-}" ] || [ "$auth" = trust ] || {
    echo "POSTGRES_PASSWORD is empty" >&2
    exit 1
  }
  chown postgres:postgres "$data"
  chmod 700 "$data"
  umask 077
  printf '%s' "${POSTGRES_PASSWORD:-unused}" >/tmp/password
  chown postgres /tmp/password
  as_owner initdb --pgdata "$data" --username "$user" --pwfile /tmp/password --auth-local trust --auth-host "$auth" \
    --encoding UTF8 --no-locale >/dev/null
  rm /tmp/password
  echo "host all all all $auth" >>"$data/pg_hba.conf"
  as_owner pg_ctl start --silent --wait --pgdata "$data" --options "-c listen_addresses=''" >&2
  [ "${POSTGRES_DB:-$user}" = postgres ] || as_owner createdb --host /var/run/postgresql --username "$user" "${POSTGRES_DB:-$user}"
  as_owner pg_ctl stop --silent --wait --pgdata "$data" >&2
fi
exec setpriv --reuid=postgres --regid=postgres --clear-groups -- postgres -D "$data" -c 'listen_addresses=*'
