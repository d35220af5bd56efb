// SPDX-License-Identifier: MIT
// Declarations are exact. Over whole systems: every label that the library registers is seen, and a build that drops
// one declared item of one label aborts at the footprint check, for every item of every label. The observed items of
// one label are the most that any of its steps declares; a dropped item counts from the front, as it was declared.
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <string_view>

#include <fmt/format.h>

#include "sim/exec/mutation.h"
#include "sim/lab/run.h"
#include "sim/units/assert.h"
#include "tests/support/catch.h"
#include "tests/support/patience.h"
#include "tests/support/whole_systems.h"

#ifdef MMULAB_CHECK_FOOTPRINT
namespace mmulab {
namespace {

/// Labels that no assembled system reaches by a schedule of its own, each with the reason and the test that does.
const std::map<std::string_view, const char*> out_of_reach = {
    {"ppc64.pte_clear_young", "the kernel model has no page ageing; tests/models/ppc64/change_pte_test.cpp"},
    {"tagged.pte.young", "the kernel model has no page ageing; tests/models/tagged/port_test.cpp"},
    {"ppc64.set_pte_clears",
     "the kernel model never sets a pte over a present one; tests/models/ppc64/change_pte_test.cpp"},
    {"x86.invpcid_address",
     "an instruction that no protocol without PTI needs; tests/models/x86/invalidate_test.cpp"},
    {"x86.invpcid_context",
     "an instruction that no protocol without PTI needs; tests/models/x86/invalidate_test.cpp"},
    {"tsb.unlock_invalid",
     "a pte that dies within the 30 cycles of a TSB lock; tests/models/sparc64/tsb_test.cpp"},
    {"x86.speculate", "only the explorer lets TLBs act by themselves; tests/sim/explore/tlb_test.cpp"},
    {"x86.evict", "only the explorer lets TLBs act by themselves; tests/sim/explore/tlb_test.cpp"},
    {"ppc64.evict_copy", "only the explorer lets TLBs act by themselves; tests/sim/explore/tlb_test.cpp"},
    {"tagged.speculate", "only the explorer lets TLBs act by themselves; tests/sim/explore/tlb_test.cpp"},
    {"tagged.evict", "only the explorer lets TLBs act by themselves; tests/sim/explore/tlb_test.cpp"},
    {"clone.share_mm", "recordings alone clone; tests/workloads/trace/replay_test.cpp"},
    {"exec.change_mm", "recordings alone exec; tests/workloads/trace/replay_test.cpp"},
    {"wait.look_at_task", "recordings alone wait; tests/workloads/trace/replay_test.cpp"},
    {"wait.release_task", "recordings alone wait; tests/workloads/trace/replay_test.cpp"},
    {"fork.look_at_mm", "recordings alone begin again; tests/workloads/trace/replay_test.cpp"},
    {"exit.tell_waiter", "recordings alone wait; tests/workloads/trace/replay_test.cpp"},
    {"store_buffer.drain", "no system here delays stores; tests/sim/explore/memory_model_test.cpp"},
    {"gather.wait_for_flusher", "a fault of settling at insert, which deadlocks; tests/explore/strategy_twins.toml"},
    {"xcall.retry",
     "two senders that reach one target within its latch; tests/models/sparc64/cross_call_test.cpp"},
};

/// One label as the systems show it.
struct Seen {
  std::size_t items = 0;
  std::vector<std::size_t> systems;  ///< those that run such a step, by number
};
using Observation = std::map<const Label*, Seen>;

/// To its end, whatever its verdict.
void run_system(const test::WholeSystem& system) {
  static_cast<void>(lab::run(system.values, system.name, {}));
}

Observation observe(const std::vector<test::WholeSystem>& systems) {
  Observation seen;
  for (std::size_t s = 0; s < systems.size(); ++s) {
    observe_declarations([&](const Label& label, std::size_t items) {
      Seen& entry = seen[&label];
      entry.items = std::max(entry.items, items);
      if (entry.systems.empty() || entry.systems.back() != s) entry.systems.push_back(s);
    });
    run_system(systems[s]);
  }
  observe_declarations(nullptr);
  return seen;
}

/// Drops the item and runs the systems that take such a step, until one aborts: exit code 4.
[[noreturn]] void run_without(const Label& label, std::size_t item, const Seen& seen,
                              const std::vector<test::WholeSystem>& systems) {
  if (freopen("/dev/null", "w", stderr) == nullptr || freopen("/dev/null", "w", stdout) == nullptr) _exit(99);
  drop_declared_item(label, item);
  for (const std::size_t s : seen.systems) run_system(systems[s]);
  _exit(0);
}

/// Mutants as child processes, two at a time.
class Mutants {
 public:
  template <class Run>
  void start(const std::string& name, const Run& run) {
    if (running_.size() == 2) collect();
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) run();
    running_[child] = name;
  }
  /// The names of those that did not abort.
  std::vector<std::string> survivors() {
    while (!running_.empty()) collect();
    return survivors_;
  }
  [[nodiscard]] std::size_t aborted() const { return aborted_; }

 private:
  void collect() {
    int status = 0;
    const pid_t child = wait(&status);
    const auto ended = running_.find(child);
    if (ended == running_.end()) return;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 4)
      ++aborted_;
    else
      survivors_.push_back(fmt::format("{}: status {:#x}", ended->second, status));
    running_.erase(ended);
  }
  std::map<pid_t, std::string> running_;
  std::vector<std::string> survivors_;
  std::size_t aborted_ = 0;
};

TEST_CASE("Every label of the library is seen in some system, unless it is known why not") {
  const Observation seen = observe(test::whole_systems());
  for (const Label* label : Label::all()) {
    INFO(label->name());
    CHECK(seen.count(label) + out_of_reach.count(label->name()) == 1);
  }
}

TEST_CASE("A build that drops one declared item of one label aborts, for every item of every label") {
  const std::vector<test::WholeSystem> systems = test::whole_systems();
  const Observation seen = observe(systems);
  Mutants mutants;
  // What a mutant does to memory, every other one does, too.
  const std::size_t every = test::repetitions<std::size_t>(1, 10);
  std::size_t number = 0;
  for (const Label* label : Label::all()) {
    const auto found = seen.find(label);
    if (found == seen.end()) continue;
    for (std::size_t item = 0; item < found->second.items; ++item) {
      if (number++ % every != 0) continue;
      mutants.start(fmt::format("{} without item {}", label->name(), item),
                    [&] { run_without(*label, item, found->second, systems); });
    }
  }
  const std::vector<std::string> survivors = mutants.survivors();
  for (const std::string& survivor : survivors) FAIL_CHECK(survivor);
  CHECK(mutants.aborted() > 400 / every);
}

}  // namespace
}  // namespace mmulab
#endif
