#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What `cmake --install` puts where shells and man look: manual_test.sh BUILD
set -euo pipefail
build=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cmake --install "$build" --prefix "$folder" >"$folder/log"
mmulab=$folder/bin/mmulab
failed() { echo "FAILED: $1"; exit 1; }

same() { cmp -s "$folder/share/$1" <("$mmulab" "${@:2}") || failed "share/$1 is not what mmulab ${*:2} writes"; }
same bash-completion/completions/mmulab completion bash
same zsh/site-functions/_mmulab completion zsh
same fish/vendor_completions.d/mmulab.fish completion fish
same man/man1/mmulab.1 help --man
verbs=$("$mmulab" help | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p')
[ "$(wc -w <<<"$verbs")" -ge 9 ] || failed "help lists no verbs"
for verb in $verbs; do same "man/man1/mmulab-$verb.1" help --man "$verb"; done

if ! command -v man >/dev/null || ! command -v groff >/dev/null; then
  echo "SKIPPED: there is no man or groff here; the files are installed"
  exit 77
fi
for page in "$folder"/share/man/man1/*.1; do
  warnings=$(LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -E UTF-8 -l "$page" 2>&1 >"$folder/shown")
  [ -z "$warnings" ] || failed "$page: $warnings"
  for part in NAME SYNOPSIS DESCRIPTION 'EXIT STATUS' 'SEE ALSO'; do
    grep -q "^$part" "$folder/shown" || failed "$page has no $part"
  done
  lexgrog "$page" >/dev/null || failed "$page: whatis cannot read its NAME"
done
# The options stand as they are typed.
LC_ALL=C.UTF-8 man -E UTF-8 -l "$folder/share/man/man1/mmulab-run.1" | col -b >"$folder/shown"
grep -q -- '--log-from N' "$folder/shown" ||
  failed "mmulab-run.1 does not tell --log-from"
