// SPDX-License-Identifier: MIT
// TLBs that act by themselves (check.tlb): what only speculation or eviction shows is seen, by moves and by the may-set
// alike; what is safe stays so; and neither keeps a system going that has come to its end.
#include <algorithm>

#include "sim/config/diagnostic.h"
#include "sim/config/load.h"
#include "sim/lab/schema.h"
#include "tests/support/patience.h"
#include "tests/sim/explore/small_systems.h"
#include "tests/support/catch.h"

using namespace mmulab;
using namespace mmulab::test;

namespace {

const char* const tlbs[] = {"on-demand", "explicit", "may-set"};

config::Values with_tlb(const std::string& text, const std::string& tlb) {
  return small_system(text + "[check]\ntlb = '" + tlb + "'\n");
}

/// Where devices need never act, every step is taken by itself.
SearchWay way_of(const std::string& tlb) {
  SearchWay way;
  if (tlb == "explicit") way.cursor = CursorOptions::plain();
  return way;
}

bool violates(const SearchResult& result, const char* invariant, const char* class_id) {
  return std::any_of(result.counterexamples.begin(), result.counterexamples.end(), [&](const Counterexample& c) {
    return c.violation.invariant == invariant && c.violation.class_id == class_id;
  });
}

// The other cpu has loaded the mm's root and never accessed anything: it has walked only by speculation. Then it runs a
// kernel thread, lazily, while the tables are freed.
std::string borrowed_tables(const char* freed_tables_reach_lazy) {
  return std::string(R"(
strategy = 'linux-modern'
invariants = ['table-alive']
[machine]
preset = 'x86-tiny'
table_bits = [2, 2]
[kernel]
preset = 'modern'
x86.freed_tables_reach_lazy = )") + freed_tables_reach_lazy + R"(
[workload]
kind = 'script'
[[workload.region]]
name = 'heap'
pages = 1
[[workload.task]]
name = 'unmapper'
cpu = 0
ops = ['load heap', 'munmap heap']
[[workload.task]]
name = 'other'
cpu = 1
ops = ['yield']
[[workload.task]]
name = 'kworker'
cpu = 1
kthread = true
ops = ['yield']
)";
}

// The page is zapped while the other cpu, which has not touched it for a while, only computes.
std::string early_free(const char* machine, const char* when) {
  return std::string("machine = '") + machine +
         "'\nkernel = 'modern'\n[strategy]\npreset = 'linux-modern'\nfree_pages = '" + when + R"('
[workload]
kind = 'script'
[[workload.region]]
name = 'heap'
pages = 1
[[workload.task]]
name = 'unmapper'
cpu = 0
warmup = ['store heap']
ops = ['dontneed heap', 'store heap']
[[workload.task]]
name = 'other'
cpu = 1
ops = ['load heap']
)";
}

TEST_CASE("A lazy cpu that only speculates into freed tables is seen if TLBs act by themselves") {
  if (searching_takes_too_long()) return;
  for (const std::string tlb : tlbs) {
    CAPTURE(tlb);
    const SearchResult broken = find(with_tlb(borrowed_tables("false"), tlb), way_of(tlb));
    CHECK(violates(broken, "table-alive", "cached") == (tlb != "on-demand"));
    if (tlb == "explicit") continue;  // its proof is the nightly comparison's
    const SearchResult fixed = find(with_tlb(borrowed_tables("true"), tlb), {});
    CHECK(fixed.end == SearchEnd::complete);
    CHECK(fixed.counterexamples.empty());
  }
}

TEST_CASE("A page freed before the flush is seen whatever plays the TLB, and freed after it is safe") {
  if (searching_takes_too_long()) return;
  for (const char* machine : {"x86-tiny", "tagged-tiny"})
    for (const std::string tlb : {"on-demand", "may-set"}) {
      CAPTURE(machine, tlb);
      CHECK_FALSE(find(with_tlb(early_free(machine, "immediately"), tlb), {}).counterexamples.empty());
      const SearchResult fixed = find(with_tlb(early_free(machine, "after-flush"), tlb), {});
      CHECK(fixed.end == SearchEnd::complete);
      CHECK(fixed.counterexamples.empty());
    }
}

