// SPDX-License-Identifier: MIT
// The text of a list of operations with the place of every character: a configuration keeps the place of the list
// only, so the strings in it are found again in the source.
#pragma once

#include <string>
#include <vector>

#include "sim/config/values.h"

namespace mmulab::workload {

struct ScriptItem {
  std::string text;
  /// Where the string's first character stands; nowhere if that could not be found out.
  config::Position at;
};

class ScriptText {
 public:
  /// The strings of a list that stands at `list`.
  ScriptText(const std::vector<std::string>& texts, const config::Position& list);

  [[nodiscard]] const std::vector<ScriptItem>& items() const { return items_; }
  /// The place of `width` bytes from `offset` in item `item`.
  [[nodiscard]] config::Position place(std::size_t item, std::size_t offset, std::size_t width) const;
  [[nodiscard]] const config::Position& list() const { return list_; }

 private:
  std::vector<ScriptItem> items_;
  config::Position list_;
};

}  // namespace mmulab::workload
