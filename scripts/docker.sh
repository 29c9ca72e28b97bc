#!/usr/bin/env bash
# Targets that need an engine: docker.sh image|dev|dev-down. Without one, fails at once and names an alternative.
. "$(dirname "$0")/common.sh"

DEV=(compose --project-name api-test-dev --file docker-compose.dev.yml)

# need_docker INSTEAD: an engine that does not respond within 5 s counts as missing.
need_docker() {
  have docker || die "docker is not installed; without it: $1"
  timeout --kill-after=1 5 docker info >/dev/null 2>&1 ||
    die "docker is installed, but its engine does not answer (asked for at most 5 s); without it: $1"
}

need_compose() {
  has_compose || die "docker has no compose plugin, and there is no docker-compose; without it: $1"
}

# Waits until the services of docker-compose.dev.yml are healthy, at most 3 min: docker-compose 1.29 has no --wait.
dev_healthy() {
  local id
  for id in $("${DEV[@]}" ps --quiet); do
    for _ in $(seq 180); do
      [ "$(docker inspect --format '{{.State.Health.Status}}' "$id")" != healthy ] || continue 2
      sleep 1
    done
    die "$(docker inspect --format '{{.Name}}' "$id") did not become healthy; see its log: docker logs $id"
  done
}

image() {
  need_docker "make build makes the binary, make run serves it"
  local tag=${IMAGE:-api-test:local} commit date version
  commit=$(git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
  date=$(git show --no-patch --format=%cI HEAD 2>/dev/null || echo unknown)
  version=$(sed -n 's/^version *= *"\(.*\)"/\1/p' Cargo.toml | head -n 1)
  say "docker build $tag (some minutes)"
  DOCKER_BUILDKIT=1 docker build --target image --tag "$tag" --build-arg API_TEST_COMMIT="$commit" \
    --build-arg API_TEST_DATE="$date" --build-arg API_TEST_VERSION="$version" .
  docker image inspect --format "    $tag: {{.Size}} bytes" "$tag" >&2
  note "run it with PostgreSQL: make env, then docker compose up --wait"
}

dev() {
  local instead="make run (SQLite, nothing to install) or make dev-anon (no credential)"
  need_docker "$instead"
  need_compose "$instead"
  say "Postgres and Keycloak (the first time, their images are pulled)"
  "${DEV[@]}" up --detach
  dev_healthy
  local postgres=localhost:${APITEST_POSTGRES_PORT:-5432} keycloak=localhost:${APITEST_KEYCLOAK_PORT:-8081}
  export APITEST_DATABASE_URL=${APITEST_DATABASE_URL:-postgres://api_test:api_test@$postgres/api_test?sslmode=disable}
  export APITEST_OIDC_ISSUER=${APITEST_OIDC_ISSUER:-http://$keycloak/realms/api-test}
  note "Keycloak  http://$keycloak  realm api-test, user dev/dev (console: admin/admin)"
  note "stop both with: make dev-down"
  exec scripts/serve.sh live
}

dev_down() {
  need_docker "nothing to end: make dev could not have started anything"
  need_compose "nothing to end: make dev could not have started anything"
  "${DEV[@]}" down
  note "the database is kept; to delete it: docker compose --project-name api-test-dev --file docker-compose.dev.yml down --volumes"
}

case ${1:-} in
  image) image ;;
  dev) dev ;;
  dev-down) dev_down ;;
  *) die "usage: docker.sh image|dev|dev-down" ;;
esac
