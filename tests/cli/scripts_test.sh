#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The part of the wrapper scripts that running them here does not show: what they do where things are missing.
set -u
root=$1
failures=0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

claim() {
  local what=$1
  shift
  if ! "$@"; then
    echo "not so: $what"
    failures=$((failures + 1))
  fi
}

# tool NAME: what is read becomes a command that hides the real one.
tool() {
  { echo '#!/bin/sh' && cat; } >"$folder/bin/$1"
  chmod +x "$folder/bin/$1"
}

# A machine on which one package is missing, seen by somebody who may not install it.
mkdir "$folder/bin"
tool dpkg-query <<'END'
[ "$3" = libfmt-dev ] && exit 1
echo "ii "
END
tool id <<<'echo 1000'
cat >"$folder/require" <<'END'
. "$1/scripts/packages.sh"
require_packages "$1/scripts/packages.txt"
END
tool sudo <<<'exit 1'

code=0
PATH="$folder/bin:$PATH" bash "$folder/require" "$root" \
  2>"$folder/err" || code=$?
claim "a missing package that cannot be installed is a usage error" test "$code" -eq 2
claim "the message is the command to type" \
  grep -qx '  sudo apt-get install --no-install-recommends libfmt-dev' "$folder/err"

# The same for somebody who may.
tool id <<<'echo 0'
tool apt-get <<<"echo \"\$@\" >>$folder/calls"
PATH="$folder/bin:$PATH" bash "$folder/require" "$root" \
  2>"$folder/err"
claim "only what is missing is installed" \
  grep -qx -- '-q -y install --no-install-recommends libfmt-dev' "$folder/calls"
claim "it says what it installs" grep -q 'installing Debian packages: libfmt-dev' "$folder/err"

if command -v shellcheck >/dev/null; then
  claim "the scripts are clean for shellcheck" \
    shellcheck -x -P "$root" "$root"/scripts/mmulab "$root"/scripts/bench "$root"/scripts/test \
    "$root"/scripts/packages.sh "$root"/.ci/run "$root"/tests/cli/*.sh
fi
exit "$((failures > 0))"
