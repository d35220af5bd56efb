// SPDX-License-Identifier: MIT
// Plans on the real kernel: the limits are enough, programs do what their operations say, and running ahead is
// impossible to tell from making every access.
#include <filesystem>

#include "tests/support/catch.h"
#include "tests/workloads/bench.h"

using namespace mmulab;
using namespace mmulab::workload;

namespace {

const std::string presets = MMULAB_SOURCE_DIR "/configs/workloads";

Plan preset(const std::string& file, const PlanEnvironment& environment) {
  return make_plan(config::load_preset_file(sample::schema(), "workloads", presets + "/" + file), environment);
}

void check_clean(const bench::Result& result) {
  CHECK(result.finished);
  CHECK(result.frames_missing == 0);
}

std::uint64_t calls(const bench::Result& result, Call call) {
  return result.calls[static_cast<std::size_t>(call)];
}

const std::string script = "[workload]\nkind = 'script'\n";

}  // namespace

TEST_CASE(
    "Every shipped workload runs to its end on one, two and three cpus, the same with and without lookahead") {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(presets)) {
    const std::string file = entry.path().filename().string();
    INFO(file);
    // Races name their cpus, and kernels that can do what they ask: tests/explore/matrix_test.py runs them.
    if (file.rfind("race-", 0) == 0) continue;
    ++files;
    for (const std::uint32_t cpus : {1U, 2U, 3U}) {
      const auto environment = sample::wide(cpus);
      // With fewer cpus than callers a warm-up cannot end; those files say threads themselves.
      const bench::Result on = bench::run_timed(preset(file, environment), environment, true);
      const bench::Result off = bench::run_timed(preset(file, environment), environment, false);
      check_clean(on);
      CHECK(on.end == off.end);
      CHECK(on.world == off.world);
      CHECK(on.calls == off.calls);
      CHECK(off.privately == 0);
    }
  }
  CHECK(files == 8);
}

TEST_CASE("Tiny workloads finish in whatever order their steps come") {
  for (const char* file : {"unmap-tiny.toml", "fork-tiny.toml", "mprotect-tiny.toml", "mixed-tiny.toml"}) {
    INFO(file);
    const auto environment = std::string(file) == "mixed-tiny.toml" ? sample::wide(2) : sample::tiny(2);
    for (std::uint64_t seed = 0; seed < 40; ++seed)
      check_clean(bench::run_explored(preset(file, environment), environment, seed));
  }
}

TEST_CASE("The mixed preset makes every call there is") {
  const auto environment = sample::wide(2);
  const bench::Result result = bench::run_timed(preset("mixed.toml", environment), environment, true);
  for (const Call call : {Call::munmap, Call::exit, Call::dontneed, Call::zero_read, Call::unmap_mapping,
                          Call::fork, Call::mprotect, Call::mmap, Call::fault}) {
    INFO(static_cast<int>(call));
    CHECK(calls(result, call) > 0);
  }
  // 4 rounds, 2 sizes, 2 callers.
  CHECK(calls(result, Call::dontneed) == 16);
  CHECK(calls(result, Call::fork) == 16);
}

TEST_CASE("A program performs each operation as often as its loops and rounds say") {
  const std::string text = script + R"(
[[workload.region]]
name = 'heap'
pages = 8
[[workload.region]]
name = 'spare'
pages = 4
mapped = false
[[workload.region]]
name = 'data'
pages = 4
kind = 'file_shared'
[[workload.task]]
name = 'a'
cpu = 0
rounds = 3
ops = ['store heap', 'repeat 2 { dontneed heap by 4; zero_read heap[0..3] }', 'mmap spare', 'store spare',
       'munmap spare by 2', 'load data', 'unmap_mapping data[1..2]', 'mprotect heap rx', 'fetch heap+1',
       'mprotect heap rw', 'fork c', 'yield', 'think 10', 'delay 20', 'barrier x', 'repeat 2 { }', 'exit',
       'munmap heap']
[[workload.task]]
name = 'b'
cpu = 1
ops = ['repeat 1 { barrier x }']
[[workload.task]]
name = 'c'
cpu = 1
ops = ['store heap', 'access heap 50 chase 20% x 3']
)";
  const auto environment = sample::wide(2);
  // `exit` ends the first round already, so the barrier is met once; the plan cannot know.
  const std::string once =
      text.substr(0, text.find("rounds = 3")) + text.substr(text.find("ops = ['store heap', 'repeat"));
  CHECK_THAT(sample::problems(text), Catch::Contains("3 times, `b` 1 times"));
  const bench::Result result = bench::run_timed(sample::plan(once, environment), environment, true);
  check_clean(result);
  CHECK(calls(result, Call::dontneed) == 4);
  CHECK(calls(result, Call::zero_read) == 2);
  CHECK(calls(result, Call::mmap) == 1);
  CHECK(calls(result, Call::munmap) == 2);
  CHECK(calls(result, Call::unmap_mapping) == 1);
  CHECK(calls(result, Call::mprotect) == 2);
  CHECK(calls(result, Call::fork) == 1);
  CHECK(calls(result, Call::exit) == 3);
}

