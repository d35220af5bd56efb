// SPDX-License-Identifier: MIT
// Replays on the real kernel: recorded calls become kernel operations, accesses run ahead without changing anything,
// and traces that make no sense are refused before they run.
#include "tests/support/catch.h"
#include "tests/workloads/bench.h"
#include "tests/workloads/trace/shelf.h"
#include "workloads/trace/replay.h"

using namespace mmulab;
using namespace mmulab::trace;
using namespace mmulab::trace::test;
namespace bench = mmulab::workload::bench;
namespace sample = mmulab::workload::sample;

namespace {

TraceCall made(CallKind kind, std::uint64_t first, std::uint64_t length, std::uint32_t flags = 0) {
  TraceCall call;
  call.kind = kind;
  call.first = first;
  call.length = length;
  call.flags = flags;
  return call;
}
TraceCall of_child(CallKind kind, std::uint32_t child) {
  TraceCall call;
  call.kind = kind;
  call.child = TaskNo{child};
  return call;
}

constexpr std::uint64_t base = 0x10000000;
constexpr std::uint32_t all = readable | writable;

void touch(Writer& writer, TaskNo task, std::uint64_t first, unsigned pages, unsigned times, unsigned kind = 1) {
  TaskBuffer* buffer = &writer.turn_to(task);
  for (unsigned n = 0; n < pages * times; ++n) {
    writer.make_room(*buffer);
    buffer->access(kind, first + n / times * 4096 + n % times * 8);
  }
}

/// A process that maps, touches, forks, clones, execs and waits.
std::string program(const Folder& folder, std::uint64_t at = base) {
  Writer writer(folder.file("p.mmt"), 1);
  const TaskNo main = writer.add_task(1, 1), child = writer.add_task(2, 2), thread = writer.add_task(3, 1);
  writer.turn_to(main);
  writer.call(made(CallKind::mmap, at, 32 * 4096, all));
  touch(writer, main, at, 32, 100);
  writer.call(of_child(CallKind::clone, 2));
  writer.call(of_child(CallKind::vfork, 1));
  touch(writer, thread, at, 8, 50);
  writer.call(made(CallKind::madvise, at, 8 * 4096, drops));
  touch(writer, thread, at, 8, 50, 0);
  writer.call({CallKind::exit});
  writer.turn_to(child);
  writer.call({CallKind::execve});
  writer.call(made(CallKind::mmap, at, 16 * 4096, all));
  touch(writer, child, at, 16, 60);
  TraceCall move = made(CallKind::mremap, at, 16 * 4096);
  move.to = at + 64 * 4096;
  move.to_length = 24 * 4096;
  writer.call(move);
  touch(writer, child, move.to, 24, 10);
  writer.call({CallKind::exit});
  writer.turn_to(main);
  writer.call(of_child(CallKind::wait, 1));
  writer.call(made(CallKind::mprotect, at, 16 * 4096, readable));
  touch(writer, main, at, 4, 1);
  writer.call(made(CallKind::munmap, at, 32 * 4096));
  writer.call({CallKind::exit});
  writer.finish(8);
  return folder.file("p.mmt");
}

std::string text(const std::string& file, const std::string& more = {}) {
  return "[workload]\nkind = 'trace'\nfile = '" + file + "'\n" + more;
}
std::uint64_t calls(const bench::Result& result, Call call) { return result.calls[static_cast<std::size_t>(call)]; }

workload::PlanEnvironment with_pages(unsigned shift, std::array<unsigned, 5> bits) {
  return {TableGeometry{PageShift{shift}, bits, 4}, 2, 1};
}

}  // namespace

TEST_CASE("A replay makes the recorded calls, the same with and without lookahead, on one to three cpus") {
  const Folder folder;
  const std::string file = program(folder);
  for (const std::uint32_t cpus : {1U, 2U, 3U})
    for (const char* rounds : {"", "rounds = 3"}) {
      const auto environment = sample::wide(cpus);
      const bench::Result on = bench::run_timed(sample::plan(text(file, rounds), environment), environment, true);
      const bench::Result off = bench::run_timed(sample::plan(text(file, rounds), environment), environment, false);
      INFO(cpus << rounds);
      CHECK(on.finished);
      CHECK(on.frames_missing == 0);
      CHECK(on.end == off.end);
      CHECK(on.world == off.world);
      CHECK(on.calls == off.calls);
      CHECK(on.privately > 3000);
      const std::uint64_t times = *rounds == '\0' ? 1 : 3;
      CHECK(calls(on, Call::clone) == 2 * times);
      CHECK(calls(on, Call::exec) == times + times - 1);
      // Between rounds both other tasks are reaped, and then looked for once more.
      CHECK(calls(on, Call::wait) == 2 * times + 4 * (times - 1));
      CHECK(calls(on, Call::mremap) == times);
      CHECK(calls(on, Call::dontneed) == times);
      CHECK(calls(on, Call::munmap) == times);
      CHECK(calls(on, Call::exit) == 2 * times + 1);
    }
}

