// SPDX-License-Identifier: MIT
// A recording in its own order, without a clock, through many geometries at once: decoded once, and what the pages'
// states make of it worked out once. Each geometry's counts are those of a pass of its own. Tasks act as the recording
// has them act, each on the cpu of its number modulo the cpus; a call that unmaps, moves or takes a right away kills
// the translations of the pages it names that have been touched, at once and everywhere, and no others. Memory grows
// with tasks, address spaces, pages touched and geometries, not with the length.
#pragma once

#include "models/machine/counted_mmu.h"
#include "workloads/trace/survey.h"

namespace mmulab::trace {

/// What the recording itself brings: the same for all geometries.
struct CountTotals {
  std::uint64_t loads = 0, stores = 0, fetches = 0;
  std::uint64_t repeats = 0;        ///< of these, answered once for all geometries
  std::uint64_t faults = 0;         ///< first touches
  std::uint64_t changes = 0;        ///< stores to a page that was shared by a fork, or read-only
  std::uint64_t first_stores = 0;   ///< that find a page clean
  std::uint64_t invalidations = 0;  ///< pages whose translation a call has ended or lowered
  std::uint64_t flushes = 0;        ///< address spaces as a whole: forks, ends
  std::uint64_t calls = 0;
  std::uint64_t rounded = 0;  ///< of these, on parts of simulated pages
  std::uint64_t switches = 0;  ///< from task to task
};

/// Throws config::Error as survey() and the reader do. All MMUs keep their dirty bits alike.
CountTotals count(TraceFile& file, const SurveyOptions& options, const std::vector<CountedMmu*>& mmus);

}  // namespace mmulab::trace
