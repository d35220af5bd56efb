// SPDX-License-Identifier: MIT
// Reads a trace in the order in which it was told: the segments of all tasks by their epochs. Blocks of several tasks
// are open at once, as many as the writer had; a file whose blocks overlap further is refused.
#pragma once

#include <queue>

#include "workloads/trace/reader.h"
#include "workloads/trace/survey.h"

namespace mmulab::trace {

class OrderedReader {
 public:
  /// What blocks may need together, unpacked. A writer flushes long before.
  static constexpr std::size_t open_bytes_max = std::size_t{40} << 20;

  /// `tasks` must outlive it.
  OrderedReader(TraceFile& file, const std::vector<TaskPlan>& tasks);

  /// False at the end. All of the segment's accesses must be taken before the next call.
  bool next(TaskNo& task, Segment& segment);
  /// The next `count` accesses of the segment.
  void take(std::uint64_t* words, std::size_t count);

 private:
  struct Cursor {
    std::size_t next_block = 0;
    Block block;
    Segment segment;  ///< read ahead
    bool open = false;
  };
  struct Turn {
    std::uint64_t epoch;
    std::uint32_t task;
    bool operator>(const Turn& o) const { return epoch != o.epoch ? epoch > o.epoch : task > o.task; }
  };
  void open(std::uint32_t task);
  /// Reads the task's next segment ahead and queues it; or its next block.
  void advance(std::uint32_t task);

  TraceFile& file_;
  const std::vector<TaskPlan>& tasks_;
  std::vector<Cursor> cursors_;
  std::priority_queue<Turn, std::vector<Turn>, std::greater<>> turns_;
  std::uint32_t acting_ = ~std::uint32_t{0};
  std::size_t open_bytes_ = 0;
};

}  // namespace mmulab::trace
