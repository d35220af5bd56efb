// SPDX-License-Identifier: MIT
// What is told of each step and of the whole: the locks that are held, from where to where the window is
// open, and what translated before and after.
#include <algorithm>

#include <fmt/format.h>

#include "sim/lab/check.h"
#include "tests/sim/explore/small_systems.h"
#include "tests/support/catch.h"
#include "tests/support/patience.h"

using namespace mmulab;
using namespace mmulab::test;

namespace {

const ToldEntry* entry_of(const ToldCounterexample& told, const std::string& where) {
  for (const ToldTable& table : told.tables)
    for (const ToldEntry& entry : table.entries)
      if (entry.where == where) return &entry;
  return nullptr;
}

ToldCounterexample first_of(const std::string& text) {
  const CheckResult result = lab::check(small_system(text), "small.toml", lab::CheckControl{});
  REQUIRE_FALSE(result.counterexamples.empty());
  return result.counterexamples.front();
}

/// One schedule, whoever comes first at each step, up to its end, as `replay` tells it.
ToldCounterexample told_run(const std::string& text) {
  const config::Values values = small_system(text);
  Schedule schedule;
  lab::ExploredSystem explored(values, OnViolation::count);
  Cursor cursor(explored, CursorOptions::plain());
  std::vector<Move> possible;
  for (cursor.list(possible); !possible.empty(); cursor.list(possible)) {
    const MoveInfo info = cursor.info(possible.front());
    ScheduledStep step;
    step.move = possible.front();
    Decision& decision = step.move.decision;
    if (decision.kind == Decision::Kind::device)
      decision.agent = AgentId{decision.agent.raw() - explored.host().cpus()};
    step.label = info.label == nullptr ? "interrupt" : std::string(info.label->name());
    schedule.steps.push_back(step);
    cursor.push(possible.front());
  }
  return lab::replay(values, "small.toml", schedule, "s.txt", 0).counterexamples.front();
}

std::string alone(const std::string& machine, const std::string& region, const std::string& task) {
  return machine +
         "[workload]\nkind = 'script'\n[[workload.region]]\nname = "
         "'heap'\npages = 1\n" +
         region + "\n[[workload.task]]\nname = 'a'\ncpu = 0\n" + task + "\n";
}

bool holds(const ToldStep& step, const std::string& lock) {
  return std::find(step.locks.begin(), step.locks.end(), lock) != step.locks.end();
}
std::size_t times_held(const ToldCounterexample& told, const std::string& lock) {
  return static_cast<std::size_t>(
      std::count_if(told.steps.begin(), told.steps.end(), [&](const ToldStep& s) { return holds(s, lock); }));
}
bool ends_with(const std::string& label, const std::string& end) {
  return label.size() > end.size() && label.compare(label.size() - end.size(), end.size(), end) == 0;
}

/// A spinlock's step says its class: it has come after `X.lock`, and is gone after `X.unlock`. Others change nothing,
/// but for a switch to another task, over which the run queue's is handed.
void check_spinlocks(const ToldCounterexample& told) {
  std::vector<std::string> before;
  for (const ToldStep& step : told.steps) {
    if (step.task != "a") continue;
    const auto of_class = [&](const std::string& suffix) {
      const std::string name = step.label.substr(0, step.label.size() - suffix.size());
      return [name](const std::string& lock) { return lock.compare(0, name.size(), name) == 0; };
    };
    const auto count = [&](const auto& which, const std::vector<std::string>& locks) {
      return std::count_if(locks.begin(), locks.end(), which);
    };
    if (ends_with(step.label, ".lock") && step.label != "page.lock") {
      CHECK(count(of_class(".lock"), step.locks) == count(of_class(".lock"), before) + 1);
    } else if (ends_with(step.label, ".unlock") && step.label != "page.unlock") {
      CHECK(count(of_class(".unlock"), step.locks) == count(of_class(".unlock"), before) - 1);
    } else if (step.label != "sched.switch" && step.label.find("sem.") == std::string::npos &&
               step.label.find("page") == std::string::npos) {
      CHECK(step.locks == before);
    }
    before = step.locks;
  }
  CHECK(before.empty());
}

const std::string x86 = "machine = 'x86-tiny'\nkernel = 'modern'\nstrategy = 'linux-modern'\n";

const ToldStep* step_of(const ToldCounterexample& told, const std::string& label, int lane) {
  const auto found = std::find_if(told.steps.begin(), told.steps.end(),
                                  [&](const ToldStep& s) { return s.label == label && s.lane == lane; });
  return found == told.steps.end() ? nullptr : &*found;
}

const std::string refault = "machine = 'ppc64-tiny'\nkernel = '2.6.20'\nstrategy = 'ppc64-2.6.20'\n" +
                            heap_script(1, {"warmup = ['load heap']\nops = ['zero_read heap']",
                                            "warmup = ['load heap']\nops = ['store heap']"});

/// Exhibit E05: the cross call goes before the TSB's entry dies, so the other cpu's miss finds that meanwhile.
const std::string stale_after_tsb =
    "machine = 'sparc64-tiny'\nstrategy = 'sparc64-2013'\n"
    "kernel = { preset = 'modern', sparc64 = { tsb_entries_first = 4, tsb_entries_max = 4, posted_entries = 4, "
    "flush_tsb_first = false } }\n" +
    alone("", "kind = 'file_shared'", "warmup = ['load heap']\nops = ['reclaim heap']") +
    "[[workload.task]]\nname = 'b'\ncpu = 1\nwarmup = ['load heap']\nops = ['load heap; load heap']\n";

}  // namespace

