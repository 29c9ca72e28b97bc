#!/usr/bin/env bash
# Measures the image's root filesystem without an engine: staged-size.sh [BINARY]. At most 40 MiB. The default is the
# release binary, which is linked to the system's libc, while the image's is static.
. "$(dirname "$0")/common.sh"

binary=${1:-$TARGET/release/api-test}
[ -x "$binary" ] || die "$binary is missing: make build"
certificates=/etc/ssl/certs/ca-certificates.crt
[ -f "$certificates" ] || die "$certificates is missing; install ca-certificates"
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/data" "$root/etc/ssl/certs" "$root/etc/api-test"
cp "$binary" "$root/api-test"
cp "$certificates" "$root/etc/ssl/certs/"
cp deploy/api-test.yaml "$root/etc/api-test/"
size=$(find "$root" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum }')
note "$(awk -v size="$size" 'BEGIN { printf "%.1f MiB staged", size / 1048576 }')"
[ "$size" -le $((40 * 1024 * 1024)) ] || die "the image would have $size bytes; the limit is 40 MiB"
