#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs the build into its own folder, and builds another project against it: package_test.sh BUILD FLAGS
set -euo pipefail
build=$1
flags=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cmake --install "$build" --prefix "$folder/prefix" >"$folder/log"
"$folder/prefix/bin/mmulab" --version
cmake -S "$here/package" -B "$folder/outsider" -G Ninja -DCMAKE_PREFIX_PATH="$folder/prefix" \
  -DCMAKE_CXX_FLAGS="$flags" >"$folder/log"
cmake --build "$folder/outsider"
[ "$("$folder/outsider/outsider")" = 42 ]
