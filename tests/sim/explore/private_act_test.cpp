// SPDX-License-Identifier: MIT
// Acts of a device that nobody could tell are no moves of their own: a tlbie that reaches a core on which nobody will
// look up anything. Where somebody will, they stay.
#include "tests/support/patience.h"
#include "tests/sim/explore/small_systems.h"
#include "tests/support/catch.h"

using namespace mmulab;
using namespace mmulab::test;

namespace {

/// Cpu 1 stores to a clean page, which takes a tlbie, while cpu 0 does this.
config::Values store_against(const std::string& task) {
  return small_system("machine = 'ppc64-tiny'\nkernel = '2.6.22'\nstrategy = 'ppc64-2.6.22'\n[workload]\n"
                      "kind = 'script'\n[[workload.region]]\nname = 'f'\nkind = 'file_shared'\npages = 1\n"
                      "[[workload.task]]\nname = 'other'\ncpu = 0\n" +
                      task +
                      "[[workload.task]]\nname = 'writer'\ncpu = 1\nwarmup = ['load f']\nops = ['store f']\n");
}

config::Values unmap_against_store() { return store_against("mm = 1\nops = ['unmap_mapping f']\n"); }

struct Arrivals {
  std::size_t on_first_core = 0;
  std::size_t on_second_core = 0;
};

/// Moves of the bus in all states.
Arrivals arrivals(const config::Values& values) {
  Arrivals seen;
  visit_moves(values, [&](Cursor&, const Move& move) {
    if (move.decision.kind == Decision::Kind::device)
      ++(move.decision.value % 2 == 0 ? seen.on_first_core : seen.on_second_core);
  });
  return seen;
}

SearchWay every_step() {
  SearchWay way;
  way.cursor = CursorOptions::plain();
  return way;
}

}  // namespace

TEST_CASE("A tlbie reaches the core that looks up nothing at once, and the others when it likes") {
  if (searching_takes_too_long()) return;
  const Arrivals idle = arrivals(unmap_against_store());
  CHECK(idle.on_first_core == 0);
  CHECK(idle.on_second_core > 0);
  const Arrivals busy = arrivals(store_against("warmup = ['load f']\nops = ['load f']\n"));
  CHECK(busy.on_first_core > 0);
}

TEST_CASE("Arrivals that are no moves lose no end and no violation") {
  if (searching_takes_too_long()) return;
  const config::Values values = unmap_against_store();
  const SearchResult all = exhaust(values, every_step());
  const SearchResult few = exhaust(values, SearchWay{});
  CHECK(all.end == SearchEnd::complete);
  CHECK(few.end == SearchEnd::complete);
  CHECK(all.final_states == few.final_states);
  CHECK(few.states * 4 < all.states);
}