TEST_CASE("A configuration's hash tells traces of one name apart") {
  const Folder folder;
  const auto hash = [&] { return sample::values(text(folder.file("p.mmt"))).config_hash(); };
  const std::string missing = hash();
  program(folder);
  const std::string one = hash();
  program(folder);
  CHECK(hash() == one);
  program(folder, base + 4096);
  CHECK(hash() != one);
  CHECK(one != missing);
}

TEST_CASE("Addresses beyond a small user space are relocated, and more windows than it has are refused") {
  const Folder folder;
  const auto environment = with_pages(12, {9, 7, 5, 4, 0});  // 37 bits
  const std::string file = program(folder, 0x7fff00000000);
  const bench::Result result = bench::run_timed(sample::plan(text(file), environment), environment, true);
  CHECK(result.finished);
  CHECK(calls(result, Call::mremap) == 1);
  Writer writer(folder.file("w.mmt"), 1);
  const TaskNo main = writer.add_task(1, 1);
  for (std::uint64_t n = 1; n < 300; ++n) touch(writer, main, n << 38, 1, 1);
  writer.finish(1);
  const std::string said = sample::problems(text(folder.file("w.mmt")), environment);
  CHECK(said.find("299 windows of 1 GiB, and user space has 128") !=
        std::string::npos);
}

TEST_CASE("Calls on parts of 64 KiB pages are rounded, or the trace is refused") {
  const Folder folder;
  Writer writer(folder.file("r.mmt"), 1);
  const TaskNo main = writer.add_task(1, 1);
  writer.turn_to(main);
  writer.call(made(CallKind::mmap, base + 4096, 40 * 4096, all));
  touch(writer, main, base + 4096, 40, 3);
  writer.call(made(CallKind::munmap, base + 8192, 38 * 4096));
  touch(writer, main, base + 4096, 1, 3);
  writer.finish(3);
  const auto environment = with_pages(16, {5, 9, 9, 9, 0});
  const std::string file = folder.file("r.mmt");
  const bench::Result result = bench::run_timed(sample::plan(text(file), environment), environment, true);
  CHECK(result.finished);
  CHECK(calls(result, Call::mmap) == 3);
  CHECK(calls(result, Call::munmap) == 1);
  CHECK(sample::problems(text(file, "parts = 'refuse'"), environment).find("not of whole pages of 65536") !=
        std::string::npos);
  CHECK(sample::problems(text(file, "parts = 'refuse'")).empty());
}

TEST_CASE("Traces that make no sense are refused with a message") {
  const Folder folder;
  const auto says = [&](const std::function<void(Writer&)>& write) {
    {
      Writer writer(folder.file("x.mmt"), 1);
      for (std::uint32_t n = 0; n < 3; ++n) writer.add_task(n, n);
      writer.turn_to(TaskNo{0});
      write(writer);
      writer.finish(1);
    }
    return sample::problems(text(folder.file("x.mmt")));
  };
  const auto has = [](const std::string& text, const char* part) { return text.find(part) != std::string::npos; };
  CHECK(has(says([](Writer& w) {
              w.call(of_child(CallKind::clone, 1));
              w.turn_to(TaskNo{1});
              w.call(of_child(CallKind::clone, 0));
            }), "tasks that create each other"));
  CHECK(has(says([](Writer& w) {
              w.call(of_child(CallKind::clone, 1));
              w.call(of_child(CallKind::fork, 1));
            }), "task 1 is created once more"));
  CHECK(has(says([](Writer& w) { w.call(of_child(CallKind::clone, 60000)); }), "more than 4096 tasks"));
  CHECK(has(says([](Writer& w) { w.call(made(CallKind::munmap, 0, std::uint64_t{1} << 50)); }), "munmap of"));
  CHECK(has(says([](Writer& w) {
              for (int n = 0; n < 5000; ++n) w.call({CallKind::execve});
            }), "in the block at byte 8 it comes to more than 4000 address spaces"));
  // A page more than 2^22, each loaded from once.
  CHECK(has(says([](Writer& w) {
              for (std::uint64_t part = 0; part < 4; ++part) touch(w, TaskNo{0}, base + (part << 32), 1U << 20, 1, 0);
              touch(w, TaskNo{0}, base + (std::uint64_t{4} << 32), 1, 1, 0);
            }), "it comes to more than 4194304 pages touched and stored to"));
  // 2,049 copies of 8,192 pages.
  CHECK(has(says([](Writer& w) {
              touch(w, TaskNo{0}, base, 8192, 1);
              for (std::uint32_t n = 3; n < 2052; ++n) w.call(of_child(CallKind::fork, n));
            }), "its address spaces have more than 16777216 pages together"));
  CHECK(has(says([](Writer& w) { w.call(of_child(CallKind::wait, 2)); }), "a wait for task 2, which nobody creates"));
  CHECK(has(says([](Writer&) {}), "holds no task"));
  CHECK(has(sample::problems(text("/nowhere.mmt")), "cannot be read"));
  CHECK(has(sample::problems("[workload]\nkind = 'trace'\n"), "a trace has a `workload.file`"));
  CHECK(has(sample::problems("[workload]\nkind = 'unmap'\nfile = 'a'\n"), "`workload.file` is for traces"));
}
