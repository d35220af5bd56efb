// SPDX-License-Identifier: MIT
// What a checker says when a rule is broken, and what a scenario may say beforehand that it expects.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/state/cell.h"
#include "sim/units/units.h"

namespace mmulab {

/// One broken rule: who, where, when, and how it came about.
struct Violation {
  std::string invariant;
  std::string class_id;  ///< the bare id, "D1"; what an expectation names
  Cycle cycle;
  CpuId cpu;
  TaskId task;
  MmId mm;
  bool has_page = false;  ///< whether `page` and `va` mean anything
  VirtPage page;
  VirtAddr va;
  Frame frame;    ///< that it is about, if it is about no page
  TableId table;  ///< likewise, a page table
  std::string message;             ///< one line
  std::vector<std::string> story;  ///< three to eight lines, in the order in which things happened
  std::vector<Location> locations;
  /// The number of the event, as the reference model counts, that made it possible: a copy became stale, a flush was
  /// put off, content was on nobody's account. 0: there is none, or it is not known.
  std::uint64_t opened_by = 0;
  bool expected = false;  ///< the scenario lists this (invariant, class)
};

/// One entry of a scenario's `expect` list.
struct Expectation {
  std::string invariant;
  std::string class_id;
  std::string why;
};

}  // namespace mmulab
