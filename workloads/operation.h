// SPDX-License-Identifier: MIT
// What tasks do, as data: the parser of scripts and the generators make lists of operations, checks and limits
// read them, one interpreter performs them (program.h).
#pragma once

#include <string>
#include <vector>

#include "models/mm/pte.h"
#include "sim/config/source.h"
#include "workloads/page_order.h"

namespace mmulab::workload {

inline constexpr std::uint64_t think_cycles_max = 4'000'000'000;
inline constexpr std::uint64_t touches_max = 1'000'000;
inline constexpr std::uint64_t visits_max = INT64_MAX / touches_max;

enum class OperationKind : std::uint8_t {
  load,
  store,
  fetch,   ///< load, store, fetch: each page of the range once
  access,  ///< `amount` visits by a pattern
  munmap,
  mmap,
  mprotect,
  mremap,  ///< to = region
  dontneed,
  madv_free,
  clear_refs,
  discard,
  reclaim_anon,
  protnone,
  migrate,
  migrate_vma,
  ksm_merge,  ///< other: the pages that are merged into the range's
  gup,
  demote,
  zero_read,
  unmap_mapping,  ///< target = file; first and pages are the file's; so are the next three's
  truncate,
  writeback,
  reclaim,
  fork,           ///< target = task
  barrier,        ///< target = barrier
  sleep,
  await,
  wake,  ///< sleep, await, wake: target = queue
  think,          ///< amount = most cycles
  delay,          ///< amount = cycles
  yield,
  exit,
  repeat,  ///< amount = times; up to the matching end
  end
};

/// Unless said otherwise: target = region, [first, first + pages) within it.
struct Operation {
  OperationKind kind = OperationKind::yield;
  std::uint32_t target = 0;
  std::uint32_t to = 0;
  std::uint64_t first = 0;
  std::uint64_t pages = 0;
  std::uint64_t amount = 0;
  /// Calls on a range: pages of each call, 0 for one call.
  std::uint64_t step = 0;
  std::uint32_t other_target = 0;
  std::uint64_t other_first = 0;
  Rights rights;
  Pattern pattern = Pattern::sequential;
  std::uint32_t store_percent = 0;
  std::uint32_t touches = 1;
  std::uint32_t part = 0;  ///< load, store, fetch, access: which part of each page
};

/// Whether it names pages of a region.
constexpr bool has_range(OperationKind kind) { return kind <= OperationKind::zero_read; }
/// Whether it may change the list of VMAs.
constexpr bool changes_vmas(OperationKind kind) {
  return kind == OperationKind::munmap || kind == OperationKind::mmap || kind == OperationKind::mprotect ||
         kind == OperationKind::mremap;
}
/// Whether it names a queue where tasks sleep.
constexpr bool waits_at_queue(OperationKind kind) {
  return kind == OperationKind::sleep || kind == OperationKind::await || kind == OperationKind::wake;
}
/// Whether the kernel looks for pages by their frame.
constexpr bool walks_rmap(OperationKind kind) {
  return kind == OperationKind::discard || kind == OperationKind::reclaim_anon || kind == OperationKind::protnone ||
         kind == OperationKind::migrate || kind == OperationKind::migrate_vma;
}
/// Whether pages may come to wait in a gather, or for a reclaimer's flush.
constexpr bool zaps(OperationKind kind) {
  return kind == OperationKind::munmap || kind == OperationKind::mremap || kind == OperationKind::dontneed ||
         kind == OperationKind::zero_read || kind == OperationKind::unmap_mapping || kind == OperationKind::truncate ||
         kind == OperationKind::discard || kind == OperationKind::reclaim_anon;
}
/// Whether it may be done to a mapping that shares its page tables, as a whole.
constexpr bool takes_shared_tables(OperationKind kind) {
  return kind <= OperationKind::mmap || kind == OperationKind::dontneed || kind == OperationKind::gup;
}
/// Whether it may be done to a mapping of huge pages.
constexpr bool takes_huge_pages(OperationKind kind) {
  return kind <= OperationKind::mmap || kind == OperationKind::dontneed;
}
/// Whether it names pages of a file.
constexpr bool has_file_range(OperationKind kind) {
  return kind >= OperationKind::unmap_mapping && kind <= OperationKind::reclaim;
}
/// Whether a file's page may leave memory while something still holds its frame.
constexpr bool drops_file_pages(OperationKind kind) {
  return kind == OperationKind::truncate || kind == OperationKind::reclaim;
}

/// Whether a thread of the kernel may do it: it has no user mode, no pages and no children.
constexpr bool is_for_kthreads(OperationKind kind) {
  return !has_range(kind) && kind != OperationKind::fork;
}

/// An operation and where the user wrote it.
struct Statement {
  Operation operation;
  config::Position at;
};

}  // namespace mmulab::workload
