// SPDX-License-Identifier: MIT
// The ledger itself: attention, stories, saving and restoring.
#include "tests/support/catch.h"
#include "tests/models/invariants/rig.h"

namespace mmulab {
namespace {

using test::Actor;
using test::Found;
using test::Rig;

const Actor t0 = Rig::on(0), t1 = Rig::on(1);

void munmap_begins(Rig& r) {
  r.give(t0, 9, 5);
  r.store(t0, 5, Rig::pte(9, true, false, 0x40));
  r.user(t1);
  r.fill(t1, 5);
  r.kernel(t0);
  r.call(t0, Call::munmap, 5);
  r.clear(t0, 5);
}

TEST_CASE("The ledger attends exactly while a copy of an ended instance lives") {
  Rig r;
  CHECK_FALSE(r.stream.attended());
  munmap_begins(r);
  CHECK(r.stream.attended());
  r.drop(t1, 5);
  CHECK_FALSE(r.stream.attended());
}

TEST_CASE("Of all accesses only those are awaited that could go through a copy of an ended instance") {
  Rig r;
  munmap_begins(r);
  const auto awaits = [&](std::uint32_t cpu, std::uint32_t mm, std::uint64_t page) {
    return r.stream.awaits(CpuId{cpu}, MmId{mm}, VirtPage{page});
  };
  CHECK(awaits(1, 0, 5));
  CHECK_FALSE(awaits(0, 0, 5));  // cpu 0 never had one
  CHECK_FALSE(awaits(1, 1, 5));
  CHECK_FALSE(awaits(1, 0, 6));
  r.mode(EventKind::mm_destroyed, t0, MmId{0});
  CHECK_FALSE(awaits(1, 0, 5));
  r.load_tag(t1, 0, 1);  // its tag is back
  CHECK(awaits(1, 0, 5));
  r.drop(t1, 5);
  CHECK_FALSE(awaits(1, 0, 5));
}

TEST_CASE("Stores to a page that took another's place are awaited on every cpu until there is one") {
  Rig r;
  r.give(t0, 9, 5);
  r.store(t0, 5, Rig::pte(9));
  r.user(t1);
  r.fill(t1, 5);
  r.call(t0, Call::fault, 5);
  r.give(t0, 10, 5);
  r.store(t0, 5, Rig::pte(10, true, false, 0x40));
  r.ret(t0);
  REQUIRE(r.ledger->open().size() == 1);
  CHECK(r.stream.awaits(CpuId{0}, MmId{0}, VirtPage{5}));
  CHECK(r.stream.awaits(CpuId{1}, MmId{0}, VirtPage{5}));
  r.fill(t0, 5);
  r.use(t0, 5, AccessKind::store);
  CHECK_FALSE(r.stream.awaits(CpuId{0}, MmId{0}, VirtPage{5}));
  CHECK(r.stream.awaits(CpuId{1}, MmId{0}, VirtPage{5}));
}

TEST_CASE("While a page is moved every access is awaited") {
  EventStream stream;
  Ledger ledger(test::rig_config(), stream);
  CHECK_FALSE(stream.awaits(CpuId{2}, MmId{3}, VirtPage{4}));
  Event e{EventKind::copy_begun};
  e.task = TaskId{0};
  e.frame = Frame{3};
  ledger.on_event(e);
  CHECK(stream.awaits(CpuId{2}, MmId{3}, VirtPage{4}));
}

TEST_CASE("Through an entry of the hash table any cpu may come by a copy: its accesses are awaited") {
  Rig r(test::ppc64_rig());
  r.give(t0, 9, 5);
  r.store(t0, 5, Rig::pte(9));
  r.hpte(t0, Rig::slot(0), 5, 9);
  r.call(t0, Call::munmap, 5);
  r.clear(t0, 5);
  CHECK(r.stream.awaits(CpuId{0}, MmId{0}, VirtPage{5}));
  CHECK(r.stream.awaits(CpuId{1}, MmId{0}, VirtPage{5}));
  r.hpte(t0, Rig::slot(0), 5, 9, false);
  CHECK_FALSE(r.stream.awaits(CpuId{1}, MmId{0}, VirtPage{5}));
}

TEST_CASE("A pte that nobody has cached leaves nothing to attend to") {
  Rig r;
  r.give(t0, 9, 5);
  r.store(t0, 5, Rig::pte(9));
  r.call(t0, Call::munmap, 5);
  r.clear(t0, 5);
  CHECK_FALSE(r.stream.attended());
  CHECK(r.ledger->open().empty());
}

TEST_CASE("A ledger that goes away attends no longer") {
  EventStream stream;
  {
    Ledger ledger(test::rig_config(), stream);
    Event e{EventKind::copy_begun};
    e.task = TaskId{0};
    e.frame = Frame{3};
    ledger.on_event(e);
    CHECK(stream.attended());
  }
  CHECK_FALSE(stream.attended());
}

TEST_CASE("A violation tells when the page was mapped, who took it, and who can still use it") {
  Rig r;
  r.give(t0, 9, 5);
  r.store(t0, 5, Rig::pte(9, true, false, 0x40));
  r.user(t1);
  r.fill(t1, 5);
  r.kernel(t0);
  r.call(t0, Call::munmap, 5);
  r.lock(t0);
  r.clear(t0, 5);
  r.unlock(t0);
  r.ret(t0);
  REQUIRE(r.found() == Found{"post-condition:own"});
  const Violation& v = r.checker.violations()[0];
  CHECK(v.message ==
        "page 0x5 of mm 0 is unmapped and its call has returned, but cpu 1 can use it through its TLB");
  REQUIRE(v.story.size() == 4);
  CHECK(v.story[0] == "page 0x5 of mm 0: frame 9 (generation 0), rights rw-, mapped at cycle 20, cpu 0, task 0");
  CHECK(v.story[1] == "pte cleared at cycle 80, cpu 0, task 0, in munmap, holding ptl at word 7");
  CHECK(v.story[2] == "its copies were due to be dead since cycle 100, cpu 0, task 0 (the return of that call)");
  CHECK(v.story[3] == "still alive: TLB of core 1");
}

TEST_CASE("One revocation is reported once, however often its copies are used") {
  Rig r;
  munmap_begins(r);
  r.ret(t0);
  for (int i = 0; i < 5; ++i) r.use(t1, 5);
  CHECK(r.found() == Found{"post-condition:own"});
}

TEST_CASE("Restoring brings back open obligations and attention, the fingerprint follows the state") {
  Rig r;
  munmap_begins(r);
  Checker::Saved saved;
  r.checker.save(saved);
  const StateHash before = r.checker.fingerprint();
  r.drop(t1, 5);
  CHECK_FALSE(r.stream.attended());
  CHECK(r.checker.fingerprint().low() != before.low());
  r.checker.restore(saved);
  CHECK(r.stream.attended());
  CHECK(r.checker.fingerprint().low() == before.low());
  CHECK(r.checker.fingerprint().high() == before.high());
  r.checker.reset();
  CHECK_FALSE(r.stream.attended());
}

TEST_CASE("The fingerprint does not depend on when things happened") {
  Rig early, late;
  late.now = 5000;
  late.plain(EventKind::switched_out, t1);  // one event more: numbers of events differ, too
  munmap_begins(early);
  munmap_begins(late);
  CHECK(early.checker.fingerprint().low() == late.checker.fingerprint().low());
  CHECK(early.checker.fingerprint().high() == late.checker.fingerprint().high());
}

TEST_CASE("A copy in two levels of a core's TLBs is one copy, before its page is revoked and after") {
  Rig once, twice;
  for (Rig* r : {&once, &twice}) {
    r->give(t0, 9, 5);
    r->store(t0, 5, Rig::pte(9, true, false, 0x40));
    r->user(t1);
    r->fill(t1, 5);
    if (r == &twice) r->fill(t1, 5);
    r->call(t0, Call::munmap, 5);
    r->clear(t0, 5);
    if (r == &twice) r->fill(t1, 5, 0, Rig::pte(9, true, false, 0x40));
    REQUIRE(r->ledger->open().size() == 1);
    CHECK(r->ledger->open().begin()->second.tlb.size() == 1);
  }
  CHECK(once.checker.fingerprint().low() == twice.checker.fingerprint().low());
  CHECK(once.checker.fingerprint().high() == twice.checker.fingerprint().high());
  twice.drop(t1, 5);
  CHECK(twice.ledger->open().empty());
}

TEST_CASE("A frame that was freed and came back to the same page is nobody's stale frame") {
  Rig r;
  munmap_begins(r);
  r.drop(t1, 5);
  r.free(t0, 9);
  r.ret(t0);
  r.give(t1, 9, 5);
  r.call(t1, Call::fault, 5);
  r.store(t1, 5, Rig::pte(9, true, false, 0x40));
  r.ret(t1);
  r.fill(t1, 5);
  r.use(t1, 5, AccessKind::store);
  CHECK(r.found().empty());
  CHECK_FALSE(r.stream.attended());
}

TEST_CASE("Pages that were mapped before the first event are taken over when their pte changes") {
  for (const bool flushed : {false, true}) {
    Rig r;
    Event e = r.make(EventKind::pte_stored, t0);
    e.mm = MmId{0};
    e.page = VirtPage{5};
    e.a = Rig::pte(9, true).raw();
    r.user(t1);
    r.fill(t1, 5, 0, Rig::pte(9, true));
    r.call(t0, Call::munmap, 5);
    r.emit(e);
    if (flushed) r.drop(t1, 5);
    r.ret(t0);
    CHECK(r.found() == (flushed ? Found{} : Found{"post-condition:own"}));
  }
}

}  // namespace
}  // namespace mmulab
