// SPDX-License-Identifier: MIT
// What can be shown: `show KIND NAME`. To add a kind: one line in show.cpp.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sim/cli/options.h"

namespace mmulab::cli {

struct ShownKind {
  std::string name;
  std::string topic;  // whose items `list` lists; empty: the name is a file
  std::function<std::string(const std::string& name, const Arguments&)> text;
};

const std::vector<ShownKind>& shown_kinds();

}  // namespace mmulab::cli
