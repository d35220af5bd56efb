// SPDX-License-Identifier: MIT
#include "workloads/trace/ordered_reader.h"

#include <fmt/format.h>

#include "sim/config/diagnostic.h"

namespace mmulab::trace {

OrderedReader::OrderedReader(TraceFile& file, const std::vector<TaskPlan>& tasks)
    : file_(file), tasks_(tasks), cursors_(tasks.size()) {
  for (std::uint32_t task = 0; task < tasks.size(); ++task) advance(task);
}

void OrderedReader::open(std::uint32_t task) {
  Cursor& cursor = cursors_[task];
  std::uint64_t at = tasks_[task].blocks[cursor.next_block++];
  const std::uint64_t begins = at;
  BlockHeader header;
  file_.next_header(at, header);
  file_.load(begins, header, cursor.block);
  cursor.open = true;
  open_bytes_ += cursor.block.memory();
  if (open_bytes_ > open_bytes_max)
    throw config::Error(config::diagnose(
        {},
        fmt::format("`{}`, byte {}: its blocks overlap so far that more than {} MiB of them would be open at once",
                    file_.name(), begins, open_bytes_max >> 20),
        "no writer of mmulab makes such a trace; import it again"));
}

void OrderedReader::advance(std::uint32_t task) {
  Cursor& cursor = cursors_[task];
  if (cursor.open) {
    if (cursor.block.next(cursor.segment)) return turns_.push({cursor.segment.epoch, task});
    if (cursor.block.broken()) file_.fail(cursor.block.offset, "a segment of the block is garbage");
    open_bytes_ -= cursor.block.memory();
    cursor.block = Block{};
    cursor.open = false;
  }
  if (cursor.next_block == tasks_[task].blocks.size()) return;
  std::uint64_t at = tasks_[task].blocks[cursor.next_block];
  BlockHeader header;
  file_.next_header(at, header);
  turns_.push({header.epoch, task});
}

bool OrderedReader::next(TaskNo& task, Segment& segment) {
  if (acting_ != ~std::uint32_t{0}) advance(acting_);
  for (;;) {
    if (turns_.empty()) return false;
    const Turn turn = turns_.top();
    turns_.pop();
    acting_ = turn.task;
    if (cursors_[acting_].open) break;
    // A block's header says no more than that nothing in it comes before.
    open(acting_);
    advance(acting_);
  }
  task = TaskNo{acting_};
  segment = cursors_[acting_].segment;
  return true;
}

void OrderedReader::take(std::uint64_t* words, std::size_t count) { cursors_[acting_].block.take(words, count); }

}  // namespace mmulab::trace
