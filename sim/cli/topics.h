// SPDX-License-Identifier: MIT
// What `list` can list. To add a topic: one line in topics.cpp.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sim/config/schema.h"

namespace mmulab::cli {

struct Item {
  std::string name;
  std::string help;  // one line
};

struct Topic {
  std::string name;
  std::string help;
  std::function<std::vector<Item>(const config::Schema&)> items;
};

const std::vector<Topic>& topics();

}  // namespace mmulab::cli