TEST_CASE("What TLBs do by themselves neither hides a deadlock nor keeps a system from its end") {
  if (searching_takes_too_long()) return;
  const std::string loads = R"(
kernel = 'modern'
strategy = 'linux-modern'
[machine]
preset = 'x86-tiny'
table_bits = [2, 2]
)" + heap_script(1, {"ops = ['load heap']"});
  for (const std::string tlb : tlbs) {
    CAPTURE(tlb);
    const SearchResult result = exhaust(with_tlb(loads, tlb), way_of(tlb));
    CHECK(result.end == SearchEnd::complete);
    CHECK(result.counterexamples.empty());
    CHECK_FALSE(result.final_states.empty());
  }
}

// The whole region is unmapped before anything is flushed.
std::string unmaps(unsigned pages) {
  return "machine = 'x86-tiny'\nkernel = 'modern'\nstrategy = 'linux-modern'\n" +
         heap_script(pages, {"warmup = ['store heap']\nops = ['munmap heap']"});
}

TEST_CASE("More than the may-set has room for is a limit and no proof") {
  if (searching_takes_too_long()) return;
  CHECK(find(with_tlb(unmaps(8), "may-set"), {}).end == SearchEnd::complete);
  for (const Engine engine : {Engine::dfs, Engine::bfs, Engine::dpor}) {
    SearchWay way;
    way.engine = engine;
    const SearchResult result = find(with_tlb(unmaps(40), "may-set"), way);
    CHECK(result.end == SearchEnd::room);
    CHECK(result.room_cut != 0);
    CHECK(result.room.find("check.tlb") != std::string::npos);
  }
}

TEST_CASE("ppc64: a copy that is forgotten is looked up again, and everything stays in order") {
  if (searching_takes_too_long()) return;
  const std::string loads = R"(
machine = 'ppc64-tiny'
kernel = '2.6.22'
strategy = 'ppc64-2.6.22'
)" + heap_script(1, {"warmup = ['load heap']\nops = ['load heap']"});
  const SearchResult on_demand = exhaust(with_tlb(loads, "on-demand"), way_of("explicit"));
  const SearchResult evicting = exhaust(with_tlb(loads, "explicit"), way_of("explicit"));
  CHECK(evicting.end == SearchEnd::complete);
  CHECK(evicting.counterexamples.empty());
  CHECK(evicting.states > on_demand.states);
  const SearchResult may_set = exhaust(with_tlb(loads, "may-set"), way_of("may-set"));
  CHECK(may_set.end == SearchEnd::complete);
  CHECK(may_set.counterexamples.empty());
  CHECK(may_set.states < evicting.states);
}

TEST_CASE("Who flushes an mm first and takes it down afterwards is safe but for walks that nobody asks for") {
  const char* const file = MMULAB_SOURCE_DIR "/configs/bugs/e38-flush-first/broken.toml";
  // What is recorded pte by pte is there to be flushed later.
  CHECK_THROWS_WITH(config::load_file(lab::schema(), file, {"strategy.recorder=batch"}),
                    Catch::Contains("would never be flushed"));
  if (searching_takes_too_long()) return;
  for (const std::string tlb : tlbs) {
    CAPTURE(tlb);
    const SearchResult broken = find(config::load_file(lab::schema(), file, {"check.tlb=" + tlb}), way_of(tlb));
    const bool told = violates(broken, "table-alive", "cached") || violates(broken, "table-alive", "walked");
    CHECK(told == (tlb != "on-demand"));
  }
}

TEST_CASE("TLBs that software fills do not speculate, others do whatever the memory model") {
  const auto tiny = [](const char* machine, const char* kernel, const char* strategy, const char* check) {
    return small_system(std::string("machine = '") + machine + "'\nkernel = '" + kernel + "'\nstrategy = '" + strategy +
                        "'\n[workload]\nkind = 'script'\n[[workload.region]]\nname = 'heap'\npages = 1\n"
                        "[[workload.task]]\nname = 'one'\ncpu = 0\nops = ['load heap']\n[check]\n" + check);
  };
  CHECK_THROWS_AS(tiny("sparc64-tiny", "2.6.22", "sparc64-2013", "tlb = 'may-set'"), config::Error);
  CHECK_NOTHROW(tiny("ppc64-tiny", "2.6.22", "ppc64-2.6.22", "tlb = 'may-set'"));
  CHECK_THROWS_AS(tiny("skylake", "modern", "linux-modern", "tlb = 'explicit'"), config::Error);
  for (const char* tlb : {"explicit", "may-set"})
    for (const char* memory : {"tso", "pso"})
      CHECK_NOTHROW(tiny("x86-tiny", "modern", "linux-modern",
                         ("tlb = '" + std::string(tlb) + "'\nmemory = '" + memory + "'").c_str()));
}

}  // namespace
