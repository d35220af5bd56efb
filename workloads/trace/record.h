// SPDX-License-Identifier: MIT
// What a trace holds: accesses and the calls that change address spaces, of the tasks of several processes. Addresses
// are those of the recorded program, in bytes; nothing here knows page sizes or machines. docs/trace-format.md.
#pragma once

#include <cstdint>
#include <string>

namespace mmulab::trace {

/// Number of a task in its trace, in the order of appearance; a thread id may come back, this never does.
enum class TaskNo : std::uint32_t {};
inline constexpr TaskNo no_task{~std::uint32_t{0}};
constexpr std::uint32_t raw(TaskNo task) { return static_cast<std::uint32_t>(task); }

inline constexpr std::uint32_t tasks_max = 65536;
/// Beyond any user address of the machines whose programs are recorded (five-level x86).
inline constexpr std::uint64_t address_end = std::uint64_t{1} << 57;

/// An access is its address and one of these bits, or none: a load.
inline constexpr std::uint64_t store_bit = std::uint64_t{1} << 63;
inline constexpr std::uint64_t fetch_bit = std::uint64_t{1} << 62;
constexpr std::uint64_t address_of(std::uint64_t word) { return word & ~(store_bit | fetch_bit); }

enum class CallKind : std::uint8_t {
  none,  ///< the task gave way to another one
  mmap,
  munmap,
  mprotect,
  madvise,
  mremap,  ///< [first, first + length) goes to [to, to + to_length)
  brk,     ///< the heap's end goes from first to `to`
  clone,   ///< of a thread; so for the next two: child
  fork,
  vfork,
  execve,
  exit,
  wait  ///< for the end of child
};
inline constexpr unsigned call_kinds = 13;
const char* name_of(CallKind kind);

constexpr bool names_child(CallKind kind) {
  return kind == CallKind::clone || kind == CallKind::fork || kind == CallKind::vfork || kind == CallKind::wait;
}
constexpr bool creates(CallKind kind) { return names_child(kind) && kind != CallKind::wait; }

enum CallFlag : std::uint32_t {
  readable = 1,
  writable = 2,
  executable = 4,
  shared = 8,
  of_file = 16,
  fixed = 32,     ///< mmap: takes the place of what is there
  implicit = 64,  ///< mmap: not seen, concluded from an access to a place that no call had mapped
  drops = 128,    ///< madvise: MADV_DONTNEED
  frees = 256     ///< madvise: MADV_FREE
};

struct TraceCall {
  CallKind kind = CallKind::none;
  std::uint32_t flags = 0;
  std::uint64_t first = 0;
  std::uint64_t length = 0;
  std::uint64_t to = 0;
  std::uint64_t to_length = 0;
  TaskNo child = no_task;
};

/// Accesses of one task and the call that ends them. Epochs number the segments of all tasks together, in order.
struct Segment {
  std::uint64_t epoch = 0;
  std::uint64_t accesses = 0;
  TraceCall call;
};

struct TraceTotals {
  std::uint64_t accesses = 0;
  std::uint64_t calls = 0;
  std::uint32_t tasks = 0;
  /// The most mappings that an address space had at once, if nothing merges them.
  std::uint32_t mappings = 0;
  /// Tells traces of the same numbers apart: over the checksums of all blocks.
  std::uint32_t content = 0;
};

}  // namespace mmulab::trace
