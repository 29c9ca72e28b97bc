#!/usr/bin/env bash
# Manages a throw-away PostgreSQL: `postgres.sh start` prints its URL, `postgres.sh stop` stops and removes it,
# `postgres.sh installed` succeeds if this machine has its programs. It is a container if Docker responds, otherwise a
# private cluster of the installed PostgreSQL, which is installed if missing and permitted. Every step has a timeout.
. "$(dirname "$0")/common.sh"

STATE=$TARGET/postgres.state
IMAGE=postgres:$POSTGRES_VERSION-alpine
DATABASE=api_test

# Prints the folder of initdb and postgres, the newest version; nothing when there is none.
programs() {
  local folder
  {
    have pg_config && pg_config --bindir
    printf '%s\n' /usr/lib/postgresql/*/bin | sort --version-sort --reverse
    have initdb && dirname "$(readlink -f "$(command -v initdb)")"
  } 2>/dev/null | while read -r folder; do
    if [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ]; then
      printf '%s\n' "$folder"
      break
    fi
  done
}

install_postgres() {
  [ "$(id -u)" = 0 ] && have apt-get || return 1
  note "installing PostgreSQL"
  timeout 60 apt-get -qq update >&2 || true
  DEBIAN_FRONTEND=noninteractive timeout 300 apt-get -qq install -y --no-install-recommends postgresql >&2
}

# PostgreSQL refuses to run as root.
as_owner() {
  if [ "$(id -u)" = 0 ]; then
    setpriv --reuid=postgres --regid=postgres --clear-groups -- "$@"
  else
    "$@"
  fi
}

docker_answers() { have docker && timeout 5 docker info >/dev/null 2>&1; }

start_container() {
  local id port
  docker image inspect "$IMAGE" >/dev/null 2>&1 || timeout 240 docker pull --quiet "$IMAGE" >/dev/null 2>&1 || return 1
  id=$(timeout 60 docker run --detach --rm --publish 127.0.0.1::5432 --env POSTGRES_HOST_AUTH_METHOD=trust \
    --env POSTGRES_DB=$DATABASE "$IMAGE") || return 1
  printf 'container %s\n' "$id" >"$STATE"
  port=$(timeout 10 docker port "$id" 5432/tcp | head -n 1 | sed 's/.*://')
  # Over TCP, because the image first starts a server that listens only on its socket.
  for _ in $(seq 60); do
    if timeout 5 docker exec "$id" pg_isready -q -h 127.0.0.1 -d $DATABASE; then
      printf 'postgres://postgres@127.0.0.1:%s/%s?sslmode=disable\n' "$port" "$DATABASE"
      return 0
    fi
    sleep 0.5
  done
  stop
  return 1
}

start_cluster() {
  local bin folder port
  bin=$(programs)
  if [ -z "$bin" ]; then
    install_postgres || return 1
    bin=$(programs)
    [ -n "$bin" ] || return 1
  fi
  folder=$(mktemp -d "${TMPDIR:-/tmp}/api-test-postgres.XXXXXX")
  printf 'cluster %s %s\n' "$folder" "$bin" >"$STATE"
  [ "$(id -u)" != 0 ] || chown postgres:postgres "$folder"
  cd "$folder"
  as_owner timeout 60 "$bin/initdb" --auth=trust --no-sync --username=postgres --encoding=UTF8 --no-locale \
    --pgdata "$folder/data" >/dev/null 2>"$folder.log" || { cat "$folder.log" >&2; stop; return 1; }
  # Below the ephemeral range. A free port may be taken a moment later.
  for _ in $(seq 5); do
    port=$((RANDOM % 20000 + 10000))
    ! port_is_taken "$port" || continue
    if as_owner timeout 70 "$bin/pg_ctl" start --silent --wait --timeout=60 --pgdata "$folder/data" \
      --log "$folder/log" --options "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=''" >&2; then
      as_owner timeout 20 "$bin/createdb" --host=127.0.0.1 --port="$port" --username=postgres $DATABASE >&2
      rm -f "$folder.log"
      printf 'postgres://postgres@127.0.0.1:%s/%s?sslmode=disable\n' "$port" "$DATABASE"
      return 0
    fi
  done
  cat "$folder/log" >&2
  stop
  return 1
}

stop() {
  local kind what bin
  [ -f "$STATE" ] || return 0
  read -r kind what bin <"$STATE" || true
  case $kind in
    container) timeout 60 docker rm --force --volumes "$what" >/dev/null 2>&1 || true ;;
    cluster)
      cd /
      as_owner timeout 40 "$bin/pg_ctl" stop --silent --mode=immediate --timeout=30 --pgdata "$what/data" >/dev/null 2>&1 ||
        true
      rm -rf "$what" "$what.log"
      cd "$ROOT"
      ;;
  esac
  rm -f "$STATE"
}

mkdir -p "$TARGET"
case ${1:-} in
  start)
    stop
    { docker_answers && start_container; } || start_cluster ||
      die "no PostgreSQL: Docker does not answer, and none is installed (Debian: apt-get install postgresql)"
    ;;
  stop) stop ;;
  installed) [ -n "$(programs)" ] ;;
  *) die "postgres.sh start|stop|installed" ;;
esac
