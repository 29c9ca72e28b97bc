#!/usr/bin/env bash
# Fails when a workflow, the Makefile, the Dockerfile, a compose file or Cargo.toml names a version of a pinned tool other
# than the one in tool-versions.env: check-drift.sh [ROOT]. ROOT is for the test of this script.
. "$(dirname "$0")/common.sh"

root=${1:-$ROOT}
drift=0
complain() {
  printf '%s\n' "$*" >&2
  drift=1
}

mapfile -t files < <(
  {
    find "$root/.github" -type f \( -name '*.yml' -o -name '*.yaml' \)
    find "$root/deploy" -type f -name 'docker-compose*.yml' 2>/dev/null || true
    find "$root" -maxdepth 1 -type f \( -name Makefile -o -name Dockerfile -o -name 'docker-compose*.yml' \)
  } | sort
)
[ ${#files[@]} -gt 1 ] || die "$root has no Makefile and workflows to check"

while IFS='=' read -r name pinned; do
  [[ $name == *_VERSION ]] || continue
  tool=${name%_VERSION}
  tool=${tool,,}
  tool=${tool//_/-}
  # A version follows its tool as `tool@1.2.3`, `tool==1.2.3`, `tool: 1.2.3`, `tool-version: "1.2.3"`,
  # `tool --version 1.2.3`, or, for the compiler, as `toolchain install 1.2.3`.
  names=$tool
  [ "$tool" != rust ] || names='rust|toolchain|toolchain install|rustup default|rustup override set'
  while IFS=: read -r file line text; do
    found=$(grep -oE "[0-9]+(\.[0-9]+)+" <<<"$text" | head -n 1)
    [ "$found" = "$pinned" ] || complain "${file#"$root"/}:$line: $tool is $found, tool-versions.env says $pinned"
  done < <(grep -HnoE -i "(^|[^a-z-])($names)(_|-)?(version)?[\"']?( *(@|==|=|:|--version|--version=) *| +)[\"']?v?[0-9]+(\.[0-9]+)+" "${files[@]}" || true)
done < <(grep -E '^[A-Z_]+=' "$root/scripts/tool-versions.env")

edition=$(sed -n 's/^rust-version *= *"\([^"]*\)".*/\1/p' "$root/Cargo.toml" | head -n 1)
rust=$(sed -n 's/^RUST_VERSION=//p' "$root/scripts/tool-versions.env")
[[ $rust == "$edition" || $rust == "$edition".* ]] || complain "Cargo.toml: rust-version is $edition, tool-versions.env says $rust"

[ $drift = 0 ] || die "tool versions differ; set them as in scripts/tool-versions.env"
note "tool versions agree (${#files[@]} files)"
