#!/usr/bin/env bash
# Tests the containers on a real engine: containers.sh [SCENARIO ...] (listed by scripts/containers/run.py; default
# all).
#
# It uses an existing engine if that has the images of the compose files or can pull them. Otherwise, as root with
# Debian's packages, it starts its own engine under target/containers (data, socket and pid file there; stopped by its
# pid) and builds those images locally: Debian by debootstrap, with PostgreSQL and HAProxy from its packages, tagged
# with the names in the compose files. No registry is needed. If neither is possible it prints one line and exits with
# 0, or with 1 if CONTAINERS=required.
#
# The image under test is the `image` stage of the Dockerfile with a static binary built here (profile `local`), or
# IMAGE. The upgrade starts from UPGRADE_FROM, by default the newest tag, or else the first commit that had all
# endpoints.
. "$(dirname "$0")/common.sh"

STATE=$TARGET/containers
MUSL=$(uname -m)-unknown-linux-musl
POSTGRES_IMAGE=postgres:$POSTGRES_VERSION-alpine
HAPROXY_IMAGE=haproxy:$HAPROXY_VERSION-alpine
BASE=api-test-debian:bookworm
FIRST=a5bde1a
export POSTGRES_IMAGE

skip() {
  [ "${CONTAINERS:-}" != required ] || die "containers: $1"
  note "containers: skipped: $1"
  exit 0
}

answers() { have docker && timeout --kill-after=1 5 docker info >/dev/null 2>&1; }

# True when the images other than ours exist or can be pulled.
images_at_hand() {
  local image
  for image in "$POSTGRES_IMAGE" "$HAPROXY_IMAGE"; do
    docker image inspect "$image" >/dev/null 2>&1 || timeout 180 docker pull --quiet "$image" >/dev/null 2>&1 || return 1
  done
}

apt_install() {
  local missing=() package
  for package in "$@"; do
    dpkg --status "$package" >/dev/null 2>&1 || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  note "installing ${missing[*]}"
  timeout 120 apt-get -qq update >&2 || true
  DEBIAN_FRONTEND=noninteractive timeout 600 apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null
}