TEST_CASE("A fault holds mmap_sem for reading and its table's lock, munmap holds it for writing") {
  const ToldCounterexample fault = told_run(alone(x86, "", "ops = ['store heap']"));
  check_spinlocks(fault);
  CHECK(times_held(fault, "mmap_sem of mm 0 (read)") > 0);
  CHECK(times_held(fault, "ptl of table 2") > 0);
  CHECK(times_held(fault, "zone_lock") > 0);
  const ToldCounterexample unmap = told_run(alone(x86, "", "warmup = ['store heap']\nops = ['munmap heap']"));
  check_spinlocks(unmap);
  CHECK(times_held(unmap, "mmap_sem of mm 0 (write)") > 0);
  // Exit unmaps what is left with nobody beside it.
  for (const ToldStep& step : unmap.steps)
    CHECK_FALSE((holds(step, "mmap_sem of mm 0 (read)") && holds(step, "mmap_sem of mm 0 (write)")));
}

TEST_CASE("The page lock, i_mmap_lock and anon_vma_lock are told, by the page, the file, or as the only one") {
  const ToldCounterexample reclaim = told_run(alone(x86, "", "warmup = ['store heap']\nops = ['reclaim_anon heap']"));
  check_spinlocks(reclaim);
  // Frame 0 is the zero page; the heap's only page got the first free one.
  CHECK(times_held(reclaim, "page_lock of frame 1") > 0);
  CHECK(times_held(reclaim, "anon_vma_lock") > 0);
  CHECK(times_held(reclaim, "i_mmap_lock of file 0") == 0);
  const ToldCounterexample truncate =
      told_run(alone(x86, "kind = 'file_shared'\nfile = 'f'\n", "warmup = ['load heap']\nops = ['truncate f']"));
  check_spinlocks(truncate);
  CHECK(times_held(truncate, "i_mmap_lock of file 0") > 0);
  CHECK(times_held(truncate, "anon_vma_lock") == 0);
}

TEST_CASE("The window of a refault is open from the clearing of the pte to the second entry") {
  if (searching_takes_too_long()) return;
  const ToldCounterexample told = first_of(refault);
  REQUIRE(told.window.known());
  // zero_read clears the pte of its one page, which is hashed; the violation is the store that makes the other's entry
  // valid.
  CHECK(told.steps[told.window.opened - 1].label == "ppc64.pte_clear");
  CHECK(told.steps[told.window.opened - 1].lane == 0);
  CHECK(told.window.closed == told.steps.size());
  CHECK(told.steps.back().label == "ppc64.hash.insert_v");
  CHECK(told.race_first < told.race_second);
  // Each holds mmap_sem for reading; the table's lock is the one's when it clears, the other's when it inserts.
  const ToldStep* clears = step_of(told, "ppc64.pte_clear", 0);
  REQUIRE(clears != nullptr);
  CHECK(clears->locks == std::vector<std::string>{"mmap_sem of mm 0 (read)", "ptl of table 2"});
  const ToldStep* leaves = step_of(told, "ptl.unlock", 0);
  REQUIRE(leaves != nullptr);
  CHECK(leaves->locks == std::vector<std::string>{"mmap_sem of mm 0 (read)"});
  CHECK(told.steps.back().locks == std::vector<std::string>{"mmap_sem of mm 0 (read)", "ptl of table 2"});
}

