#!/usr/bin/env bash
# Runs `cargo build` with the given arguments and shows progress. On a terminal that is cargo's own bar. Elsewhere,
# where cargo only lists crates, it prints their count, at most every 5 s and at least every 15 s. Exits with cargo's
# code.
. "$(dirname "$0")/common.sh"

if [ -t 2 ]; then
  exec cargo build "$@"
fi

count="" said=-5
tell() {
  said=$SECONDS
  note "${count:-0} crates, $SECONDS s"
}
# One piece of cargo's output: its bar, which it redraws after a carriage return, or a message.
line() {
  local text=${1//$'\e[K'/}
  if [[ $text =~ ^\ *Building\ .*\ ([0-9]+/[0-9]+) ]]; then
    count=${BASH_REMATCH[1]}
    [ $((SECONDS - said)) -lt 5 ] || tell
  elif [[ -n $text && ! $text =~ ^\ *Compiling\  ]]; then
    printf '%s\n' "$text" >&2
  fi
}

CARGO_TERM_PROGRESS_WHEN=always CARGO_TERM_PROGRESS_WIDTH=100 CARGO_TERM_COLOR=never cargo build "$@" 2>&1 | {
  rest=""
  while true; do
    code=0
    IFS= read -r -t 15 -d $'\r' part || code=$?
    rest+=$part
    # More than 128: a timeout, and the pipe is still open.
    if [ $code -gt 128 ]; then
      tell
      continue
    fi
    while [[ $rest == *$'\n'* ]]; do
      line "${rest%%$'\n'*}"
      rest=${rest#*$'\n'}
    done
    line "$rest"
    rest=""
    [ $code = 0 ] || break
  done
}
