// SPDX-License-Identifier: MIT
#include "workloads/trace/copy.h"

#include <algorithm>

namespace mmulab::trace {
namespace {

constexpr std::size_t chunk = 4096;
constexpr unsigned page_bits = 12;

/// What is left of one task's accesses.
class Filter {
 public:
  explicit Filter(const CopyOptions& options) : options_(options) {}
  [[nodiscard]] bool keeps(std::uint64_t word) {
    const std::uint64_t n = seen_++;
    if (n < options_.from || n - options_.from >= options_.accesses) return false;
    if ((word & fetch_bit) == 0) return true;
    const bool same = address_of(word) >> page_bits == page_;
    page_ = address_of(word) >> page_bits;
    return options_.fetches && (options_.every_fetch || !same);
  }

 private:
  const CopyOptions options_;
  std::uint64_t seen_ = 0;
  std::uint64_t page_ = ~std::uint64_t{0};
};

}  // namespace

void copy(TraceFile& from, const CopyOptions& options, Writer& to) {
  std::map<std::uint32_t, Filter> filters;
  TraceReader reader(from);
  std::array<std::uint64_t, chunk> words;
  while (reader.next_block()) {
    const BlockHeader& header = reader.block().header;
    while (to.tasks() <= header.task) to.add_task(0, 0);
    const TaskNo task{header.task};
    to.name(task, header.tid, header.pid);
    Filter& filter = filters.try_emplace(header.task, options).first->second;
    for (Segment segment; reader.next(segment);) {
      TaskBuffer* buffer = &to.turn_to(task, segment.epoch);
      for (std::uint64_t left = segment.accesses; left != 0;) {
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left, chunk));
        reader.block().take(words.data(), count);
        left -= count;
        for (std::size_t i = 0; i < count; ++i) {
          if (!filter.keeps(words[i])) continue;
          to.make_room(*buffer);
          buffer->access_word(words[i]);
        }
      }
      if (segment.call.kind != CallKind::none) to.call(segment.call);
    }
  }
  to.finish(from.totals().mappings);
}

TraceInfo describe(TraceFile& file) {
  TraceInfo info;
  TraceReader reader(file);
  std::array<std::uint64_t, chunk> words;
  for (; reader.next_block(); ++info.blocks) {
    const BlockHeader& header = reader.block().header;
    TaskInfo& task = info.tasks[header.task];
    task.tid = header.tid;
    task.pid = header.pid;
    task.accesses += header.accesses;
    for (Segment segment; reader.next(segment);) {
      for (std::uint64_t left = segment.accesses; left != 0;) {
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left, chunk));
        reader.block().take(words.data(), count);
        left -= count;
        for (std::size_t i = 0; i < count; ++i) {
          ++info.accesses[(words[i] & store_bit) != 0 ? 1 : (words[i] & fetch_bit) != 0 ? 2 : 0];
          info.first = std::min(info.first, address_of(words[i]));
          info.last = std::max(info.last, address_of(words[i]));
        }
      }
      if (segment.call.kind == CallKind::none) continue;
      ++task.calls;
      ++info.calls[static_cast<std::size_t>(segment.call.kind)];
      info.implicit += (segment.call.flags & implicit) != 0 ? 1 : 0;
    }
  }
  info.totals = file.totals();
  return info;
}

}  // namespace mmulab::trace
