// SPDX-License-Identifier: MIT
// What a shell must know itself: how to ask, how to match files, and when no space follows.
#include "sim/cli/completion.h"
#include "sim/config/diagnostic.h"
#include "sim/config/nearest.h"

namespace mmulab::cli {
namespace {

// bash takes words apart at = and :, and replaces the last part only.
constexpr const char* bash_script = R"script(# SPDX-License-Identifier: MIT
# bash completion for mmulab; written by `mmulab completion bash`
_mmulab() {
  local line="${COMP_LINE:0:COMP_POINT}" typed="" files word whole
  local -a words
  read -ra words <<<"$line"
  [[ "$line" == *[[:space:]] ]] && words+=("")
  typed="${words[-1]}"
  local part="${typed##*[=:]}"
  local head="${typed%"$part"}"
  COMPREPLY=()
  {
    read -r files
    while IFS=$'\t' read -r word whole; do COMPREPLY+=("${word#"$head"}"); done
  } < <("${words[0]}" completion words -- "${words[@]:1}" 2>/dev/null)
  local pattern=""
  case "$files" in
    none|"")
      [[ ${#COMPREPLY[@]} -eq 1 && "${COMPREPLY[0]}" == *= ]] && compopt -o nospace
      return ;;
    toml) pattern='!*.toml' ;;
    database) pattern='!*.db' ;;
  esac
  compopt -o filenames 2>/dev/null
  while read -r word; do COMPREPLY+=("$word"); done < <(compgen -d -- "$part")
  [[ "$files" == folders ]] && return
  while read -r word; do [[ -d "$word" ]] || COMPREPLY+=("$word"); done < <(compgen -f -X "$pattern" -- "$part")
}
complete -F _mmulab mmulab
)script";

constexpr const char* zsh_script = R"script(#compdef mmulab
# SPDX-License-Identifier: MIT
# zsh completion for mmulab; written by `mmulab completion zsh`
_mmulab() {
  local -a lines names shown open opened
  local line name text
  lines=("${(@f)$(${words[1]} completion words -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  for line in "${(@)lines[2,-1]}"; do
    name="${line%%$'\t'*}"
    text="${line#*$'\t'}"
    if [[ "$name" == *= ]]; then open+=("$name"); opened+=("$name  $text")
    elif [[ -n "$name" ]]; then names+=("$name"); shown+=("$name  $text")
    fi
  done
  (( ${#names} )) && compadd -l -d shown -a names
  (( ${#open} )) && compadd -S '' -l -d opened -a open
  [[ "$PREFIX" == --*=* ]] && compset -P '*='
  case "${lines[1]}" in
    any) _files ;;
    toml) _files -g '*.toml' ;;
    database) _files -g '*.db' ;;
    folders) _files -/ ;;
  esac
}
if [[ "$funcstack[1]" == _mmulab ]]; then _mmulab "$@"; else compdef _mmulab mmulab; fi
)script";

constexpr const char* fish_script = R"script(# SPDX-License-Identifier: MIT
# fish completion for mmulab; written by `mmulab completion fish`
function __mmulab_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    set -l lines ($words[1] completion words -- $words[2..-1] "$typed" 2>/dev/null)
    set -l part (string replace -r '^--[^=]*=' '' -- "$typed")
    switch "$lines[1]"
        case any
            __fish_complete_path "$part"
        case toml
            set -l files "$part"*.toml
            test -n "$files"; and printf '%s\n' $files
            __fish_complete_directories "$part" ""
        case database
            set -l files "$part"*.db
            test -n "$files"; and printf '%s\n' $files
            __fish_complete_directories "$part" ""
        case folders
            __fish_complete_directories "$part" ""
    end
    test (count $lines) -gt 1; and printf '%s\n' $lines[2..-1]
end
complete -c mmulab -f -a '(__mmulab_complete)'
)script";

}  // namespace

std::string completion_script(const std::string& shell) {
  if (shell == "bash") return bash_script;
  if (shell == "zsh") return zsh_script;
  if (shell == "fish") return fish_script;
  throw config::Error(config::diagnose({}, "there is no completion for `" + shell + "`",
                                       config::suggestion(shell, {"bash", "zsh", "fish"})));
}

}  // namespace mmulab::cli
