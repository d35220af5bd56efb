// SPDX-License-Identifier: MIT
#include "tests/models/ppc64/ppc64_fixture.h"

namespace mmulab {
namespace {
using namespace ppc64;
using test::Ppc64Fixture;

TEST_CASE("A new mm takes the lowest free context id, and a dead one's is free at once") {
  Ppc64Fixture f(test::tiny_params());  // mms 0 and 1 have ids 1 and 2
  std::uint64_t third = 0, again = 0;
  f.run({[&](Context& ctx) {
    f.port.init_mm(ctx, MmId{2});
    third = f.world.load(f.state.mm_context(MmId{2}));
    f.port.destroy_mm(ctx, MmId{0});
    CHECK(f.log.last(EventKind::tag_retired).tag == Tag{1});
    CHECK(f.world.load(f.state.mm_context(MmId{0})) == 0);
    f.port.init_mm(ctx, MmId{0});
    again = f.world.load(f.state.mm_context(MmId{0}));
  }});
  CHECK(third == 3);
  CHECK(again == 1);
  CHECK(f.world.load(f.state.mm_cpumask(MmId{0}, 0)) == 0);
}

TEST_CASE("An entry of a dead mm is still flushed under the id that it had") {
  Ppc64Fixture f(test::tiny_params());
  const Pte old = Ppc64Fixture::pte_of(5, Ppc64Fixture::rw | page_hashpte);
  const std::uint64_t slot = f.file(1, 0, false, old);
  f.note(0, 1, old);
  f.run({[&](Context& ctx) {
    f.port.destroy_mm(ctx, MmId{0});
    f.port.invalidate(ctx, f.entries(1));
  }});
  CHECK(f.world.load(f.port.hpt().v(slot)) == 0);
}

TEST_CASE("A switch sets the cpu's bit, empties SLB and ERATs, keeps the TLB and announces the tag") {
  Ppc64Fixture f(test::tiny_params());
  f.map_page(1, 5, Ppc64Fixture::rw);
  f.world.store(f.state.mm_cpumask(MmId{1}, 0), std::uint64_t{0});
  const Tlb& derat = f.port.hardware().derat;
  const TlbKey key{VirtPage{1}, 1, 0};
  f.run({[&](Context& ctx) {
    f.touch(ctx, 1, AccessKind::store);
    f.port.switch_mm(ctx, MmId{0}, MmId{1});
    CHECK(f.world.load(f.state.mm_cpumask(MmId{1}, 0)) == 1);
    CHECK(f.world.load(f.state.mm_cpumask(MmId{0}, 0)) == 3);
    CHECK(f.log.last(EventKind::tag_loaded).tag == Tag{2});
    CHECK(f.log.last(EventKind::tag_loaded).mm == MmId{1});
    CHECK(derat.find(PeekWords(f.world, derat.set_first(CoreId{0}, 0)), key) == Tlb::absent);
    CHECK(f.copies(1).size() == 1);
    // The new mm's page 1 is another translation: neither the copy nor the hash entry serves it.
    CHECK(f.touch(ctx, 1, AccessKind::load, MmId{1}).status == AccessResult::Status::fault);
    f.port.switch_mm(ctx, MmId{1}, MmId{0});
    f.touch(ctx, 1, AccessKind::load);
  }});
  CHECK(f.log.count(EventKind::translation_filled) == 1);
}

TEST_CASE("A kernel thread borrows the mm, and going back to it keeps SLB and ERATs") {
  Ppc64Fixture f(test::tiny_params());
  f.map_page(1, 5, Ppc64Fixture::rw);
  f.run({[&](Context& ctx) {
    f.touch(ctx, 1, AccessKind::load);
    f.port.switch_mm(ctx, MmId{0}, MmId::none());
    f.port.switch_mm(ctx, MmId{0}, MmId{0});
    CHECK(f.copies(1).size() == 2);
  }});
  CHECK(f.log.count(EventKind::tag_loaded) == 0);
}
}  // namespace
}  // namespace mmulab
