// SPDX-License-Identifier: MIT
// How translations die: flush_hash_range, its local test, its halves.
#include "tests/models/ppc64/ppc64_fixture.h"

namespace mmulab {
namespace {
using namespace ppc64;
using test::Ppc64Fixture;

const Pte hashed = Ppc64Fixture::pte_of(5, Ppc64Fixture::rw | page_hashpte);

struct FlushCosts {
  std::uint64_t irq_disable, flush_begin, batch_read, hpte_lock, hpte_store, spin_lock, ptesync, tlbie, tlbiel,
      tlbsync, spin_unlock, irq_enable, latency, memory;
};
constexpr FlushCosts cost_sets[] = {{6, 9, 4, 15, 6, 20, 150, 10, 40, 1, 8, 7, 1500, 260},
                                    {2, 3, 5, 11, 4, 30, 70, 25, 13, 9, 5, 4, 400, 100}};

/// Three pages of three groups, flushed by a cpu that starts with nothing cached.
std::uint64_t flush_cycles(const FlushCosts& c, bool lockless, bool local) {
  Ppc64Params params = test::tiny_params();
  params.lockless_tlbie = lockless;
  params.tlbie_latency = Cycles{c.latency};
  params.tlbie_queue = 4;
  test::FixtureOptions options = test::ppc64_options(2);
  options.memory_latency = Cycles{c.memory};
  Ppc64Fixture f(params, options);
  const std::pair<const char*, std::uint64_t> names[] = {
      {"irq_disable", c.irq_disable}, {"flush_begin", c.flush_begin}, {"batch_read", c.batch_read},
      {"hpte_lock", c.hpte_lock}, {"hpte_store", c.hpte_store}, {"spin_lock", c.spin_lock}, {"ptesync", c.ptesync},
      {"tlbie", c.tlbie}, {"tlbiel", c.tlbiel}, {"tlbsync", c.tlbsync}, {"spin_unlock", c.spin_unlock},
      {"irq_enable", c.irq_enable}};
  for (const auto& [name, cycles] : names) f.costs.set(name, Cycles{cycles});
  if (local) f.run_only_on(CpuId{0});
  for (std::uint32_t i = 0; i < 3; ++i) {
    f.file(i + 1, 0, false, hashed);
    f.note(i, i + 1, hashed);
  }
  return f.run({[&](Context& ctx) { f.port.invalidate(ctx, f.entries(3)); }}).raw();
}

TEST_CASE("A batch costs one pass over the entries, then one latency a tlbie and one pair of syncs") {
  for (const FlushCosts& c : cost_sets) {
    // The first touch of a line is from memory: the task, the mm's mask, the batch (three entries, one line), one
    // group for each entry, the lock.
    const std::uint64_t pass1 = (c.irq_disable + c.memory) + (c.flush_begin + c.memory) + 3 * c.batch_read +
                                c.memory + 3 * (c.hpte_lock + c.memory + c.hpte_store);
    // The first tlbie is on the bus `tlbie` after ptesync; the queue keeps the bus busy for three latencies.
    // ptesync was tried meanwhile and parked; it is tried again a cycle after the last completion.
    const std::uint64_t pass2 = c.ptesync + c.tlbie + 3 * c.latency + 1 + c.tlbsync;
    const std::uint64_t lock = (c.spin_lock + c.memory) + c.spin_unlock;
    CHECK(flush_cycles(c, true, false) == pass1 + pass2 + c.irq_enable);
    CHECK(flush_cycles(c, false, false) == pass1 + lock + pass2 + c.irq_enable);
    CHECK(flush_cycles(c, false, true) == pass1 + c.ptesync + 3 * c.tlbiel + c.tlbsync + c.irq_enable);
  }
}

TEST_CASE("A tlbie is not effective before the bus has been to the core, and ptesync waits for all cores") {
  Ppc64Fixture f(test::tiny_params());
  const std::uint64_t slot = f.file(1, 0, false, hashed);
  f.note(0, 1, hashed);
  f.explore({[&](Context& ctx) { f.port.invalidate(ctx, f.entries(1)); },
             [&](Context& ctx) {
               f.touch(ctx, 1, AccessKind::load);
               f.touch(ctx, 1, AccessKind::store);
             }});
  f.step_to(1, "ppc64.erat_hit");
  f.step_to(0, "ppc64.ptesync_after_tlbie");
  CHECK(f.world.load(f.port.hpt().v(slot)) == 0);
  CHECK(f.waits(0));
  CHECK(f.core_has(1, 1));
  f.step(1);  // the store goes through the dead translation
  CHECK(f.log.last(EventKind::translation_used).frame == Frame{5});
  const auto units = f.pending_tlbies();
  REQUIRE(units.size() == 2);  // one a core
  f.deliver(units[1]);
  CHECK_FALSE(f.core_has(1, 1));
  CHECK(f.waits(0));
  f.deliver(units[0]);
  CHECK_FALSE(f.waits(0));
  f.finish(0);
  CHECK(f.log.last(EventKind::flush_done).b == 1);
}

TEST_CASE("Without the last ptesync a flush returns while other cores still use the translation") {
  Ppc64Params params = test::tiny_params();
  params.ptesync_after_tlbie = false;
  Ppc64Fixture f(params);
  f.file(1, 0, false, hashed);
  f.note(0, 1, hashed);
  f.explore({[&](Context& ctx) { f.port.invalidate(ctx, f.entries(1)); },
             [&](Context& ctx) { f.touch(ctx, 1, AccessKind::load); }});
  f.finish(1);
  while (f.host_explored->pending(AgentId{0}) != nullptr) f.step(0);
  CHECK(f.log.count(EventKind::flush_done) == 1);
  CHECK(f.core_has(1, 1));
}

TEST_CASE("A cpu that alone ran the mm flushes itself only") {
  Ppc64Fixture f(test::tiny_params());
  f.run_only_on(CpuId{0});
  f.file(1, 0, false, hashed);
  f.note(0, 1, hashed);
  f.run({[&](Context& ctx) {
    f.touch(ctx, 1, AccessKind::load);
    f.port.invalidate(ctx, f.entries(1));
    CHECK(f.log.count(EventKind::tlbie_issued) == 0);
    CHECK_FALSE(f.core_has(0, 1));
  }});
}

/// cpu 1 begins to run the mm between cpu 0's look at the mask and its first store to the table. True if a copy of
/// the dead translation is left when cpu 0 has returned.
bool copy_left_behind(LocalSample sample) {
  Ppc64Params params = test::tiny_params();
  params.local_sample = sample;
  Ppc64Fixture f(params);
  f.run_only_on(CpuId{0});
  f.file(1, 0, false, hashed);
  f.note(0, 1, hashed);
  f.explore({[&](Context& ctx) { f.port.invalidate(ctx, f.entries(1)); },
             [&](Context& ctx) {
               f.port.switch_mm(ctx, MmId::none(), MmId{0});
               f.touch(ctx, 1, AccessKind::load);
             }});
  f.step_to(0, "ppc64.flush.read_entry");
  f.finish(1);
  f.finish(0);
  return f.core_has(1, 1);
}
TEST_CASE("The local test is sound only behind the clearing of the hash entries") {
  CHECK(copy_left_behind(LocalSample::before_hpt));  // as Linux 2.6 has it
  CHECK_FALSE(copy_left_behind(LocalSample::after_hpt));
  CHECK_FALSE(copy_left_behind(LocalSample::always_global));
}

TEST_CASE("An evicted entry's copies die with the next flush, which sends its tlbie even on a miss") {
  for (const bool tlbie_on_miss : {true, false}) {
    Ppc64Params params = test::tiny_params();
    params.tlbie_on_miss = tlbie_on_miss;
    Ppc64Fixture f(params);
    const std::uint64_t slot = f.file(1, 0, false, hashed);
    f.note(0, 1, hashed);
    f.run({[&](Context& ctx) {
      f.touch(ctx, 1, AccessKind::load);
      f.port.hpt().evict(ctx, slot / 8);
      CHECK(f.world.load(f.port.hpt().v(slot)) == 0);
      CHECK(f.core_has(0, 1));
      f.port.invalidate(ctx, f.entries(1));
    }});
    CHECK(f.core_has(0, 1) != tlbie_on_miss);
    CHECK(f.log.count(EventKind::flush_done) == 1);
  }
}

TEST_CASE("The two halves: an entry can die without its copies, and copies without their entry") {
  Ppc64Fixture f(test::tiny_params());
  const std::uint64_t slot = f.file(1, 0, false, hashed);
  const std::uint64_t other = f.file(2, 0, false, hashed);
  f.note(0, 1, hashed);
  f.note(1, 2, hashed);
  Invalidation rest = f.entries(2);
  rest.tlb_only = true;
  f.run({[&](Context& ctx) {
    f.touch(ctx, 1, AccessKind::load);
    f.port.invalidate_software_entry(ctx, MmId{0}, VirtPage{1}, hashed);
    CHECK(f.world.load(f.port.hpt().v(slot)) == 0);
    CHECK(f.core_has(0, 1));
    CHECK(f.log.count(EventKind::tlbie_issued) == 0);
    f.port.invalidate(ctx, rest);
  }});
  CHECK_FALSE(f.core_has(0, 1));
  CHECK((f.world.load(f.port.hpt().v(other)) & hpte_valid) != 0);
}

TEST_CASE("A slot that holds another page by now is left alone, and the lock is released") {
  Ppc64Fixture f(test::tiny_params());
  const std::uint64_t slot = f.file(5, 0, false, hashed);  // the group of page 1
  const std::uint64_t before = f.world.load(f.port.hpt().v(slot));
  f.note(0, 1, hashed);
  f.run({[&](Context& ctx) { f.port.invalidate(ctx, f.entries(1)); }});
  CHECK(f.world.load(f.port.hpt().v(slot)) == before);
}

TEST_CASE("In the smallest real table a compare of AVPN alone takes a secondary entry for a primary one") {
  for (const bool compare_h : {false, true}) {
    Ppc64Params params = test::tiny_params();
    params.pteg_count = 2048;
    params.compare_h = compare_h;
    Ppc64Fixture f(params);
    // Pages p and p ^ 0x7ff of one 8 MiB stretch: the one's primary group is the other's secondary one.
    const std::uint64_t slot = f.file(1 ^ 0x7ff, 0, true, hashed);
    CHECK(slot / 8 == f.port.target(MmId{0}, VirtPage{1}).groups.primary);
    f.note(0, 1, hashed);  // says: primary group, index 0
    f.run({[&](Context& ctx) { f.port.invalidate(ctx, f.entries(1)); }});
    CHECK(((f.world.load(f.port.hpt().v(slot)) & hpte_valid) != 0) == compare_h);
  }
}

/// Page 1 has an entry in each group, the other seven pages have one; cpu 1 has a copy of page 1. What is left of its.
std::size_t left_of_page_1(bool both_groups) {
  Ppc64Fixture f(test::tiny_params());
  for (const bool secondary : {false, true}) f.file(1, 0, secondary, Ppc64Fixture::pte_of(5, Ppc64Fixture::ro));
  for (unsigned page = 2; page < 9; ++page)
    f.file(page, page - 1, false, Ppc64Fixture::pte_of(page + 10, Ppc64Fixture::ro));
  f.explore({[&](Context& ctx) { f.port.remove_entries(ctx, MmId{0}, VirtPage{1}, both_groups); },
             [&](Context& ctx) { f.touch(ctx, 1, AccessKind::load); }});
  f.finish(1);
  CHECK(f.core_has(1, 1));
  CHECK(f.matches(1).size() == 2);
  f.finish(0);
  CHECK_FALSE(f.core_has(1, 1));
  for (std::uint64_t page = 2; page < 9; ++page) CHECK(f.matches(page).size() == 1);
  CHECK(f.log.count(EventKind::tlbie_issued) == 1);
  return f.matches(1).size();
}

TEST_CASE("Whatever matches a page is removed from both of its groups, and nothing else is") {
  CHECK(left_of_page_1(true) == 0);
}

TEST_CASE("Who forgets the secondary group leaves the entry there") {
  CHECK(left_of_page_1(false) == 1);
}

TEST_CASE("Where nothing matches no entry is touched, and the tlbie is sent all the same") {
  Ppc64Fixture f(test::tiny_params());
  const std::uint64_t slot = f.file(5, 0, false, hashed);  // the group of page 1
  f.run({[&](Context& ctx) { f.port.remove_entries(ctx, MmId{0}, VirtPage{1}, true); }});
  CHECK((f.world.load(f.port.hpt().v(slot)) & hpte_valid) != 0);
  CHECK(f.log.count(EventKind::tlbie_issued) == 1);
}

TEST_CASE("Only recorded ptes lead to hash entries, a flush of a range is refused in one sentence") {
  Ppc64Fixture f(test::tiny_params());
  CHECK(f.port.refuses(Invalidation::Scope::entries) == nullptr);
  CHECK(std::string(f.port.refuses(Invalidation::Scope::mm)).find("slot bits") != std::string::npos);
  CHECK(f.port.refuses(Invalidation::Scope::range) != nullptr);
}
}  // namespace
}  // namespace mmulab
