#!/bin/bash
# Checks the model of the hand-over with Spin: what must hold, what must be possible, and bugs that must be found.
#
#   check.sh           about two minutes
#   check.sh --deep    three faults over two attempts too, about ten
#   check.sh NAME      one check
#
# A search that was not exhaustive is a failure. The last line is "N passed, N failed".
set -euo pipefail

model=$(dirname "$(realpath "${BASH_SOURCE[0]}")")/handover.pml
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

deep=false only=''
case "${1:-}" in
  --deep) deep=true ;;
  *) only=${1:-} ;;
esac
passed=0 failed=0

for tool in spin gcc; do
  command -v $tool >/dev/null || {
    echo "model: $tool is missing; deploy/setup.sh installs it"
    echo "0 passed, 1 failed"
    exit 1
  }
done

# Half a million steps is ten times the deepest search that was seen; 1,800 MB is the bound on memory.
search() { # KIND DEFINE...: leaves Spin's output in out; false when the model itself is wrong
  local kind=$1 flags=(-O2 -DCOLLAPSE -DMEMLIM=1800) run=(-m500000 -n -w25)
  shift
  if [ "$kind" = safety ]; then
    flags+=(-DSAFETY -DNOCLAIM)
  else
    # Weak fairness: what can always be done is done. NFAIR is room for 11 processes.
    set -- -DPATIENT "$@"
    flags+=(-DNFAIR=4)
    run+=(-a -f)
  fi
  rm -f pan* ./*.trail
  spin "$@" -a "$model" >out 2>&1 && gcc "${flags[@]}" -o pan pan.c >>out 2>&1 || return 1
  timeout -k 10 900 ./pan "${run[@]}" >out 2>&1 || true
}

figures() {
  awk '/states, stored/ { states = $1 } /depth reached/ { for (i = 1; i < NF; i++) if ($i == "reached") depth = $(i + 1) + 0 }
    /total actual memory/ { memory = $1 } /elapsed time/ { seconds = $4 }
    END { printf "%d states, depth %d, %d MB, %.1f s", states, depth, memory, seconds }' out
}

complete() {
  grep -q 'errors: 0' out && ! grep -Eqi 'not completed|too small|out of memory|max search depth|truncated|warning' out
}

verdict() { # NAME GOOD TEXT
  if $2; then
    passed=$((passed + 1))
    echo "model: ok      $1: $3"
  else
    failed=$((failed + 1))
    echo "model: FAILED  $1: $3"
    sed 's/^/model:     /' out | grep -v '^model: *$' | head -30
  fi
}

chosen() { [ -z "$only" ] || [ "$only" = "$1" ]; }

proves() { # NAME KIND DEFINE...
  local name=$1
  chosen "$name" || return 0
  shift
  if search "$@" && complete; then verdict "$name" true "$(figures)"; else verdict "$name" false "no proof; $(figures)"; fi
}

finds() { # NAME WHAT KIND DEFINE...: the search must end in WHAT
  local name=$1 what=$2
  chosen "$name" || return 0
  shift 2
  if search "$@" && grep -q "^pan:[0-9]*: $what" out; then
    verdict "$name" true "found: $what ($(figures))"
  else
    verdict "$name" false "not found: $what; $(figures)"
  fi
}

planted() { finds "plant-$1" "assertion violated $2" safety -DPLANTED "-DPLANT_$1" -DFAULTS=1 -DATTEMPTS=2 "${@:3}"; }
possible() { finds "possible-$1" "assertion violated goalIsNotReached" safety "-DGOAL_$1" -DFAULTS=2 -DATTEMPTS=2; }

# --- the names in README.md ----------------------------------------------------------------------------------------

names() {
  local here root file missing=()
  chosen names || return 0
  here=$(dirname "$model") root=$(dirname "$model")/../..
  while read -r file; do
    case $file in
      *.txt) [ -f "$root/tests/Fabric.Protocol.Tests/Transcripts/$file" ] ;;
      *.cs) compgen -G "$root/Fabric.*/$file" >/dev/null || [ -f "$root/tests/Fabric.$file" ] ;;
    esac || missing+=("$file")
  done < <(grep -ohE '[A-Za-z0-9_/]+\.(txt|cs)\b' "$here/README.md" "$model" | sort -u)
  : >out
  if [ ${#missing[@]} = 0 ]; then
    verdict names true "every file that is pointed to is there"
  else
    verdict names false "not there: ${missing[*]}"
  fi
}

names

# --- what must hold ------------------------------------------------------------------------------------------------

proves never-two-run safety -DFAULTS=2 -DATTEMPTS=2
proves never-two-run-late-reports safety -DFAULTS=2 -DATTEMPTS=1 -DLATE_REPORTS
proves never-none-for-ever liveness -DFAULTS=2 -DATTEMPTS=1
proves never-none-for-ever-retried liveness -DFAULTS=1 -DATTEMPTS=2
if $deep; then
  proves never-two-run-deep safety -DFAULTS=3 -DATTEMPTS=2
  proves never-two-run-late-reports-deep safety -DFAULTS=1 -DATTEMPTS=2 -DLATE_REPORTS
  proves never-none-for-ever-deep liveness -DFAULTS=2 -DATTEMPTS=2
fi

# --- what must be possible: a model in which nothing happens proves nothing ----------------------------------------

possible RETRIED
possible MIGRATED_AGAIN_AFTER_A_REVERSAL
possible COMMITTED_WITH_A_DEAD_SOURCE
possible HELD_AFTER_THE_GRANT
possible HELD_IN_DOUBT
possible LOST

# --- bugs that must be found ---------------------------------------------------------------------------------------

planted GRANT_BEFORE_COMMIT neverTwoRun -DONLY_TWO_RUN
planted SOURCE_RESUMES neverTwoRun
planted LOST_REPLY_IS_FAILURE neverTwoRun
planted EPOCH_NOT_CHECKED neverTwoRun -DONLY_TWO_RUN
planted COMMIT_IN_DEVICE neverTwoRun
planted RUN_BEFORE_NOTE neverBackInTime
planted DEATH_OVERTAKES_RESUME neverBackInTime
finds plant-NO_RETRY 'acceptance cycle' liveness -DPLANT_NO_RETRY -DFAULTS=1 -DATTEMPTS=1
finds plant-CRASH_IS_NOT_CLOSED 'acceptance cycle' liveness -DPLANT_CRASH_IS_NOT_CLOSED -DFAULTS=2 -DATTEMPTS=1

[ $((passed + failed)) -gt 0 ] || {
  echo "model: there is no check named $only"
  failed=1
}
echo "$passed passed, $failed failed"
[ $failed = 0 ]
