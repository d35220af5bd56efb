#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The same bytes whoever compiled it: builds the tool with gcc -O3, gcc -O0 and clang -O2 in build/compilers/ and
# compares what they report. Usage: compilers.sh [COUNT], the number of random scenarios beside the shipped ones (20).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
count=${1:-20}
jobs=$(nproc)

# shellcheck source=scripts/packages.sh
. "$root/scripts/packages.sh"
use_ccache

binaries=()
# build NAME COMPILER FLAGS
build() {
  local folder=$root/build/compilers/$1
  mkdir -p "$folder"
  echo "building with $2 $3" >&2
  quietly "$folder/configure.log" cmake -S "$root" -B "$folder" -G Ninja -DCMAKE_CXX_COMPILER="$2" \
    -DCMAKE_BUILD_TYPE= -DCMAKE_CXX_FLAGS="$3" -DMMULAB_BUILD_TESTS=OFF \
    -DCMAKE_CXX_COMPILER_LAUNCHER="${MMULAB_COMPILER_LAUNCHER:-}"
  quietly "$folder/build.log" cmake --build "$folder" --target mmulab_cli -j "$jobs"
  binaries+=("$folder/bin/mmulab")
}
build gcc-O3 g++ "-O3 -DNDEBUG"
build gcc-O0 g++ "-O0"
build clang-O2 clang++ "-O2"
exec /usr/bin/python3 "$root/tests/parity/same_bytes.py" "$root/configs" "$count" "${binaries[@]}"
