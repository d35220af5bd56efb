// SPDX-License-Identifier: MIT
// Long runs of user accesses: `visits` pages in an order, each touched `touches` times (64 bytes apart, so that a
// page touched often stays one page), a share of them stores. The n-th access follows from the key and n alone.
// Where the timed host lets a core run ahead, chunks of addresses go straight to the port and need no fiber; the
// result is that of calling Kernel::access for each. Costs what the accesses cost; making one up is free to the
// simulated machine.
#pragma once

#include "models/mm/kernel.h"
#include "workloads/page_order.h"

namespace mmulab::workload {

struct AccessStream {
  VirtPage first;
  PageShift shift;
  const PageOrder* order = nullptr;
  std::uint64_t visits = 0;
  std::uint32_t touches = 1;
  std::uint32_t store_percent = 0;
  Bytes within;  ///< where in each page the touches begin

  [[nodiscard]] std::uint64_t accesses() const { return visits * touches; }
  /// The accesses [from, from + count) as an AccessBuffer holds them.
  void fill(std::uint64_t key, std::uint64_t from, std::uint64_t count, std::uint64_t* words) const;
};

/// Makes every access of the stream as the context's task. `chunk` has room for
/// AccessRun::chunk_words, or for the whole stream if that is shorter.
void run_stream(Context& ctx, Kernel& kernel, const AccessStream& stream, std::uint64_t key, std::uint64_t* chunk);

}  // namespace mmulab::workload