TEST_CASE("A child forked in a loop starts anew each time, and its own children, too") {
  const std::string text = script + R"(
[[workload.region]]
name = 'heap'
pages = 2
[[workload.task]]
name = 'a'
cpu = 0
ops = ['store heap', 'repeat 3 { fork b; store heap }']
[[workload.task]]
name = 'b'
cpu = 1
ops = ['store heap', 'fork c', 'fork c']
[[workload.task]]
name = 'c'
cpu = 0
ops = ['load heap', 'store heap+1']
)";
  const Plan plan = sample::plan(text);
  std::vector<std::string> names;
  for (const auto& task : plan.tasks) names.push_back(task.name);
  CHECK(names == std::vector<std::string>{"a", "b.0", "b.1", "b.2", "c.0", "c.1", "c.2", "c.3", "c.4", "c.5"});
  CHECK(plan.mms.size() == 10);
  CHECK(plan.mms[4 + 2].parent == MmId{2});  // c.2 is the first child of b.1, whose mm is 2
  CHECK(plan.page_name(MmId{6}, plan.regions[0].first + Pages{1}) == "heap+1");
  const auto environment = sample::wide(2);
  const bench::Result result = bench::run_timed(sample::plan(text), environment, true);
  check_clean(result);
  CHECK(calls(result, Call::fork) == 3 + 6);
  CHECK(calls(result, Call::exit) == 10);
}

TEST_CASE("The measured phase begins once, when the last task is through its warm-up") {
  const std::string text = script + R"(
[[workload.region]]
name = 'heap'
pages = 8
[[workload.task]]
name = 'a'
cpu = 0
warmup = ['delay 50000']
ops = ['load heap']
[[workload.task]]
name = 'b'
cpu = 1
ops = ['load heap']
)";
  const auto environment = sample::wide(2);
  const bench::Result result = bench::run_timed(sample::plan(text), environment, true);
  check_clean(result);
  CHECK(result.measured == 1);
  CHECK(result.measured_at > Cycle{50000});
  CHECK(result.measured_at < Cycle{52000});
  CHECK(bench::run_timed(preset("unmap-tiny.toml", environment), environment, true).measured == 0);
}

TEST_CASE("Tasks that share cpus warm up in turn, and the measured phase begins when the last of them is through") {
  const std::string text = script + R"(
[[workload.region]]
name = 'heap'
pages = 8
[[workload.task]]
name = 'a'
cpu = 0
warmup = ['store heap', 'yield']
ops = ['load heap']
[[workload.task]]
name = 'b'
cpu = 0
warmup = ['delay 50000']
ops = ['dontneed heap']
[[workload.task]]
name = 'c'
cpu = 1
ops = ['load heap']
[[workload.task]]
name = 'd'
cpu = 1
warmup = ['sleep go']
ops = ['load heap']
[[workload.task]]
name = 'e'
cpu = 0
warmup = ['wake go']
ops = ['load heap']
)";
  const auto environment = sample::wide(2);
  const bench::Result on = bench::run_timed(sample::plan(text), environment, true);
  const bench::Result off = bench::run_timed(sample::plan(text), environment, false);
  check_clean(on);
  CHECK(on.end == off.end);
  CHECK(on.world == off.world);
  CHECK(on.measured == 1);
  CHECK(on.measured_at > Cycle{50000});
  CHECK(calls(on, Call::exit) == 5);
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const bench::Result explored = bench::run_explored(sample::plan(text), environment, seed);
    check_clean(explored);
    CHECK(explored.measured == 1);
  }
}

TEST_CASE("A barrier holds everyone until the last has come, round after round") {
  const std::string text = script + R"(
rounds = 5
[[workload.region]]
name = 'heap'
pages = 1
[[workload.task]]
name = 'slow'
cpu = 0
ops = ['delay 10000', 'barrier go']
[[workload.task]]
name = 'fast'
cpu = 1
ops = ['barrier go', 'yield']
)";
  const auto environment = sample::wide(2);
  const bench::Result result = bench::run_timed(sample::plan(text), environment, true);
  CHECK(result.finished);
  CHECK(result.end > Cycle{50000});
  CHECK(result.end < Cycle{70000});
}

TEST_CASE("Accesses that somebody awaits are left to the fiber, and nothing else changes") {
  struct Watcher : AccessWatcher {
    explicit Watcher(std::uint64_t of) : one_of(of) {}
    bool awaits(CpuId, MmId, VirtPage page) const override { return page.raw() % one_of == 0; }
    std::uint64_t one_of;
  };
  const std::string text =
      "[workload]\nkind = 'unmap'\nthreads = 2\nbystanders = 1\npages = 300\nvisits = 5000\n"
      "touches_per_page = 3\nstore_percent = 40\npattern = 'uniform'\n";
  const auto environment = sample::wide(3);
  const Watcher every(1), fourth(4);
  const bench::Result free = bench::run_timed(sample::plan(text), environment, true);
  const bench::Result some = bench::run_timed(sample::plan(text), environment, true, &fourth);
  const bench::Result none = bench::run_timed(sample::plan(text), environment, true, &every);
  for (const bench::Result* watched : {&some, &none}) {
    CHECK(watched->end == free.end);
    CHECK(watched->world == free.world);
  }
  CHECK(none.privately == 0);
  // A quarter less at least: nobody runs past a step that is due.
  CHECK(some.privately > 0);
  CHECK(some.privately < free.privately * 3 / 4);
}

TEST_CASE("Long streams are made by running ahead, and change nothing") {
  for (const char* pattern : {"sequential", "uniform", "zipf", "chase"}) {
    const std::string text =
        "[workload]\nkind = 'unmap'\nthreads = 2\nbystanders = 1\npages = 300\nvisits = 20000\n"
        "touches_per_page = 3\nstore_percent = 40\nrounds = 2\npattern = '" +
        std::string(pattern) + "'\n";
    INFO(pattern);
    const auto environment = sample::wide(3);
    const bench::Result on = bench::run_timed(sample::plan(text), environment, true);
    const bench::Result off = bench::run_timed(sample::plan(text), environment, false);
    check_clean(on);
    CHECK(on.end == off.end);
    CHECK(on.world == off.world);
    // Of 360000 accesses; the others fault, fetch a line, or are made while another cpu is in the kernel.
    CHECK(on.privately > 100000);
  }
}