TEST_CASE("A story counts in the steps that are shown, calls what came before them setup, and names words") {
  if (searching_takes_too_long()) return;
  const ToldCounterexample told = first_of(refault);
  REQUIRE(told.window.known());
  std::string story = told.violation.message;
  for (const std::string& line : told.violation.story) story += "\n" + line;
  INFO(story);
  const auto says = [&](const std::string& what) { return story.find(what) != std::string::npos; };
  // The two entries: the warmup's, and the one whose second word is the last step.
  CHECK(says("inserted at setup, cpu "));
  CHECK(says(fmt::format("inserted at step {}, cpu 1", told.steps.size())));
  CHECK(says("at ppc64.hpt["));
  CHECK_FALSE(says("word "));
  CHECK_FALSE(says("cycle "));
}

TEST_CASE("The story of a stale frame counts its pte's clearing as the window does") {
  if (searching_takes_too_long()) return;
  // Exhibit E05, whose frame is freed while another cpu's TLB translates to it.
  const ToldCounterexample told = first_of(stale_after_tsb);
  REQUIRE(told.window.known());
  std::string story;
  for (const std::string& line : told.violation.story) story += "\n" + line;
  INFO(story);
  CHECK(story.find(fmt::format("pte cleared at step {}, cpu 0", told.window.opened)) != std::string::npos);
  CHECK(story.find("mapped at setup, cpu ") != std::string::npos);
  CHECK(told.violation.cycle == Cycle{told.steps.size()});
}

TEST_CASE("A schedule that shows nothing has no window") {
  const ToldCounterexample told = told_run(alone(x86, "", "ops = ['store heap']"));
  CHECK(told.violation.invariant.empty());
  CHECK_FALSE(told.window.known());
}

TEST_CASE("The tables of a refault: the pte has changed, the old entry and its copies have not, the new one is new") {
  if (searching_takes_too_long()) return;
  const ToldCounterexample told = first_of(refault);
  CHECK(told.tables_before == told.window.opened);
  REQUIRE(told.tables.size() == 1);
  CHECK(told.tables.front().what == "page 0x4 of mm 0");
  // Both have read: the zero page, frame 0, is mapped read-only. PRESENT | USER | COHERENT | ACCESSED | HASHPTE.
  const ToldEntry* pte = entry_of(told, "pte[2].0");
  REQUIRE(pte != nullptr);
  CHECK(pte->before == "0x513: frame 0, PRESENT USER ACCESSED HASHPTE");
  // The store's fault has mapped frame 1 and is in the middle of hashing it: RPN 1 << 17, RW, DIRTY, BUSY.
  CHECK(pte->after == "0x20f93: frame 1, PRESENT USER RW DIRTY ACCESSED BUSY HASHPTE");
  std::size_t kept = 0, added = 0;
  for (const ToldEntry& entry : told.tables.front().entries) {
    if (entry.where.find("ppc64.hpt[") != 0) continue;
    kept += entry.before == entry.after && entry.after.find("frame 0, r--, V") != std::string::npos;
    added += entry.before.empty() && entry.after.find("frame 1, rw-, V") != std::string::npos;
  }
  CHECK(kept == 1);
  CHECK(added == 1);
  const ToldEntry* copy = entry_of(told, "cpu 1 ppc64.tlb");
  REQUIRE(copy != nullptr);
  CHECK(copy->before == "frame 0, r--, tag 1");
  CHECK(copy->after == copy->before);
}

TEST_CASE("What reclaim has flushed is told as gone, the copy that came back as still there") {
  if (searching_takes_too_long()) return;
  const ToldCounterexample told = first_of(stale_after_tsb);
  const auto check = [&](const std::string& where, bool survives) {
    INFO(where);
    const ToldEntry* entry = entry_of(told, where);
    REQUIRE(entry != nullptr);
    CHECK_FALSE(entry->before.empty());
    CHECK(entry->after == (survives ? entry->before : ""));
  };
  // The page is 4, its entry the first of four.
  check("sparc64.tsb[0].0", false);
  check("cpu 0 sparc64.dtlb0", false);
  check("cpu 1 sparc64.dtlb0", true);
  const ToldEntry* pte = entry_of(told, "pte[2].0");
  REQUIRE(pte != nullptr);
  CHECK(pte->before == "0x80000000000027b0: frame 1, VALID PRESENT READ WRITE ACCESSED");
  CHECK(pte->after == "0x0");
}

TEST_CASE("Who is judged by no page, frame or table has no tables") {
  const ToldCounterexample told = told_run(alone(x86, "", "ops = ['store heap']"));
  CHECK(told.tables.empty());
}
