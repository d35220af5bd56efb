// SPDX-License-Identifier: MIT
// Segments of all tasks in the order in which they were told, with bounded memory.
#include "tests/support/catch.h"
#include "tests/workloads/trace/shelf.h"
#include "workloads/random.h"
#include "workloads/trace/ordered_reader.h"

using namespace mmulab;
using namespace mmulab::trace;
using namespace mmulab::trace::test;

namespace {

const SurveyOptions options{TableGeometry{PageShift{12}, {9, 9, 9, 9, 0}, 4}, Fetches::none, false};
constexpr std::uint64_t here = 0x10000000, far_away = 0x7f0000000000;

struct Segments {
  std::vector<std::pair<std::uint32_t, std::uint64_t>> first_of_each;  // task, its first access
  std::uint64_t accesses = 0;
};

Segments read_in_order(const std::string& name) {
  TraceFile file(name);
  const Survey plan = survey(file, options);
  OrderedReader reader(file, plan.tasks);
  Segments all;
  Segment segment;
  for (TaskNo task{}; reader.next(task, segment);) {
    std::vector<std::uint64_t> words(segment.accesses);
    reader.take(words.data(), words.size());
    all.accesses += segment.accesses;
    if (!words.empty()) all.first_of_each.emplace_back(raw(task), words.front());
  }
  return all;
}

}  // namespace

TEST_CASE("The segments of all tasks come back in the order in which they were told, over many blocks") {
  const Folder folder;
  std::vector<std::pair<std::uint32_t, std::uint64_t>> told;
  std::uint64_t accesses = 0;
  {
    Writer writer(folder.file("a.mmt"), 1);
    for (std::uint32_t t = 0; t < 7; ++t) writer.add_task(t, t);
    for (std::uint64_t turn = 0; turn < 900; ++turn) {
      std::uint32_t task = static_cast<std::uint32_t>(workload::draw(1, turn) % 7);
      if (!told.empty() && told.back().first == task) task = (task + 1) % 7;
      TaskBuffer* buffer = &writer.turn_to(TaskNo{task});
      told.emplace_back(task, here + turn * 8);
      for (std::uint64_t n = 0, count = 1 + workload::draw(2, turn) % 2000; n < count; ++n, ++accesses) {
        writer.make_room(*buffer);
        buffer->access(0, here + (turn + n) * 8);
      }
    }
    writer.finish(0);
  }
  const Segments all = read_in_order(folder.file("a.mmt"));
  CHECK(all.accesses == accesses);
  // Where a block was full, a segment comes in two, the second of which begins further on.
  std::size_t next = 0;
  for (const auto& segment : all.first_of_each)
    if (next < told.size() && segment == told[next]) ++next;
  CHECK(next == told.size());
}

TEST_CASE("Blocks that overlap further than any writer makes them are refused, and unpacked no further") {
  const Folder folder;
  // Each task's block, of 65,536 accesses of 7 bytes each, has one access in the beginning and all others in the end.
  const auto write = [&](std::uint32_t tasks) {
    Writer writer(folder.file("b.mmt"), 1);
    for (std::uint32_t t = 0; t <= tasks; ++t) writer.add_task(t, t);
    for (std::uint32_t t = 0; t < tasks; ++t) {
      const auto access = [&](std::uint64_t epoch, unsigned count) {
        TaskBuffer* buffer = &writer.turn_to(TaskNo{t}, epoch);
        for (unsigned n = 0; n < count; ++n) {
          writer.make_room(*buffer);
          buffer->access(0, n % 2 == 0 ? here : far_away);
        }
      };
      access(1 + t, 1);
      writer.turn_to(TaskNo{tasks}, 500'000 + t);
      access(1'000'000 + t, block_accesses_max - 1);
      writer.end(TaskNo{t});
    }
    writer.finish(0);
  };
  write(80);
  CHECK(read_in_order(folder.file("b.mmt")).accesses == 80 * std::uint64_t{block_accesses_max});
  write(110);
  const std::string said = message([&] { read_in_order(folder.file("b.mmt")); });
  CHECK_THAT(said, Catch::StartsWith("`" + folder.file("b.mmt") + "`, byte "));
  CHECK_THAT(said, Catch::EndsWith(": its blocks overlap so far that more than 40 MiB of them would be open at once"));
}
