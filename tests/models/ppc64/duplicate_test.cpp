// SPDX-License-Identifier: MIT
// The duplicate hash entry: that it can be made, by which steps, and what two matching entries do to an access.
#include "tests/models/ppc64/ppc64_fixture.h"

namespace mmulab {
namespace {
using namespace ppc64;
using test::Ppc64Fixture;
using Status = AccessResult::Status;

/// do_page_fault by hand: a new page Y for `page`, PTL assumed held.
void refault(Ppc64Fixture& f, Context& ctx, std::uint64_t page, Cell<Pte> at, std::uint64_t frame) {
  const Pte y = Ppc64Fixture::pte_of(frame, Ppc64Fixture::rw);
  f.change(ctx, page, at, PteAction::set, y);
  f.port.update_mmu_cache(ctx, MmId{0}, VirtPage{page}, y, AccessKind::store);
}

/// D1: cpu 0 clears the pte of a page that cpu 1 has read; cpu 1 stores before cpu 0 flushes, or after.
std::size_t entries_after_refault(bool flush_first, bool tombstones) {
  Ppc64Fixture f(test::tiny_params());
  f.port.set_tombstones(tombstones ? Port::Tombstones::kept : Port::Tombstones::none);
  const auto at = f.map_page(1, 5, Ppc64Fixture::ro);
  bool faulted = false;
  f.explore({[&](Context& ctx) {
               const Pte old = f.change(ctx, 1, at, PteAction::clear);
               f.note(0, 1, old);
               f.port.invalidate(ctx, f.entries(1));
             },
             [&](Context& ctx) {
               f.touch(ctx, 1, AccessKind::load);
               faulted = f.touch(ctx, 1, AccessKind::store).status == Status::fault;
               refault(f, ctx, 1, at, 9);
             }});
  f.step_to(1, "ppc64.dsi");
  f.step(1);
  f.step_to(1, "ppc64.erat_hit");  // the load is done, the store is next
  f.step_to(0, "irq.disable");     // the pte is clear, the flush pending
  CHECK(f.matches(1).size() == 1);
  if (flush_first) f.finish(0);
  f.finish(1);
  CHECK(faulted);
  const std::size_t entries = f.matches(1).size();
  if (!flush_first) f.finish(0);
  // The new entry may lie in the old one's slot, and then the flush takes it away (D3): harmless, the pte stays.
  for (const std::uint64_t slot : f.matches(1))
    CHECK(Hpte{1, f.world.load(f.port.hpt().r(slot))}.frame() == Frame{9});
  CHECK(f.matches(1).size() == (tombstones ? 0 : 1));
  return entries;
}
TEST_CASE("D1: a refault between the clear and its deferred flush makes a second entry") {
  CHECK(entries_after_refault(false, false) == 2);
}
TEST_CASE("D1 cannot happen when the flush comes before the refault") {
  CHECK(entries_after_refault(true, false) == 1);
}
TEST_CASE("D1 cannot happen when the slot of the cleared pte is remembered") {
  CHECK(entries_after_refault(false, true) == 1);
}

/// D2: cpu 0 upgrades a clean shared page; cpu 1's store is hashed between the commit and the flush.
std::size_t entries_after_upgrade(bool in_place, bool tombstones) {
  Ppc64Fixture f(test::tiny_params());
  f.port.set_modify_in_place(in_place);
  f.port.set_tombstones(tombstones ? Port::Tombstones::kept : Port::Tombstones::none);
  const auto at = f.map_page(1, 5, Ppc64Fixture::rw & ~page_dirty);
  f.explore({[&](Context& ctx) {
               const Pte old = f.change(ctx, 1, at, PteAction::modify_start);
               f.change(ctx, 1, at, PteAction::modify_commit, old.with(page_exec));
               f.note(0, 1, old);
               f.port.invalidate(ctx, f.entries(1));
             },
             [&](Context& ctx) {
               f.touch(ctx, 1, AccessKind::load);
               CHECK(f.touch(ctx, 1, AccessKind::store).status == Status::done);
             }});
  f.step_to(1, "ppc64.tlb_fill");
  f.step(1);
  f.step_to(0, "irq.disable");
  std::size_t most = 1;
  while (f.host_explored->pending(AgentId{1}) != nullptr) {
    if (f.waits(1)) f.deliver_all();
    else f.step(1);
    most = std::max(most, f.matches(1).size());
    // The old entry hides the new one from the store: without a flush it would fault for ever.
    if (most == 2) f.finish(0);
  }
  f.finish(0);
  return most;
}
TEST_CASE("D2: a commit that strips the slot lets a lockless fault insert a second entry for the same pte") {
  CHECK(entries_after_upgrade(false, false) == 2);
}
TEST_CASE("D2 cannot happen when mprotect keeps the slot, or leaves a tombstone") {
  CHECK(entries_after_upgrade(true, false) == 1);
  CHECK(entries_after_upgrade(false, true) == 1);
}

/// Two entries for page 1: frame 5 read-only at index 0, frame 9 writable at `index` of a group.
struct Double : Ppc64Fixture {
  Double(const Ppc64Params& params, unsigned index, bool secondary) : Ppc64Fixture(params) {
    first = file(1, 0, false, pte_of(5, ro));
    second = file(1, index, secondary, pte_of(9, rw));
  }
  std::uint64_t first, second;
};
Ppc64Params policy(MultipleMatch choice, bool parallel = false) {
  Ppc64Params params = test::tiny_params();
  params.multiple_match = choice;
  params.parallel_search = parallel;
  return params;
}

TEST_CASE("Two matches, policy first: the lower slot serves, and the match is reported") {
  Double f(policy(MultipleMatch::first), 3, false);
  f.run({[&](Context& ctx) { CHECK(f.touch(ctx, 1, AccessKind::load).status == Status::done); }});
  CHECK(f.log.last(EventKind::translation_used).frame == Frame{5});
  const Event match = f.log.last(EventKind::hpte_multiple_match);
  CHECK(match.a == f.port.hpt().v(f.first).at.raw());
  CHECK(match.b == f.port.hpt().v(f.second).at.raw());
  CHECK(match.page == VirtPage{1});
}
TEST_CASE("Two matches, policy machine-check: the access is fatal and fills nothing") {
  Double f(policy(MultipleMatch::machine_check), 3, false);
  f.run({[&](Context& ctx) { CHECK(f.touch(ctx, 1, AccessKind::load).status == Status::machine_check); }});
  CHECK(f.log.count(EventKind::machine_check) == 1);
  CHECK(f.world.load(f.port.machine_checks(CpuId{0})) == 1);
  CHECK(f.copies(1).empty());
  CHECK(f.world.load(f.port.hardware().walk(CpuId{0})) == 0);
}
TEST_CASE("Two matches, policy either: each of them can serve") {
  for (const std::uint32_t pick : {0U, 1U}) {
    Double f(policy(MultipleMatch::either), 3, false);
    f.explore({[&](Context& ctx) { f.touch(ctx, 1, AccessKind::load); }});
    f.finish(0, {pick});
    CHECK(f.log.last(EventKind::translation_used).frame == (pick == 0 ? Frame{5} : Frame{9}));
  }
}
TEST_CASE("A match in each group is seen by a parallel search only") {
  for (const bool parallel : {false, true}) {
    Double f(policy(MultipleMatch::machine_check, parallel), 3, true);
    AccessResult result;
    f.run({[&](Context& ctx) { result = f.touch(ctx, 1, AccessKind::load); }});
    CHECK((result.status == Status::machine_check) == parallel);
    CHECK(f.log.count(EventKind::hpte_multiple_match) == (parallel ? 1 : 0));
  }
}
TEST_CASE("A load of a page with a stale entry makes no duplicate: it hits") {
  Ppc64Fixture f(test::tiny_params());
  const auto at = f.map_page(1, 5, Ppc64Fixture::ro);
  f.run({[&](Context& ctx) {
    f.touch(ctx, 1, AccessKind::load);
    f.change(ctx, 1, at, PteAction::clear);
    CHECK(f.touch(ctx, 1, AccessKind::load).status == Status::done);
  }});
  CHECK(f.matches(1).size() == 1);
  CHECK(f.log.last(EventKind::translation_used).frame == Frame{5});
}
}  // namespace
}  // namespace mmulab
