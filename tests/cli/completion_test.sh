#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Each shell loads its script, as `mmulab completion` writes it, and completes the same lines:
# completion_test.sh bash|zsh|fish MMULAB CONFIGS
set -euo pipefail
shell=$1
mmulab=$(realpath "$2")
configs=$(realpath "$3")
command -v "$shell" >/dev/null || { echo "SKIPPED: there is no $shell here"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/bin" "$folder/deep" "$folder/zfunc"
ln -s "$mmulab" "$folder/bin/mmulab"
export PATH=$folder/bin:$PATH MMULAB_CONFIG_PATH=$configs HOME=$folder
touch "$folder/plan-b.toml" "$folder/plan-b.txt"
cd "$folder"

# What is typed, and what the line must become: verbs, options, choices, keys, presets, files.
lines=(
  "mmulab ru|mmulab run"
  "mmulab run --log|mmulab run --log-from"
  "mmulab run x --color al|mmulab run x --color always"
  "mmulab run --set machine.core|mmulab run --set machine.cores="
  "mmulab run --set strategy=ctx|mmulab run --set strategy=ctxsw-only"
  "mmulab check --engine ur|mmulab check --engine urw"
  "mmulab compare x linux-m|mmulab compare x linux-modern"
  "mmulab show invariant no-duplicate-h|mmulab show invariant no-duplicate-hpte"
  "mmulab list inv|mmulab list invariants"
  "mmulab run plan|mmulab run plan-b.toml"
)

in_bash() {
  cat >ask.bash <<'EOF'
source ./mmulab.bash
compopt() { :; }
COMP_LINE=$1 COMP_POINT=${#1}
_mmulab
[ ${#COMPREPLY[@]} -eq 1 ] || { printf '%s\n' "${COMPREPLY[@]}"; exit 1; }
# Readline replaces what follows the last word break.
kept=${1%"${1##*[ =:]}"}
printf '%s%s\n' "$kept" "${COMPREPLY[0]}"
EOF
  bash --norc ask.bash "$1"
}

in_fish() {
  local found
  # shellcheck disable=SC2016 # fish's variable, not ours
  found=$(fish --no-config -c 'source ./mmulab.fish; complete -C $argv[1]' "$1" | cut -f1)
  printf '%s%s\n' "${1%"${1##* }"}" "$found"
}

in_zsh() {
  cat >ask.zsh <<'EOF'
zmodload zsh/zpty
zpty asked zsh -f -i
zpty -w asked "fpath=(./zfunc \$fpath); autoload -U compinit; compinit -u -d ./dump; unsetopt beep; PS1=; print rea''dy"
zpty -r -m asked line '*ready*'
zpty -w -n asked "$1"$'\t'
# The line as it stands, quoted: ^A, a command before it, ^E and the rest.
zpty -w asked $'\x01'"print -r -- 'is <"$'\x05'">'"
while zpty -r asked line; do
  [[ "$line" == 'is <'* ]] || continue
  line=${line#is <}
  print -r -- "${${line%%>*}%% }"
  exit
done
EOF
  zsh -f ask.zsh "$1"
}

mmulab completion bash >mmulab.bash
mmulab completion fish >mmulab.fish
mmulab completion zsh >zfunc/_mmulab
failures=0
for line in "${lines[@]}"; do
  typed=${line%%|*}
  wanted=${line#*|}
  got=$(timeout 30 bash -c "$(declare -f "in_$shell"); in_$shell \"\$1\"" _ "$typed" || true)
  [ "$got" = "$wanted" ] && continue
  echo "FAILED: $typed: wanted <$wanted>, got <$got>"
  failures=$((failures + 1))
done
[ "$failures" = 0 ] && echo "${#lines[@]} lines completed in $shell"
