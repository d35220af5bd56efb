// SPDX-License-Identifier: MIT
#include "tests/workloads/trace/shelf.h"

#include <fmt/format.h>

namespace mmulab::trace::test {

std::string calls_of(const std::string& name, std::uint32_t task) {
  std::string text;
  for (const Read& read : read_all(name)) {
    if (raw(read.task) != task || read.call.kind == CallKind::none) continue;
    if (!text.empty()) text += ' ';
    text += name_of(read.call.kind);
    if (names_child(read.call.kind)) text += fmt::format(":{}", raw(read.call.child));
    else if (read.call.kind != CallKind::execve && read.call.kind != CallKind::exit)
      text += fmt::format(":{:x}+{:x}", read.call.first, read.call.length);
    if (read.call.kind == CallKind::mremap || read.call.kind == CallKind::brk)
      text += fmt::format(">{:x}+{:x}", read.call.to, read.call.to_length);
  }
  return text;
}

std::vector<std::uint64_t> accesses_of(const std::string& name, std::uint32_t task) {
  std::vector<std::uint64_t> words;
  for (const Read& read : read_all(name))
    if (raw(read.task) == task) words.insert(words.end(), read.words.begin(), read.words.end());
  return words;
}

}  // namespace mmulab::trace::test
