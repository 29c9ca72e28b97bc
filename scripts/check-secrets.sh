#!/usr/bin/env bash
# Searches for secrets in files tracked by git. To silence a false alarm, put `pragma: allowlist secret` on its line.
. "$(dirname "$0")/common.sh"

export PATH="$VENV/bin:$PATH"
mapfile -d '' -t all < <(git ls-files -z --cached --others --exclude-standard)
# Files deleted from the tree but not yet from the index can't be read.
files=()
for file in "${all[@]}"; do
  [ ! -f "$file" ] || files+=("$file")
done

# Everywhere: keys with a recognisable form. Names and entropy alone mean little in a tree full of digests and of tests
# about secrets.
detect-secrets-hook --disable-plugin Base64HighEntropyString --disable-plugin HexHighEntropyString \
  --disable-plugin KeywordDetector --disable-plugin BasicAuthDetector "${files[@]}"

# In files where a real password could end up by mistake, names count too, except for the passwords of the development
# containers, which are not secrets.
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
