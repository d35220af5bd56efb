#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# From a sweep to an archive, a table, a comparison and a figure, as a user types it: archive_test.sh MMULAB CONFIGS
set -euo pipefail
mmulab=$(realpath "$1")
configs=$(realpath "$2")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
failed() { echo "FAILED: $1"; cat out; exit 1; }
# ends CODE COMMAND...: its output goes to a file.
ends() {
  local wanted=$1 code=0
  shift
  "$@" >out 2>&1 || code=$?
  [ "$code" = "$wanted" ] || failed "exit code $code instead of $wanted: $*"
}
says() { grep -q -- "$1" out || failed "it does not say: $1"; }

small=$configs/scenarios/ppc64-refault-small.toml
sweep() { ends 0 "$mmulab" sweep "$small" --vary sim.seed=1..6 --set sim.on_violation=count "$@"; }
sweep --output old --jobs 1
sweep --output same --jobs 3
sweep --output slower --set kernel.cost.spin_lock=400

ends 0 "$mmulab" merge old -o old.db
says 'old.db: 6 runs'
ends 0 "$mmulab" merge same -o same.db
cmp old.db same.db || failed "the number of jobs changes an archive"
cp old.db before.db
ends 0 "$mmulab" merge same -o old.db
cmp old.db before.db || failed "merging twice changes an archive"
point=$(find same/points -name '*.json' | head -1)
truncate -s -20 "$point"
ends 2 "$mmulab" merge same -o old.db
says "$point"
cmp old.db before.db || failed "a refused merge changes an archive"
ends 2 "$mmulab" merge old
says '--output'
# No room: nothing is lost, nothing left behind.
ends 2 bash -c "ulimit -f 8; trap '' XFSZ; exec '$mmulab' merge slower -o old.db"
cmp old.db before.db || failed "a merge without room changes an archive"
[ -z "$(ls -- *.db.* 2>/dev/null)" ] || failed "a merge without room leaves something behind"

ends 0 "$mmulab" export old.db --metric 'call.*.p50' -o table.csv
[ "$(cut -d, -f1 table.csv | sort -u | wc -l)" = 7 ] || failed "the table has not six runs and a heading"
ends 0 "$mmulab" export old --metric end.cycle --format jsonl
[ "$(grep -c '"metric":"end.cycle"' out)" = 6 ] || failed "JSON Lines without six cycles"

# A link goes on pointing at the table, a pipe gets it, a device says why it does not.
ln -s linked.csv link.csv
echo old >linked.csv
ends 0 "$mmulab" export old.db --metric 'call.*.p50' -o link.csv
if [ ! -L link.csv ] || ! cmp table.csv linked.csv; then failed "a link is replaced, or its file not written"; fi
"$mmulab" export old.db --metric 'call.*.p50' -o /dev/stdout | grep -v rows$ | cmp - table.csv ||
  failed "a pipe gets another table"
[ ! -c /dev/full ] || ends 2 "$mmulab" export old.db -o /dev/full

ends 2 "$mmulab" export old.db -o old.db
says 'is read here'
cmp old.db before.db || failed "an archive is replaced by its own table"

ends 0 "$mmulab" export old.db --table assumptions
grep -q 'memory model: sc' out || failed "assumptions are not exported"
ends 2 "$mmulab" export old.db --table goals --metric end.cycle
says 'chooses observations'

ends 0 "$mmulab" diff old.db before.db --fail-over 0%
says ' 0 changed'
ends 1 "$mmulab" diff old.db slower --metric end.cycle --fail-over 1%
says 'end.cycle'
says 'paired'
ends 0 "$mmulab" diff old.db slower --metric end.cycle --fail-over 10000%
ends 2 "$mmulab" diff old.db slower --metric end.cylce --fail-over 5%
says 'end.cycle'
ends 2 "$mmulab" diff old.db slower --fail-over much
says 'needs a part such as 5%'
ends 0 "$mmulab" run "$small" --json one.json
ends 0 "$mmulab" run "$small" --json two.json --set kernel.cost.spin_lock=400
ends 1 "$mmulab" diff one.json two.json --metric end.cycle --fail-over 1%
says 'without repeats'

# A comparison is the runs that it holds, to every verb.
ends 0 "$mmulab" compare "$small" ppc64-2.6.20 ppc64-2.6.22 --json compared.json
ends 0 "$mmulab" merge compared.json -o compared.db
says 'compared.db: 2 runs'
ends 0 "$mmulab" export compared.json --metric end.cycle
[ "$(grep -c ',end.cycle,' out)" = 2 ] || failed "a comparison exports other runs than its two"
ends 0 "$mmulab" diff compared.json compared.db --fail-over 0%
says ' 0 changed'
ends 0 "$mmulab" plot compared.json --metric end.cycle --x strategy --bars -o compared.gp
grep -q 'ppc64-2.6.22' compared.gp || failed "a comparison's figure lacks a strategy"

# docs/ci.md, as it stands: the main branch, a branch like it, one that is slower.
mkdir ci bin
ln -s "$mmulab" bin/mmulab
awk '/^```/ { inside = /sh$/; next } inside' "$configs/../docs/ci.md" >ci/recipe
(echo 'sim.on_violation = "count"'; cat "$small") >ci/scenario.toml
export MMULAB_CONFIG_PATH=$configs
recipe() { rm -rf ci/now ci/now.db; (cd ci && PATH=$folder/bin:$PATH BRANCH=$1 bash recipe); }
ends 0 recipe main
[ -e ci/main.db ] || failed "the recipe keeps no archive of the main branch"
ends 0 recipe other
says ' 0 changed'
sed -i 's/^kernel = .*/kernel = { preset = "2.6.20", cost.fault_entry = 20000 }/' ci/scenario.toml
ends 1 recipe slower
says 'call.fault.latency.p50'

ends 0 "$mmulab" plot old.db --metric end.cycle --x sim.seed -o figure.gp
ends 2 "$mmulab" plot old.db --metric end.cycle --x sim.seed -o figure.pdf
says 'end it in .svg'
ends 2 env PATH=/nonexistent "$mmulab" plot old.db --metric end.cycle --x sim.seed -o figure.svg
says 'apt-get install gnuplot-nox'
command -v gnuplot >/dev/null || { echo "SKIPPED: there is no gnuplot here; all but pictures is right"; exit 77; }
ends 0 "$mmulab" plot old.db --metric end.cycle --x sim.seed -o figure.svg
grep -q 'configuration [0-9a-f]\{32\}' figure.svg || failed "the figure does not name its configuration"
ends 0 "$mmulab" plot slower --metric end.cycle --x strategy --bars -o figure.png
[ "$(head -c 4 figure.png | tail -c 3)" = PNG ] || failed "figure.png is none"
[ -z "$(ls -- *.svg.* *.png.* *.csv.* 2>/dev/null)" ] || failed "half a picture is left behind"
