// SPDX-License-Identifier: MIT
// The low-level software: __hash_page and the native hash table operations.
#include "tests/models/ppc64/ppc64_fixture.h"

namespace mmulab {
namespace {
using namespace ppc64;
using test::Ppc64Fixture;
using Status = AccessResult::Status;

const Label test_start{"test.ppc64.start", "test_start"};

TEST_CASE("A first access takes exactly the steps of hash_page and __hash_page_4K") {
  Ppc64Fixture f(test::tiny_params());
  f.map_page(1, 5, Ppc64Fixture::rw);
  f.explore({[&](Context& ctx) { f.touch(ctx, 1, AccessKind::load); }});
  std::vector<std::string> steps;
  while (const Op* op = f.host_explored->pending(AgentId{0})) {
    steps.emplace_back(op->label->name());
    f.step(0);
  }
  const std::vector<std::string> expected = {
      "ppc64.slb_miss", "ppc64.walk_primary", "ppc64.walk_secondary", "ppc64.dsi", "ppc64.hash.read_root",
      "ppc64.hash.read_level", "ppc64.hash.read_level", "ppc64.hash.read_level", "ppc64.hash.read_pte",
      "ppc64.hash.read_cpumask", "ppc64.hash.set_busy", "ppc64.hash.insert_scan", "ppc64.hash.insert_lock",
      "ppc64.hash.insert_r", "ppc64.hash.insert_v", "ppc64.hash.clear_busy", "ppc64.hash.return",
      "ppc64.walk_primary", "ppc64.tlb_fill"};
  CHECK(steps == expected);
}

TEST_CASE("A hash fault costs the sum of its steps and the lines that it touches first") {
  struct Costs {
    std::uint64_t slb_miss, erat_miss, pteg_search, tlb_fill, erat_hit, entry, level, pte_read, cpumask_read,
        pte_lock, pteg_scan, hpte_lock, hpte_store, hpte_publish, set_pte, leave;
  };
  for (const Costs& c : {Costs{120, 12, 30, 2, 1, 50, 4, 3, 5, 25, 10, 15, 6, 156, 7, 40},
                         Costs{77, 9, 21, 5, 3, 60, 8, 4, 6, 31, 14, 18, 9, 44, 2, 55}}) {
    Ppc64Fixture f(test::tiny_params(), test::ppc64_options(1));
    const std::pair<const char*, std::uint64_t> names[] = {
        {"slb_miss", c.slb_miss},      {"erat_miss", c.erat_miss},       {"pteg_search", c.pteg_search},
        {"tlb_fill", c.tlb_fill},      {"erat_hit", c.erat_hit},         {"hash_fault_entry", c.entry},
        {"hash_walk_level", c.level},  {"pte_read", c.pte_read},         {"cpumask_read", c.cpumask_read},
        {"pte_lock", c.pte_lock},      {"pteg_scan", c.pteg_scan},       {"hpte_lock", c.hpte_lock},
        {"hpte_store", c.hpte_store},  {"hpte_publish", c.hpte_publish}, {"set_pte", c.set_pte},
        {"hash_fault_return", c.leave}};
    for (const auto& [name, cycles] : names) f.costs.set(name, Cycles{cycles});
    f.map_page(1, 5, Ppc64Fixture::rw);
    const std::uint64_t end = f.run({[&](Context& ctx) { f.touch(ctx, 1, AccessKind::load); }}).raw();
    // A line from memory is 200, an upgrade from shared to owned 60.
    const std::uint64_t searches = c.slb_miss + c.erat_miss + 2 * (c.pteg_search + 200);
    const std::uint64_t entry = c.entry + 200;                                  // the task's line
    const std::uint64_t walk = 4 * (c.level + 200) + c.pte_read + 200;          // mm, three tables, the pte
    const std::uint64_t mask = c.cpumask_read + 200;                            // another line of the mm
    const std::uint64_t insert =
        (c.pte_lock + 60) + c.pteg_scan + (c.hpte_lock + 60) + c.hpte_store + c.hpte_publish + c.set_pte;
    const std::uint64_t again = c.leave + c.erat_miss + c.pteg_search + c.tlb_fill + c.erat_hit;
    CHECK(end == searches + entry + walk + mask + insert + again);
  }
}

TEST_CASE("What the Linux pte refuses is a fault, whether or not there was a translation") {
  Ppc64Fixture f(test::tiny_params());
  f.map_page(1, 5, Ppc64Fixture::ro);
  f.map_page(2, 5, Ppc64Fixture::ro & ~page_present);
  f.map_page(3, 5, Ppc64Fixture::rw & ~page_user);
  f.run({[&](Context& ctx) {
    const AccessResult unmapped = f.touch(ctx, 0x9000000, AccessKind::load);
    CHECK(unmapped.status == Status::fault);
    CHECK(f.touch(ctx, 2, AccessKind::load).status == Status::fault);
    CHECK(f.touch(ctx, 3, AccessKind::load).status == Status::fault);
    CHECK(f.touch(ctx, 1, AccessKind::store).status == Status::fault);  // not in the table yet
    CHECK(f.touch(ctx, 1, AccessKind::load).status == Status::done);
    const AccessResult denied = f.touch(ctx, 1, AccessKind::store);
    CHECK(denied.status == Status::fault);
  }});
  CHECK(f.matches(1).size() == 1);
  CHECK(f.matches(2).empty());
}

TEST_CASE("A hash fault runs with interrupts off and in kernel mode, and a refusal stays in the kernel") {
  Ppc64Fixture f(test::tiny_params());
  f.map_page(1, 5, Ppc64Fixture::rw);
  const auto in_user = f.state.task_in_user(TaskId{0});
  const auto depth = f.state.task_irqs_off(TaskId{0});
  f.world.store(in_user, true);
  f.explore({[&](Context& ctx) {
    f.touch(ctx, 1, AccessKind::load);
    f.touch(ctx, 2, AccessKind::load);
  }});
  f.step_to(0, "ppc64.hash.set_busy");
  CHECK_FALSE(f.world.load(in_user));
  CHECK(f.world.load(depth) == 1);
  f.step_to(0, "ppc64.tlb_fill");
  CHECK(f.world.load(in_user));
  CHECK(f.world.load(depth) == 0);
  f.finish(0);
  CHECK_FALSE(f.world.load(in_user));
  CHECK(f.world.load(depth) == 0);
  CHECK(f.log.count(EventKind::entered_kernel) == 2);
  CHECK(f.log.count(EventKind::returned_to_user) == 1);
}

TEST_CASE("A store marks the pte dirty and the entry writable, a load of a clean page makes a read-only entry") {
  Ppc64Fixture f(test::tiny_params());
  const auto stored = f.map_page(1, 5, Ppc64Fixture::rw & ~page_dirty);
  const auto loaded = f.map_page(2, 6, Ppc64Fixture::rw & ~page_dirty);
  f.run({[&](Context& ctx) {
    f.touch(ctx, 1, AccessKind::store);
    f.touch(ctx, 2, AccessKind::load);
  }});
  CHECK(f.world.load(stored).has(page_dirty));
  CHECK(Hpte{1, f.world.load(f.port.hpt().r(f.matches(1)[0]))}.writable());
  CHECK_FALSE(f.world.load(loaded).has(page_dirty));
  CHECK_FALSE(Hpte{1, f.world.load(f.port.hpt().r(f.matches(2)[0]))}.writable());
}

TEST_CASE("BUSY excludes: the second cpu waits for the first one's entry, and there is one entry") {
  Ppc64Fixture f(test::tiny_params());
  const auto at = f.map_page(1, 5, Ppc64Fixture::rw);
  const Ppc64Fixture::Body load = [&](Context& ctx) { f.touch(ctx, 1, AccessKind::load); };
  f.explore({load, load});
  f.step_to(1, "ppc64.hash.set_busy");
  f.step_to(0, "ppc64.hash.insert_r");
  CHECK(f.world.load(at).has(page_busy));
  f.step_to(1, "ppc64.hash.wait_busy");
  CHECK(f.waits(1));
  f.step_to(0, "ppc64.hash.clear_busy");
  CHECK(f.world.load(at).has(page_busy));
  CHECK_FALSE(f.waits(1));  // V is set: executing the access again succeeds
  f.finish(1);
  CHECK(f.core_has(1, 1));
  f.finish(0);
  CHECK(f.matches(1).size() == 1);
  CHECK_FALSE(f.world.load(at).has(page_busy));
}

TEST_CASE("With the primary group full an entry goes into the secondary one, and the pte says so") {
  Ppc64Fixture f(test::tiny_params());
  const auto at = f.map_page(1, 5, Ppc64Fixture::rw);
  for (unsigned i = 0; i < 8; ++i) {
    const std::uint64_t slot = f.port.hpt().slot_of(f.port.target(MmId{0}, VirtPage{1}), false, i);
    f.world.store(f.port.hpt().v(slot), (std::uint64_t{i} + 7) << 12 | hpte_valid);
  }
  f.run({[&](Context& ctx) { CHECK(f.touch(ctx, 1, AccessKind::load).status == Status::done); }});
  CHECK(f.world.load(at).has(page_hashpte | page_secondary));
  REQUIRE(f.matches(1).size() == 1);
  CHECK(f.matches(1)[0] == f.port.hpt().slot_of(f.port.target(MmId{0}, VirtPage{1}), true, 0));
}

TEST_CASE("With both groups full a random entry goes, without tlbie: its copies live on") {
  Ppc64Fixture f(test::tiny_params());
  // Pages 1, 5, 9 ... have one primary group, and all its members the same secondary one: 16 of them fill both.
  for (std::uint64_t n = 0; n < 17; ++n) f.map_page(1 + 4 * n, 5 + n, Ppc64Fixture::rw);
  f.explore({[&](Context& ctx) {
    for (std::uint64_t n = 0; n < 17; ++n) f.touch(ctx, 1 + 4 * n, AccessKind::load);
  }});
  // The page filed 12th is in the secondary group at index 3; it has left no copy, the 16th has.
  f.finish(0, {1, 3});
  CHECK(f.matches(1 + 4 * 11).empty());
  CHECK(f.log.count(EventKind::tlbie_issued) == 0);
  const auto last = f.matches(1 + 4 * 16);
  REQUIRE(last.size() == 1);
  CHECK(last[0] == f.port.hpt().slot_of(f.port.target(MmId{0}, VirtPage{65}), true, 3));
  for (const Event& e : f.log.events)
    if (e.kind == EventKind::hpte_stored && (e.a & hpte_valid) != 0 && e.b == 0) {
      CHECK(e.page == VirtPage{1 + 4 * 11});  // named although nobody told: read back from the entry
      CHECK(e.tag == Tag{1});
      CHECK(e.frame == Frame{5 + 11});
    }
}

TEST_CASE("Eviction starts at the drawn slot and takes the next one that is valid") {
  Ppc64Fixture f(test::tiny_params());
  const std::uint64_t only = f.file(1, 6, false, Ppc64Fixture::pte_of(5, Ppc64Fixture::rw));
  f.explore({[&](Context& ctx) {
    ctx.step(test_start, Footprint{}, [](Access&) {});
    f.port.hpt().evict(ctx, only / 8);
  }});
  f.finish(0, {7});  // 7, then around: 0 .. 5 are empty, 6 it is
  CHECK(f.world.load(f.port.hpt().v(only)) == 0);
}

TEST_CASE("A pte that may be hashed is updated in its slot, with a tlbie in any case") {
  Ppc64Fixture f(test::tiny_params());
  const auto at = f.map_page(1, 5, Ppc64Fixture::rw & ~page_dirty);
  int hooks = 0;
  f.port.set_before_insert([&](Context&, MmId, VirtPage) { ++hooks; });
  f.run({[&](Context& ctx) {
    f.touch(ctx, 1, AccessKind::load);
    const std::uint64_t slot = f.matches(1)[0];
    CHECK(f.touch(ctx, 1, AccessKind::store).status == Status::done);
    CHECK(f.matches(1) == std::vector<std::uint64_t>{slot});
    CHECK(f.log.count(EventKind::tlbie_issued) == 1);
    CHECK(hooks == 1);
    // Evicted behind its back: the update misses, the tlbie is sent all the same, a new entry is made.
    f.world.store(f.port.hpt().v(slot), std::uint64_t{0});
    f.change(ctx, 1, at, PteAction::access_flags, Pte{page_exec});
    CHECK(f.touch(ctx, 1, AccessKind::fetch).status == Status::done);
    CHECK(f.log.count(EventKind::tlbie_issued) == 2);
    CHECK(f.matches(1).size() == 1);
    CHECK(hooks == 2);
  }});
}

TEST_CASE("An update on the only cpu that ran the mm uses tlbiel") {
  Ppc64Fixture f(test::tiny_params());
  f.run_only_on(CpuId{0});
  f.map_page(1, 5, Ppc64Fixture::rw & ~page_dirty);
  f.run({[&](Context& ctx) {
    f.touch(ctx, 1, AccessKind::load);
    f.touch(ctx, 1, AccessKind::store);
  }});
  CHECK(f.log.count(EventKind::tlbie_issued) == 0);
  CHECK(f.log.count(EventKind::translation_dropped) == 1);
}

TEST_CASE("The hook before an insert runs under BUSY, before any entry is there") {
  Ppc64Fixture f(test::tiny_params());
  const auto at = f.map_page(1, 5, Ppc64Fixture::rw);
  bool busy = false, empty = false;
  f.port.set_before_insert([&](Context&, MmId mm, VirtPage page) {
    busy = f.world.load(at).has(page_busy);
    empty = f.matches(1).empty() && mm == MmId{0} && page == VirtPage{1};
  });
  f.run({[&](Context& ctx) { f.touch(ctx, 1, AccessKind::load); }});
  CHECK(busy);
  CHECK(empty);
}

TEST_CASE("update_mmu_cache hashes a young pte in advance, does not make it dirty, and leaves an old one alone") {
  Ppc64Fixture f(test::tiny_params());
  const auto young = f.map_page(1, 5, Ppc64Fixture::rw & ~page_dirty);
  const auto old = f.map_page(2, 6, Ppc64Fixture::rw & ~page_accessed);
  f.run({[&](Context& ctx) {
    f.port.update_mmu_cache(ctx, MmId{0}, VirtPage{1}, f.world.load(young), AccessKind::store);
    f.port.update_mmu_cache(ctx, MmId{0}, VirtPage{2}, f.world.load(old), AccessKind::store);
  }});
  CHECK(f.matches(1).size() == 1);
  CHECK_FALSE(f.world.load(young).has(page_dirty));
  CHECK(f.world.load(young).has(page_hashpte));
  CHECK(f.matches(2).empty());
}

TEST_CASE("Whoever locks, changes or evicts an entry, the stream names the entry's own mm, page and frame") {
  Ppc64Fixture f(test::tiny_params());
  f.map_page(5, 6, Ppc64Fixture::rw & ~page_dirty, MmId{1});
  // Page 1 of mm 0 claims a slot that holds page 5 of mm 1.
  const HptTarget theirs = f.port.hpt().target(MmId{1}, VirtPage{5}, 2);
  const std::uint64_t slot = f.port.hpt().slot_of(theirs, false, 0);
  f.run({[&](Context& ctx) {
    f.port.switch_mm(ctx, MmId{0}, MmId{1});
    f.touch(ctx, 5, AccessKind::load, MmId{1});
    f.port.hpt().invalidate(ctx, f.port.target(MmId{0}, VirtPage{1}), slot);
    f.touch(ctx, 5, AccessKind::store, MmId{1});
    f.port.hpt().evict(ctx, slot / 8);
  }});
  std::size_t seen = 0;
  for (const Event& e : f.log.events) {
    if (e.kind != EventKind::hpte_stored || ((e.a | e.b) & hpte_valid) == 0) continue;
    ++seen;
    CHECK(e.location == f.port.hpt().v(slot).at);
    CHECK(e.mm == MmId{1});
    CHECK(e.page == VirtPage{5});
    CHECK(e.tag == Tag{2});
    CHECK(e.frame == Frame{6});
  }
  // Insert; lock and unlock by the one who missed; lock and unlock of updatepp; lock and clear of the eviction.
  CHECK(seen == 7);
}

TEST_CASE("A slot filled while its lock was awaited is passed over") {
  Ppc64Fixture f(test::tiny_params());
  f.map_page(1, 5, Ppc64Fixture::rw);
  f.map_page(5, 6, Ppc64Fixture::rw);  // the same groups
  f.explore({[&](Context& ctx) { f.touch(ctx, 1, AccessKind::load); },
             [&](Context& ctx) { f.touch(ctx, 5, AccessKind::load); }});
  f.step_to(0, "ppc64.hash.insert_lock");
  f.step_to(1, "ppc64.hash.insert_lock");
  f.step(0);
  CHECK(f.waits(1));
  f.finish(0);
  f.finish(1);
  CHECK(f.matches(1)[0] % 8 == 0);
  CHECK(f.matches(5)[0] == f.matches(1)[0] + 1);
}

}  // namespace
}  // namespace mmulab
