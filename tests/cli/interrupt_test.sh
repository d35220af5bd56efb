#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# SIGINT during a real run: exit code 130, a report, and whole JSON. interrupt_test.sh MMULAB CONFIGS
set -u
mmulab=$1
configs=$2
scenario=
for file in "$configs"/scenarios/*.toml; do
  [ -f "$file" ] && scenario=$file && break
done
if [ -z "$scenario" ]; then
  echo "there are no scenarios"
  exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# A handler is inherited as ignored by background jobs of a script, so SIGTERM stands in where SIGINT cannot.
"$mmulab" run "$scenario" --set sim.on_violation=count --json "$folder/result.json" \
  >"$folder/out" 2>"$folder/err" &
pid=$!
sleep 0.3
kill -TERM "$pid" 2>/dev/null || true
code=0
wait "$pid" || code=$?
if [ "$code" -ne 130 ]; then
  # A scenario that is over before the signal says nothing about signals.
  case $code in 0 | 1 | 3) echo "the run was over before the signal"; exit 77 ;; esac
  echo "exit code $code, wanted 130"
  cat "$folder/err"
  exit 1
fi
grep -q '^INTERRUPTED' "$folder/out" || { echo "no report"; exit 1; }
grep -q '"reason": "interrupted"' "$folder/result.json" || { echo "no JSON"; exit 1; }
[ "$(find "$folder" -name 'result.json*' | wc -l)" -eq 1 ] || { echo "something is left over"; exit 1; }
