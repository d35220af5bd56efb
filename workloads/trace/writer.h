// SPDX-License-Identifier: MIT
// Writes a trace block by block, each task into blocks of its own. Memory is bounded whatever the trace's length and
// number of tasks: buffers grow with use, and all go out when they have come to some megabytes together.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "sim/results/whole_file.h"
#include "workloads/trace/block.h"

struct ZSTD_CCtx_s;

namespace mmulab::trace {

/// What one task has done since its last block. The hot path of importers.
class TaskBuffer {
 public:
  [[nodiscard]] bool full() const { return accesses_ == capacity_; }
  /// `kind`: 0 load, 1 store, 2 fetch. Not when full.
  void access(unsigned kind, std::uint64_t address) {
    const std::uint64_t value = zigzag(address - last_.at[kind]);
    last_.at[kind] = address;
    const unsigned bytes = value == 0 ? 0 : (71U - static_cast<unsigned>(__builtin_clzll(value))) / 8;
    control_[accesses_++] = static_cast<std::uint8_t>(kind | bytes << 2);
    std::memcpy(delta_end_, &value, 8);
    delta_end_ += bytes;
  }

  void access_word(std::uint64_t word) {
    access((word & store_bit) != 0 ? 1 : (word & fetch_bit) != 0 ? 2 : 0, address_of(word));
  }

 private:
  friend class Writer;
  [[nodiscard]] std::size_t delta_bytes() const {
    return accesses_ == 0 ? 0 : static_cast<std::size_t>(delta_end_ - delta_.data());
  }
  void grow(std::uint32_t to);

  std::vector<std::uint8_t> control_, delta_, segments_;
  std::uint8_t* delta_end_ = nullptr;
  std::uint32_t capacity_ = 0, accesses_ = 0, segment_count_ = 0;
  std::uint32_t in_segment_ = 0;  ///< accesses before the segment that is open
  std::uint32_t tid_ = 0, pid_ = 0;
  std::uint64_t first_epoch_ = 0, epoch_ = 0, last_call_ = 0;
  bool open_ = false;
  LastAddresses last_;
};

class Writer {
 public:
  /// Throws config::Error if the file cannot be made. What stands there is written under another name first and takes
  /// the name in finish(); without that nothing is left behind.
  Writer(std::string file, int level);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  TaskNo add_task(std::uint32_t tid, std::uint32_t pid);
  /// Changes what add_task said.
  void name(TaskNo task, std::uint32_t tid, std::uint32_t pid);
  [[nodiscard]] std::uint32_t tasks() const { return static_cast<std::uint32_t>(tasks_.size()); }
  /// From now on this task acts. The reference is good for accesses until the next call of any function here.
  TaskBuffer& turn_to(TaskNo task);
  /// Likewise, with the number of the segment, which must rise; for copies of traces.
  TaskBuffer& turn_to(TaskNo task, std::uint64_t epoch);
  /// Makes room for at least one access.
  void make_room(TaskBuffer& buffer);
  /// The acting task calls.
  void call(const TraceCall& call);
  /// The task will act no more.
  void end(TaskNo task);

  void finish(std::uint32_t mappings);
  [[nodiscard]] const TraceTotals& totals() const { return totals_; }

 private:
  void close_segment(TaskBuffer& buffer, const TraceCall& call);
  void flush(TaskNo task);
  void put(const void* bytes, std::size_t count);
  [[noreturn]] void fail() const;

  std::string file_;
  WholeFile whole_;
  std::FILE* out_;
  ZSTD_CCtx_s* zstd_ = nullptr;
  std::vector<std::unique_ptr<TaskBuffer>> tasks_;
  TaskNo acting_ = no_task;
  std::uint64_t epoch_ = 0;
  std::size_t buffered_ = 0;
  std::vector<std::uint8_t> raw_, packed_;
  TraceTotals totals_;
  int level_;
};

}  // namespace mmulab::trace
