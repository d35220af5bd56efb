#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs the build into its own folder, then does there what another project does: package_test.sh BUILD SOURCE FLAGS
# First what docs/adding-a-strategy.md tells, with the files as they stand there; then a strategy in an executable.
set -euo pipefail
build=$1
source=$2
flags=$3
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export CXXFLAGS=$flags
refault=$folder/mmulab/share/mmulab/configs/scenarios/ppc64-refault.toml
failed() { echo "FAILED: $1"; cat "$folder/out"; exit 1; }
# ends CODE COMMAND...: its output goes to a file.
ends() {
  local wanted=$1 code=0
  shift
  "$@" >"$folder/out" 2>&1 || code=$?
  [ "$code" = "$wanted" ] || failed "exit code $code instead of $wanted: $*"
}
says() { grep -q -- "$1" "$folder/out" || failed "it does not say: $1"; }

cmake --install "$build" --prefix "$folder/mmulab" >"$folder/log"
mmulab=$folder/mmulab/bin/mmulab
"$mmulab" --version

# files_of PAGE FOLDER: a fenced block whose first line names a file is that file.
files_of() { awk -v folder="$2/" '/^```/ { file = $2; next } file { print > (folder file) }' "$1"; }
page=$source/docs/adding-a-strategy.md
[ "$(wc -l <"$page")" -le 60 ] || { echo "FAILED: the page has more than 60 lines"; exit 1; }
mkdir "$folder/plugin"
files_of "$page" "$folder/plugin"
files_of "$source/docs/models/machine.md" "$folder/plugin"
echo "mmulab_add_plugin(slow_writes slow_writes.cpp)" >>"$folder/plugin/CMakeLists.txt"
[ -s "$folder/plugin/while_shared.cpp" ] && [ -s "$folder/plugin/CMakeLists.txt" ]
cmake -G Ninja -S "$folder/plugin" -B "$folder/plugin/build" -DCMAKE_PREFIX_PATH="$folder/mmulab" >"$folder/log"
cmake --build "$folder/plugin/build"
plugin=$folder/plugin/build/while_shared.so
ends 0 "$mmulab" compare "$refault" --plugin "$plugin" ppc64-2.6.20 pre-unlock-hook while-shared
says 'while-shared *clean'
says 'ppc64-2.6.20 *violated'
ends 0 "$mmulab" show strategy while-shared --plugin "$plugin"
says 'while-shared'
ends 0 "$mmulab" list strategies --plugin "$plugin"
says 'while-shared'
# end_of [ARGUMENT...]: the cycle at which a run ends.
end_of() { "$mmulab" run "$munmap" --json - "$@" 2>"$folder/out" | grep -o '"cycle": [0-9]*' | head -1; }
munmap=$folder/mmulab/share/mmulab/configs/scenarios/x86-munmap.toml
slow=$(end_of --plugin "$folder/plugin/build/slow_writes.so" --set machine.memory.model=slow-writes)
if [ -z "$slow" ] || [ "$slow" = "$(end_of)" ]; then failed "a memory target of one's own changes no cycle"; fi
ends 2 "$mmulab" run "$refault" --set strategy=while-shared
says "there is no strategy preset .while-shared"

cmake -G Ninja -S "$here/package" -B "$folder/outsider" -DCMAKE_PREFIX_PATH="$folder/mmulab" >"$folder/log"
cmake --build "$folder/outsider"
ends 1 "$folder/outsider/outsider" run "$refault"
ends 0 "$folder/outsider/outsider" run "$refault" --set strategy=impatient
ends 2 "$mmulab" run "$refault" --plugin "$folder/outsider/foreign.so"
says 'was built for mmulab 0.0.0'
ends 2 "$mmulab" run "$refault" --plugin "$folder/missing.so"
says 'cannot load the plugin'
ends 2 "$mmulab" run "$refault" --plugin "$plugin" --plugin "$plugin"
says 'registered twice'
