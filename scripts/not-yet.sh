#!/usr/bin/env bash
# What a make target says while the part it needs is not in the tree: not-yet.sh TARGET PART INSTEAD
. "$(dirname "$0")/common.sh"

die "make $1 needs $2, which this version does not have yet; instead: $3"
