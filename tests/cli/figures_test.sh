#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Each shipped sweep has its figure, which the commands of docs/archive.md draw: figures_test.sh MMULAB SOURCE
set -euo pipefail
mmulab=$(realpath "$1")
source=$(realpath "$2")
command -v gnuplot >/dev/null || { echo "SKIPPED: there is no gnuplot here"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/bin"
ln -s "$mmulab" "$folder/bin/mmulab"
ln -s "$source/configs" "$folder/configs"
export PATH=$folder/bin:$PATH
cd "$folder"
awk '/<!-- figures -->/ { here = 1 } /^```/ { inside = here && /sh$/; next } inside' "$source/docs/archive.md" >commands
bash -euo pipefail commands >log 2>&1 || { cat log; echo "FAILED: a command of docs/archive.md"; exit 1; }
for plan in configs/sweeps/*.toml; do
  name=$(basename "$plan" .toml)
  grep -q "mmulab plot $name " commands || { echo "FAILED: docs/archive.md has no figure of $plan"; exit 1; }
  picture=$(ls "$name".svg "$name".png 2>/dev/null || true)
  case "$picture" in
    *.svg) grep -q 'configuration [0-9a-f]\{32\}' "$picture" && grep -q '</svg>' "$picture" ;;
    *.png) [ "$(head -c 4 "$picture" | tail -c 3)" = PNG ] && [ "$(wc -c <"$picture")" -gt 10000 ] ;;
    *) false ;;
  esac || { echo "FAILED: $name has no whole picture"; exit 1; }
done
ls -- *.svg *.png