start_engine() {
  [ "$(id -u)" = 0 ] || skip "no engine answers, and starting one needs root"
  have apt-get || skip "no engine answers, and there is no apt-get to install docker.io with"
  [ ${#STATE} -lt 90 ] || skip "the path of $STATE is too long for a socket"
  apt_install docker.io iptables debootstrap docker-compose >/dev/null 2>&1 ||
    skip "no engine answers, and docker.io can't be installed"
  # An engine left by a previous run.
  stop_engine
  dockerd --data-root "$STATE/data" --exec-root "$STATE/exec" --pidfile "$STATE/docker.pid" \
    --host "unix://$STATE/docker.sock" >"$STATE/engine.log" 2>&1 &
  ENGINE=$!
  export DOCKER_HOST=unix://$STATE/docker.sock
  for _ in $(seq 60); do
    ! answers || return 0
    kill -0 "$ENGINE" 2>/dev/null || break
    sleep 1
  done
  skip "dockerd does not start here: $(tail -n 1 "$STATE/engine.log")"
}

stop_engine() {
  local pid
  pid=$(cat "$STATE/docker.pid" 2>/dev/null) || return 0
  # The pid may belong to another process by now.
  if grep -q "^dockerd$" "/proc/$pid/comm" 2>/dev/null && grep -q "$STATE/docker.pid" "/proc/$pid/cmdline"; then
    kill -TERM "$pid"
    for _ in $(seq 60); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.5
    done
  fi
  rm -f "$STATE/docker.pid"
}

# Substitutes for images of a registry, built once for each engine.
make_images() {
  local root=$STATE/root
  if ! docker image inspect "$BASE" >/dev/null 2>&1; then
    say "containers: base image (debootstrap)"
    rm -rf "$root"
    debootstrap --variant=minbase bookworm "$root" >"$STATE/debootstrap.log" 2>&1 ||
      skip "debootstrap fails: $(tail -n 1 "$STATE/debootstrap.log")"
    # No services are started while packages are installed, and no cluster is created.
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod +x "$root/usr/sbin/policy-rc.d"
    mkdir -p "$root/etc/postgresql-common"
    echo "create_main_cluster = false" >"$root/etc/postgresql-common/createcluster.conf"
    LC_ALL=C DEBIAN_FRONTEND=noninteractive chroot "$root" apt-get -qq install -y --no-install-recommends postgresql haproxy \
      >>"$STATE/debootstrap.log" 2>&1 || skip "packages for the base image: $(tail -n 1 "$STATE/debootstrap.log")"
    tar -C "$root" -c --one-file-system --exclude=./proc/* --exclude=./sys/* --exclude=./var/cache/apt/* \
      --exclude=./var/lib/apt/lists/* --exclude=./usr/share/doc/* --exclude=./usr/share/locale/* . |
      docker import - "$BASE" >/dev/null
    rm -rf "$root"
  fi
  rm -rf "$STATE/base"
  mkdir -p "$STATE/base"
  cp scripts/containers/postgres.sh "$STATE/base/"
  cat >"$STATE/base/postgres" <<EOF
FROM $BASE
COPY postgres.sh /postgres.sh
ENV PATH=/usr/lib/postgresql/15/bin:/usr/sbin:/usr/bin:/sbin:/bin
VOLUME /var/lib/postgresql/data
STOPSIGNAL SIGINT
EXPOSE 5432
ENTRYPOINT ["/postgres.sh"]
EOF
  cat >"$STATE/base/haproxy" <<EOF
FROM $BASE
USER haproxy
CMD ["/usr/sbin/haproxy", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]
EOF
  build "$STATE/base" postgres "$POSTGRES_IMAGE"
  build "$STATE/base" haproxy "$HAPROXY_IMAGE"
}

# The classic builder, which every engine has and which needs no registry for its syntax.
build() {
  DOCKER_BUILDKIT=0 docker build --quiet --file "$1/$2" --tag "$3" "$1" >/dev/null 2>"$STATE/build.log" || {
    cat "$STATE/build.log" >&2
    die "docker build $3"
  }
}

# static_binary TREE COMMIT OUT: builds the server of a source tree, statically linked, with the profile of this tree,
# so that both trees share their dependencies.
static_binary() {
  need_cargo
  rustup target list --installed 2>/dev/null | grep -q "^$MUSL$" || rustup target add "$MUSL" >/dev/null 2>&1 ||
    skip "the compiler has no target $MUSL"
  have musl-gcc || { [ "$(id -u)" = 0 ] && apt_install musl-tools; } || skip "musl-gcc is missing (Debian: musl-tools)"
  awk '/^\[/ { on = /^\[profile\.local/ } on' Cargo.toml >"$STATE/profile.toml"
  API_TEST_COMMIT=$2 AWS_LC_SYS_CMAKE_BUILDER=0 AWS_LC_SYS_USE_SYSTEM=0 scripts/cargo-progress.sh \
    --manifest-path "$1/Cargo.toml" --target-dir "$TARGET" --config "$STATE/profile.toml" --profile local --locked \
    --bin api-test --target "$MUSL"
  strip --strip-all -o "$3" "$TARGET/$MUSL/local/api-test"
}

# image TREE BINARY TAG: builds the `image` stage of the tree's Dockerfile; the output of the previous stages is created
# here.
image() {
  local context=$STATE/image
  rm -rf "$context"
  mkdir -p "$context/rootfs/data" "$context/rootfs/etc/api-test" "$context/rootfs/etc/ssl/certs"
  cp "$2" "$context/rootfs/api-test"
  cp "$1/deploy/api-test.yaml" "$context/rootfs/etc/api-test/"
  cp /etc/ssl/certs/ca-certificates.crt "$context/rootfs/etc/ssl/certs/"
  {
    printf 'FROM scratch AS build\nCOPY rootfs /rootfs\n'
    awk '/^FROM / { on = / AS image$/ } on' "$1/Dockerfile"
  } >"$context/Dockerfile"
  grep -q '^ENTRYPOINT' "$context/Dockerfile" || die "$1/Dockerfile has no stage called image"
  build "$context" Dockerfile "$3"
}

finish() {
  code=$?
  [ -z "${ENGINE:-}" ] || stop_engine
  exit $code
}

mkdir -p "$STATE"
trap finish EXIT
ENGINE=""
if ! answers || ! images_at_hand; then
  start_engine
  make_images
fi
has_compose || skip "there is neither the compose plugin nor docker-compose"
note "containers: engine $(docker info --format '{{.ServerVersion}}'), $(compose version --short 2>/dev/null || compose version | head -n 1)"

from=${UPGRADE_FROM:-$(git describe --tags --abbrev=0 --match 'v*' 2>/dev/null || echo $FIRST)}
OLD_IMAGE=""
if git cat-file -e "$from^{commit}" 2>/dev/null; then
  commit=$(git rev-parse --short=12 "$from^{commit}")
  OLD_IMAGE=api-test:containers-$commit
  if ! docker image inspect "$OLD_IMAGE" >/dev/null 2>&1; then
    say "containers: image of $from"
    rm -rf "$STATE/old"
    mkdir -p "$STATE/old"
    git archive "$commit" | tar -x -C "$STATE/old"
    static_binary "$STATE/old" "$commit" "$STATE/api-test-old"
    image "$STATE/old" "$STATE/api-test-old" "$OLD_IMAGE"
    # Cargo confuses the members of the two trees, and considers them up to date by their times.
    cargo clean --quiet --package api-test --package api-test-actors --profile local --target "$MUSL" --target-dir "$TARGET"
  fi
else
  note "containers: the history has no $from (a shallow clone?), so the upgrade is not tested"
fi
# docs/deployment.md promises the size of a release build; the profile `local` does not optimise.
IMAGE_MAX=$((40 * 1024 * 1024))
if [ -z "${IMAGE:-}" ]; then
  IMAGE_MAX=$((64 * 1024 * 1024))
  say "containers: image of this tree"
  static_binary "$ROOT" "$(git rev-parse --short=12 HEAD)" "$STATE/api-test-new"
  image "$ROOT" "$STATE/api-test-new" api-test:containers
  IMAGE=api-test:containers
fi
export IMAGE IMAGE_MAX OLD_IMAGE
python3 scripts/containers/run.py "$@"
