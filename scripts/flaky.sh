#!/usr/bin/env bash
# Hunts flaky tests: repeats the Rust suite, in some runs with all cores busy, in some with more threads than cores, and
# the browser suite. Numbers: RUNS (20) in all, LOADED (5) of them under load and CROWDED (5) with THREADS (8) threads;
# BROWSER_RUNS (3). TESTS is a filter for nextest, default all. The output of each run is in target/flaky. Any failure
# fails the hunt, after all runs.
. "$(dirname "$0")/common.sh"

RUNS=${RUNS:-20} LOADED=${LOADED:-5} CROWDED=${CROWDED:-5} THREADS=${THREADS:-8} BROWSER_RUNS=${BROWSER_RUNS:-3}
read -r -a tests <<<"${TESTS:-}"
for number in "$RUNS" "$LOADED" "$CROWDED" "$THREADS" "$BROWSER_RUNS"; do
  [[ $number =~ ^[0-9]{1,4}$ ]] || die "$number is not a number of at most four digits"
done
[ $((LOADED + CROWDED)) -le "$RUNS" ] || die "LOADED ($LOADED) and CROWDED ($CROWDED) together exceed RUNS ($RUNS)"

need_cargo
out=$TARGET/flaky
rm -rf "$out"
mkdir -p "$out"
summary=$out/summary failures=$out/failures
: >"$failures"

burners=()
# Keeps each core busy, like a neighbour on a shared machine.
burn() {
  local _
  for _ in $(seq "$(nproc)"); do
    sha256sum /dev/zero >/dev/null 2>&1 &
    burners+=($!)
  done
}
cool() {
  [ ${#burners[@]} = 0 ] || kill "${burners[@]}" 2>/dev/null || true
  [ ${#burners[@]} = 0 ] || wait "${burners[@]}" 2>/dev/null || true
  burners=()
}
trap cool EXIT

lost=0
# report NAME SECONDS CODE TEXT
report() {
  local word=ok
  [ "$3" = 0 ] || {
    word=FAILED
    lost=$((lost + 1))
  }
  printf '%-22s %-6s %5s s  %s\n' "$1" "$word" "$2" "$4" | tee -a "$summary" >&2
}

# rust NAME ARGUMENT...
rust() {
  local name=$1 started=$SECONDS code=0 log=$out/${1// /-}.log
  shift
  cargo nextest run --locked --workspace --no-fail-fast --color never "$@" "${tests[@]}" >"$log" 2>&1 || code=$?
  # `Summary [ 1.2s] 9 tests run: 8 passed, 1 failed`, followed by a line for each test that failed or timed out.
  report "$name" $((SECONDS - started)) $code "$(sed -n 's/^ *Summary \[[^]]*\] *//p' "$log" | tail -n 1)"
  sed -n '/^ *Summary \[/,$p' "$log" |
    sed -nE "s#^ *(FAIL|TIMEOUT|LEAK-FAIL|SIG[A-Z]+|ABORT) \[[^]]*\] *(\([^)]*\))? *#\1 $name: #p" >>"$failures"
}

say "building"
cargo nextest run --locked --workspace --no-run
say "$RUNS runs of the Rust suite, $BROWSER_RUNS of the browser suite"
for run in $(seq $((RUNS - LOADED - CROWDED))); do
  rust "rust $run"
done
for run in $(seq "$CROWDED"); do
  rust "rust crowded $run" --test-threads "$THREADS"
done
burn
for run in $(seq "$LOADED"); do
  rust "rust loaded $run"
done
cool
for run in $(seq "$BROWSER_RUNS"); do
  started=$SECONDS code=0
  scripts/e2e.sh >"$out/browser-$run.log" 2>&1 || code=$?
  report "browser $run" $((SECONDS - started)) $code "$(tail -n 1 "$out/browser-$run.log")"
done

echo
cat "$summary"
if [ $lost -gt 0 ]; then
  echo
  sort "$failures"
  printf '%s of %s runs failed; their output: %s\n' $lost $((RUNS + BROWSER_RUNS)) "$out"
  exit 1
fi
printf 'no failure in %s runs\n' $((RUNS + BROWSER_RUNS))
