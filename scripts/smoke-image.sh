#!/usr/bin/env bash
# Holds the image against what is promised: its size, its user, and, beside Postgres, a start and a request.
# Needs a docker engine and the image of `make docker`. It takes a project, a port and secrets of its own.
. "$(dirname "$0")/common.sh"

IMAGE=${IMAGE:-api-test:local}
LIMIT=$((40 * 1024 * 1024))
PORT=${PORT:-18080}

timeout --kill-after=1 5 docker info >/dev/null 2>&1 || die "docker does not answer; this needs an engine"
docker image inspect "$IMAGE" >/dev/null 2>&1 || die "there is no image $IMAGE: make docker"

size=$(docker image inspect --format '{{.Size}}' "$IMAGE")
[ "$size" -le "$LIMIT" ] || die "$IMAGE has $size bytes; at most $LIMIT are wanted"
user=$(docker image inspect --format '{{.Config.User}}' "$IMAGE")
[ "$user" = 65532:65532 ] || die "$IMAGE runs as \"$user\""
docker run --rm "$IMAGE" --version

random() { od -An -N 24 -tx1 /dev/urandom | tr -d ' \n'; }
POSTGRES_PASSWORD=$(random)
APITEST_KEY=$(random)
APITEST_COOKIE_SECRET=$(random)
export POSTGRES_PASSWORD APITEST_KEY APITEST_COOKIE_SECRET APITEST_IMAGE=$IMAGE APITEST_PORT=$PORT
compose=(docker compose --project-name "api-test-smoke-$$" --file docker-compose.yml --env-file /dev/null)
finish() {
  code=$?
  [ $code = 0 ] || "${compose[@]}" logs >&2 || true
  "${compose[@]}" down --volumes --timeout 40 >/dev/null 2>&1 || true
  exit $code
}
trap finish EXIT
"${compose[@]}" up --detach --no-build --wait --wait-timeout 120
answer=$(curl --silent --show-error --fail --header "X-API-Key: $APITEST_KEY" "http://127.0.0.1:$PORT/v1/whoami")
[ "$answer" = '{"subject":"gateway","auth_type":"apikey","key_name":"gateway"}' ] || die "whoami said $answer"
# The orderly end: 0 says that the drain came through.
"${compose[@]}" stop api-test
ended=$("${compose[@]}" ps --all --format '{{.ExitCode}}' api-test)
[ "$ended" = 0 ] || die "api-test ended with $ended"
note "$IMAGE: $size bytes, starts, answers and ends as it should"
