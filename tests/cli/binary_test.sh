#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What only the real executable can show: exit codes, streams, and that our main is the one that runs.
set -u
mmulab=$1
failures=0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# expect CODE WORD...: runs mmulab, keeping its output for the checks that follow.
expect() {
  local wanted=$1 code=0
  shift
  "$mmulab" "$@" >"$folder/out" 2>"$folder/err" || code=$?
  if [ "$code" -ne "$wanted" ]; then
    echo "mmulab $*: exit code $code, wanted $wanted"
    cat "$folder/err"
    failures=$((failures + 1))
  fi
}

claim() {
  local what=$1
  shift
  if ! "$@"; then
    echo "not so: $what"
    failures=$((failures + 1))
  fi
}

expect 0 --version
claim "the version is all that is printed" grep -qx 'mmulab [0-9.]*' "$folder/out"
claim "no banner of a library disturbs stderr" test ! -s "$folder/err"
expect 2
expect 2 nonsense
claim "data has nothing when the command is wrong" test ! -s "$folder/out"
expect 2 lint "$folder"
expect 2 lint /nonexistent.toml --color=sometimes
head -c 100000 /dev/urandom >"$folder/noise.toml"
expect 2 lint "$folder/noise.toml"
claim "a pipe gets no color" test "$(grep -c $'\033' "$folder/err")" -eq 0
printf '[[;' >"$folder/short.toml"
expect 2 lint "$folder/short.toml"

code=0
"$mmulab" help >/dev/full 2>"$folder/err" || code=$?
claim "a full disk is no success" test "$code" -eq 2
claim "and no bug of ours" grep -q '^error: cannot write to standard output' "$folder/err"
"$mmulab" --version >/dev/full 2>"$folder/err"
claim "a reason is told" grep -q 'cannot write to standard output: No space left on device' "$folder/err"

# On a terminal: colors, unless NO_COLOR says something or TERM is dumb; --color=always beats both.
on_terminal() { env "$1" script -qec "'$mmulab' lint '$folder/short.toml' $2" /dev/null | grep -c $'\033'; }
if command -v script >/dev/null; then
  claim "a terminal gets colors" test "$(on_terminal TERM=xterm '')" -gt 0
  claim "NO_COLOR takes them away" test "$(TERM=xterm on_terminal NO_COLOR=1 '')" -eq 0
  claim "an empty NO_COLOR does not" test "$(TERM=xterm on_terminal NO_COLOR= '')" -gt 0
  claim "a dumb terminal has none" test "$(on_terminal TERM=dumb '')" -eq 0
  claim "--color=always beats NO_COLOR" test "$(TERM=xterm on_terminal NO_COLOR=1 --color=always)" -gt 0
  claim "--color=never beats the terminal" test "$(on_terminal TERM=xterm --color=never)" -eq 0
else
  echo "SKIPPED: there is no script(1), so no terminal to try colors on"
fi

exit "$((failures > 0))"
