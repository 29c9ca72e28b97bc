# shellcheck shell=bash
# Sourced by the other scripts: paths, messages, and starting and stopping a server.

set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"

# shellcheck source=scripts/tool-versions.env
. scripts/tool-versions.env

TARGET=${CARGO_TARGET_DIR:-$ROOT/target}
TOOLS=$TARGET/tools
export VENV=$TARGET/venv
export CARGO_BUILD_JOBS=${CARGO_BUILD_JOBS:-2}
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-auto}
# Tools installed for this checkout take precedence over those of the machine.
export PATH="$TOOLS/bin:$PATH"

say() { printf '\n==> %s\n' "$*" >&2; }
note() { printf '    %s\n' "$*" >&2; }
die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

need_cargo() {
  if ! have cargo && [ -x "$HOME/.cargo/bin/cargo" ]; then
    PATH="$HOME/.cargo/bin:$PATH"
  fi
  have cargo || die "cargo is not installed; install Rust $RUST_VERSION or later with rustup (https://rustup.rs)"
}

# Checks for Node.js in the release that web/package.json requires under engines.
need_node() {
  local wanted has
  wanted=$(sed -n 's/.*"node": *">=\([0-9.]*\)".*/\1/p' web/package.json | head -n 1)
  { have npm && have node; } || die "Node.js is not installed; the portal needs release $wanted or later (https://nodejs.org)"
  has=$(node --version)
  [ "$(printf '%s\n' "$wanted" "${has#v}" | sort --version-sort | head -n 1)" = "$wanted" ] ||
    die "Node.js $has is too old; the portal needs release $wanted or later (https://nodejs.org)"
}

# True when something accepts connections on a port of this machine.
port_is_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# True when a build of the UI exists for embedding.
has_ui() { [ -s static-build/index.html ] && [ -s static-build/docs.html ]; }

# The compose plugin, or docker-compose 1.29 or later.
compose() {
  if docker compose version >/dev/null 2>&1; then docker compose "$@"; else docker-compose "$@"; fi
}
has_compose() { docker compose version >/dev/null 2>&1 || have docker-compose; }

# The browser of the tests: CHROMIUM, or an installed one; fails when there is none.
browser() {
  local name
  if [ -n "${CHROMIUM:-}" ]; then
    [ -x "$CHROMIUM" ] && printf '%s\n' "$CHROMIUM"
    return
  fi
  for name in chromium google-chrome-stable google-chrome chromium-browser; do
    command -v "$name" && return 0
  done
  return 1
}

# add_secret FILE NAME PREFIX BYTES: a random value for NAME, unless FILE has one.
add_secret() {
  grep -q "^$2=" "$1" && return 0
  # A hand-edited last line may lack its line end.
  [ -z "$(tail -c 1 "$1")" ] || echo >>"$1"
  printf '%s=%s%s\n' "$2" "$3" "$(od -An -N "$4" -tx1 /dev/urandom | tr -d ' \n')" >>"$1"
  note "$1: made $2"
}

# Starts BINARY with CONFIG on a free loopback port, sets SERVER_PID and BASE_URL. Its log goes to LOG.
start_server() {
  local binary=$1 config=$2 log=$3 port=""
  APITEST__SERVER__ADDRESS=127.0.0.1:0 LOG_FORMAT=text LOG_LEVEL=info "$binary" --config "$config" >/dev/null 2>"$log" &
  SERVER_PID=$!
  for _ in $(seq 100); do
    port=$(sed -n 's/.*listening.*address="\{0,1\}127\.0\.0\.1:\([0-9]*\).*/\1/p' "$log" | head -n 1)
    [ -n "$port" ] && break
    kill -0 "$SERVER_PID" 2>/dev/null || break
    sleep 0.1
  done
  if [ -z "$port" ]; then
    cat "$log" >&2
    stop_server
    die "the server did not say that it listens"
  fi
  # shellcheck disable=SC2034 # for the script that sources this file
  BASE_URL=http://127.0.0.1:$port
}

# Stops the server of start_server: one signal, a second one to skip the drain's wait, then a kill.
stop_server() {
  [ -n "${SERVER_PID:-}" ] || return 0
  kill -TERM "$SERVER_PID" 2>/dev/null || true
  sleep 0.2
  kill -TERM "$SERVER_PID" 2>/dev/null || true
  for _ in $(seq 50); do
    kill -0 "$SERVER_PID" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL "$SERVER_PID" 2>/dev/null || true
  wait "$SERVER_PID" 2>/dev/null || true
  SERVER_PID=""
}
