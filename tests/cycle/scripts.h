// SPDX-License-Identifier: MIT
// Pieces of a scenario's text.
#pragma once

#include <string>

namespace mmulab::cycle {

inline std::string region(const std::string& name, unsigned first_page, unsigned pages,
                          const std::string& more = "") {
  return "[[workload.region]]\nname = '" + name + "'\nfirst_page = " + std::to_string(first_page) +
         "\npages = " + std::to_string(pages) + "\n" + more;
}

/// Not mapped at first, with a neighbour that keeps its page tables when it is unmapped.
inline std::string heap(unsigned first_page, unsigned pages) {
  return region("heap", first_page, pages, "mapped = false\n") + region("beside", first_page + pages, 1);
}

inline std::string task(const std::string& name, unsigned cpu, const std::string& ops) {
  return "[[workload.task]]\nname = '" + name + "'\ncpu = " + std::to_string(cpu) + "\nops = ['''" + ops +
         "''']\n";
}

}  // namespace mmulab::cycle
