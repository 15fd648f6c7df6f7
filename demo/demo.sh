#!/bin/sh
# AID's main job, on a copy of demo/tally, with the real `aid` command; `./dev demo` brings everything that it needs.
#
#   demo.sh                 without a model: what AID's recipes can do by themselves
#   demo.sh --model NAME    the first change is one that only a model can make; NAME as in `aid change --model`
#   --keep                  leaves the copy behind, to play with
set -eu

usage="usage: ./dev demo [--model NAME] [--keep]"
model=none keep=
while [ $# -gt 0 ]; do
  case $1 in
    --model) [ $# -ge 2 ] || { echo "$usage" >&2; exit 2; }; model=$2; shift 2 ;;
    --model=*) model=${1#*=}; shift ;;
    --keep) keep=1; shift ;;
    -h | --help) echo "$usage"; exit 0 ;;
    *) echo "$usage" >&2; exit 2 ;;
  esac
done
case $model in '' | *[!A-Za-z0-9._:/@+-]*) echo "$model is no name of a model" >&2; exit 2 ;; esac

here=$(cd "$(dirname "$0")" && pwd -P)
folder=$(mktemp -d "${TMPDIR:-/tmp}/aid-demo.XXXXXX")
if [ -n "$keep" ]; then trap 'say "The copy is in $folder/tally."' EXIT; else trap 'rm -rf "$folder"' EXIT; fi
trap 'exit 130' INT TERM HUP
# Proposals, journal and lanes of the demo go with it. What dune built in the copy, it need not build again in the shadow.
export AID_STATE="$folder/state" AID_CACHE="$folder/cache" DUNE_CACHE=enabled DUNE_CACHE_ROOT="$folder/dune-cache"
cp -R "$here/tally" "$folder/tally"
cd "$folder/tally"

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$(printf '\033[1m') green=$(printf '\033[32m') blue=$(printf '\033[34m') plain=$(printf '\033[0m')
else bold='' green='' blue='' plain=''; fi

chapter() { printf '\n%s── %s%s\n' "$bold" "$1" "$plain"; }
say() { printf '%s\n' "$1"; }

# Shows a command as it would be typed, and runs it.
run() {
  printf '\n%s$ %s%s\n' "$blue" "$1" "$plain"
  sh -c "$1"
}

# What everything is measured by: dune itself, in the copy, without AID.
green() {
  run "dune build @default @runtest"
  printf '%sdune is green.%s\n' "$green" "$plain"
}

# Ends the demo with `aid`'s own exit code: 1 red or nothing to offer, 3 could not try.
give_up() {
  case $1 in
    1) why="what was proposed is not green, so it is not applied; the verdict is above" ;;
    *) why="AID could not try; what to do about it is above" ;;
  esac
  printf '\n%sThe demo ends here%s: %s.\n' "$bold" "$plain" "$why"
  exit "$1"
}

started=$(date +%s)
say "${bold}AID's main job${plain}, on a copy of demo/tally: bookkeeping in OCaml, five modules with interfaces, an executable, tests."
case $model in
  none) say "No model is asked: AID's recipes do it, by what the compiler knows. ./dev demo --model NAME asks one." ;;
  *) say "The model is $model; AID says below what was done by a recipe and what by the model." ;;
esac
green

if [ "$model" = none ]; then
  chapter "1. Describe a change, see it built before you decide"
  say "In an editor you would write (* AID: rename field amount to value *) and run a code action; a terminal does as well."
  say "Every use has to follow: interfaces, patterns that say { amount; _ }, tests. Text search would not do: 'amount' is"
  say "also the name of variables."
  run "aid change --model none 'rename field amount of Entry.posting to value'" || give_up $?
else
  chapter "1. Describe a change that only a model can make"
  run "aid change --model $model --at lib/book.mli 'Add a function largest : t -> Entry.t option to Book: the entry with the largest single posting by absolute value, None for an empty book. Write its interface with a doc comment, and a check in test/test_tally.ml.'" || give_up $?
fi
say ""
say "That was built and tested in a shadow, before it was shown. Nothing has been written yet; now it is:"
run "aid accept"
green

chapter "2. Break the build, have it fixed"
say "Two slips of the pen, one in the library and one in the tests:"
run "perl -pi -e 's/Money\\.sum/Money.smu/' lib/book.ml && perl -pi -e 's/Unbalanced/Unbalenced/' test/test_tally.ml"
run "dune build @default @runtest" || say "(dune is red, as it should be.)"
run "aid change --model $model --apply 'fix the build'" || give_up $?
green

chapter "Done in $(($(date +%s) - started)) seconds"
say "dune is green, and these files are not what they were:"
diff -rq -x _build "$here/tally" . | sed 's/^Files .* and \.\//  /; s/ differ$//'
say "Now yours: \`aid change\` in any dune project, or a code action in your editor (README)."
