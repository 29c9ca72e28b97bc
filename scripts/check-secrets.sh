#!/usr/bin/env bash
# Looks for secrets in what git tracks. A false alarm is silenced on its line: `pragma: allowlist secret`.
. "$(dirname "$0")/common.sh"

export PATH="$VENV/bin:$PATH"
mapfile -d '' -t all < <(git ls-files -z --cached --others --exclude-standard)
# What is gone from the tree and not yet from the index can't be read.
files=()
for file in "${all[@]}"; do
  [ ! -f "$file" ] || files+=("$file")
done

# Everywhere: keys whose form gives them away. Names and entropy alone say nothing in a tree full of digests and of tests
# about secrets.
detect-secrets-hook --disable-plugin Base64HighEntropyString --disable-plugin HexHighEntropyString \
  --disable-plugin KeywordDetector --disable-plugin BasicAuthDetector "${files[@]}"

# Where a real password would end up by mistake, names count as well; but for the passwords of the development containers,
# which are no secrets.
settings=()
for file in "${files[@]}"; do
  case $file in
    configs/* | deploy/* | dev/* | examples/* | .github/* | docker-compose* | .env.example) settings+=("$file") ;;
  esac
done
detect-secrets-hook --disable-plugin Base64HighEntropyString --disable-plugin HexHighEntropyString \
  --exclude-secrets '^(api_test|admin|dev|plexara-(cc|ac)-secret|api-test-tls)$' \
  --exclude-secrets '^\$\{' --exclude-files '^examples/kubernetes/20-configmap.yaml$' "${settings[@]}"
note "no secret in ${#files[@]} files"
