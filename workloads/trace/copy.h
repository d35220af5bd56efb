// SPDX-License-Identifier: MIT
// Traces from traces, in one pass with bounded memory.
#pragma once

#include <array>
#include <map>

#include "workloads/trace/reader.h"
#include "workloads/trace/writer.h"

namespace mmulab::trace {

struct CopyOptions {
  /// Of each task, the accesses [from, from + accesses); calls stay, all of them.
  std::uint64_t from = 0;
  std::uint64_t accesses = ~std::uint64_t{0};
  bool fetches = true;
  /// A fetch from the page of the fetch before it, in the same task, is left out.
  bool every_fetch = true;
};

/// Copies what the options leave.
void copy(TraceFile& from, const CopyOptions& options, Writer& to);

struct TaskInfo {
  std::uint32_t tid = 0, pid = 0;
  std::uint64_t accesses = 0, calls = 0;
};
struct TraceInfo {
  TraceTotals totals;
  std::array<std::uint64_t, 3> accesses{};  ///< loads, stores, fetches
  std::array<std::uint64_t, call_kinds> calls{};
  std::uint64_t implicit = 0;  ///< mmap calls concluded from accesses
  std::uint64_t blocks = 0;
  std::uint64_t first = ~std::uint64_t{0}, last = 0;  ///< addresses accessed
  std::map<std::uint32_t, TaskInfo> tasks;
};

/// Reads everything, so that a trace that has been described is whole.
TraceInfo describe(TraceFile& file);

}  // namespace mmulab::trace
