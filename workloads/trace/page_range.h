// SPDX-License-Identifier: MIT
// A recorded call's bytes as pages of the simulated machine: those that lie in it wholly, and what lies in it partly at
// either end.
#pragma once

#include "sim/units/units.h"

namespace mmulab::trace {

struct PagesOf {
  VirtPage first;
  Pages whole;
  VirtPage head, tail;
  bool has_head = false, has_tail = false;
  [[nodiscard]] bool rounded() const { return has_head || has_tail; }
};

inline PagesOf pages_of(std::uint64_t first, std::uint64_t length, PageShift shift) {
  const std::uint64_t size = shift.bytes().raw(), end = first + length;
  const std::uint64_t from = (first + size - 1) / size, to = end / size;
  PagesOf pages;
  pages.first = VirtPage{from};
  pages.whole = Pages{to > from ? to - from : 0};
  pages.head = VirtPage{first / size};
  pages.has_head = length != 0 && first % size != 0;
  pages.tail = VirtPage{to};
  pages.has_tail = length != 0 && end % size != 0 && (!pages.has_head || pages.tail != pages.head);
  return pages;
}

}  // namespace mmulab::trace
