// SPDX-License-Identifier: MIT
// Words, numbers and signs of a list of operations.
#pragma once

#include "workloads/script_text.h"

namespace mmulab::workload {

struct Token {
  enum class Kind : std::uint8_t { word, number, sign, separator, end };
  Kind kind = Kind::end;
  std::string text;
  std::uint64_t number = 0;
  std::size_t item = 0;
  std::size_t offset = 0;
};

/// Tokens of all items; a separator stands for `;`, a line's end and an item's end, the end closes the list. A
/// character that begins nothing, and a number beyond 2^63, is a sign by itself, so that the parser refuses it
/// where it stands.
std::vector<Token> tokens_of(const ScriptText& script);

}  // namespace mmulab::workload
