# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Sourced by the wrapper scripts: makes sure that Debian packages are there, or says what to type.

# missing_packages LIST...: the packages named in the lists that are not installed, one a line.
missing_packages() {
  local package
  cat "$@" | while read -r package; do
    [ -n "$package" ] || continue
    dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^.i' && continue
    # Newer systems have pkgconf in its place.
    [ "$package" = pkg-config ] && command -v pkg-config >/dev/null && continue
    echo "$package"
  done
}

# install_packages PACKAGE...: as root or by a sudo that asks for nothing; otherwise says what to type, exit 2.
install_packages() {
  local -a apt=(env DEBIAN_FRONTEND=noninteractive apt-get)
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null || ! sudo -n true 2>/dev/null; then
      echo "mmulab: these Debian packages are missing; please run" >&2
      echo "  sudo apt-get install --no-install-recommends $*" >&2
      exit 2
    fi
    apt=(sudo -n "${apt[@]}")
  fi
  echo "mmulab: installing Debian packages: $*" >&2
  "${apt[@]}" -q -y install --no-install-recommends "$@" >&2 && return 0
  # The package lists of a fresh image are empty, and those of an old one name versions that are gone.
  echo "mmulab: bringing the package lists up to date" >&2
  "${apt[@]}" -q update >&2 && "${apt[@]}" -q -y install --no-install-recommends "$@" >&2 && return 0
  echo "mmulab: that failed; please run" >&2
  echo "  sudo apt-get update && sudo apt-get install --no-install-recommends $*" >&2
  exit 2
}

# require_packages LIST...: checks the lists, and installs what is missing.
require_packages() {
  if ! command -v dpkg-query >/dev/null; then
    echo "mmulab: this is no Debian; needed are what it calls: $(cat "$@" | tr '\n' ' ')" >&2
    return 0
  fi
  local -a missing
  mapfile -t missing < <(missing_packages "$@")
  [ "${#missing[@]}" -eq 0 ] || install_packages "${missing[@]}"
}

# use_ccache: compiles through ccache where there is one.
use_ccache() {
  if [ -z "${MMULAB_COMPILER_LAUNCHER+set}" ] && command -v ccache >/dev/null; then
    export MMULAB_COMPILER_LAUNCHER=ccache
  fi
  # Unless it is told to, ccache keeps nothing that takes over precompiled headers, which is every file. CI begins with
  # an empty cache, for which keeping only costs.
  if [ "${MMULAB_COMPILER_LAUNCHER:-}" = ccache ] && [ "${CI:-}" != true ] && [ -z "$(ccache -k sloppiness)" ]; then
    export CCACHE_SLOPPINESS=pch_defines,time_macros
  fi
}

# quietly LOG COMMAND...: shows the output only when the command fails.
quietly() {
  local log=$1
  shift
  "$@" >"$log" 2>&1 && return 0
  cat "$log" >&2
  return 1
}
