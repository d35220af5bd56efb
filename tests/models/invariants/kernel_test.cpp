// SPDX-License-Identifier: MIT
// Locks, waits, deadlock, leaks.
#include "tests/support/catch.h"
#include "tests/models/invariants/rig.h"

namespace mmulab {
namespace {

using test::Actor;
using test::Found;
using test::Rig;

const Actor t0 = Rig::on(0), t1 = Rig::on(1);

TEST_CASE("no-irqs-off-wait: waiting for other cpus with interrupts off is a violation, waiting for none is not") {
  for (const std::uint64_t cpus : {0U, 2U}) {
    for (const bool off : {false, true}) {
      Rig r;
      if (off) r.plain(EventKind::irqs_disabled, t0);
      r.plain(EventKind::remote_wait_begun, t0, cpus);
      CHECK(r.found() == (off && cpus != 0 ? Found{"no-irqs-off-wait:irqs-off"} : Found{}));
      CHECK(r.exercised("no-irqs-off-wait") == (cpus == 0 ? 0 : 1));
    }
  }
}

TEST_CASE("no-irqs-off-wait: a lock held during the wait matters if others take its class with interrupts off") {
  for (const bool deaf : {false, true}) {
    Rig r;
    if (deaf) r.plain(EventKind::irqs_disabled, t1);
    r.lock(t1, LockClass::context, 50);
    r.unlock(t1, LockClass::context, 50);
    if (deaf) r.plain(EventKind::irqs_enabled, t1);
    r.lock(t0, LockClass::context, 60);
    r.plain(EventKind::remote_wait_begun, t0, 1);
    CHECK(r.found() == (deaf ? Found{"no-irqs-off-wait:lock"} : Found{}));
  }
}

TEST_CASE("lock-order: locks are taken from the outside inwards") {
  for (const bool reversed : {false, true}) {
    Rig r;
    const LockClass first = reversed ? LockClass::ptl : LockClass::i_mmap;
    const LockClass second = reversed ? LockClass::i_mmap : LockClass::ptl;
    r.lock(t0, first, 1);
    const std::uint64_t held_since = r.ledger->order();
    r.lock(t0, second, 2);
    CHECK(r.found() == (reversed ? Found{"lock-order:order"} : Found{}));
    if (reversed) CHECK(r.opened_by() == held_since);
    CHECK(r.exercised("lock-order") == 1);
  }
}

TEST_CASE("lock-order: two page-table locks nest, one twice does not, two zone locks do not") {
  Rig r;
  r.lock(t0, LockClass::ptl, 1);
  r.lock(t0, LockClass::ptl, 2);
  r.lock(t1, LockClass::mmap_sem, 3);
  r.lock(t1, LockClass::mmap_sem, 4);
  CHECK(r.found().empty());
  r.lock(t0, LockClass::ptl, 2);
  CHECK(r.found() == Found{"lock-order:order"});
  r.lock(t1, LockClass::zone, 5);
  r.lock(t1, LockClass::zone, 6);
  CHECK(r.found() == Found{"lock-order:order", "lock-order:order"});
}

TEST_CASE("lock-order: a page lock that is only tried may be taken inside a page-table lock") {
  for (const bool tried : {false, true}) {
    Rig r;
    r.lock(t0, LockClass::ptl, 1);
    if (tried) r.trylock_page(t0, 2);
    else r.lock(t0, LockClass::page, 2);
    CHECK(r.found() == (tried ? Found{} : Found{"lock-order:order"}));
  }
}

TEST_CASE("lock-order: what was released does not count") {
  Rig r;
  r.lock(t0, LockClass::zone, 1);
  r.unlock(t0, LockClass::zone, 1);
  r.lock(t0, LockClass::mmap_sem, 2);
  CHECK(r.found().empty());
}

TEST_CASE("no-deadlock: the host reports one, a run that ends exercises it") {
  Rig r;
  r.plain(EventKind::quiescent, t0, 1);
  CHECK(r.exercised("no-deadlock") == 1);
  CHECK(r.found().empty());
  auto* deadlock = dynamic_cast<NoDeadlock*>(r.checker.find("no-deadlock"));
  REQUIRE(deadlock != nullptr);
  deadlock->report_deadlock(Cycle{5}, "tasks 0 and 1 wait for each other", {"task 0: ptl", "task 1: zone"});
  CHECK(r.found() == Found{"no-deadlock:deadlock"});
  CHECK(r.checker.violations()[0].story.size() == 2);
}

TEST_CASE("no-leak: what was given out must be back when all address spaces are dead") {
  for (const bool returned : {false, true}) {
    Rig r(test::ppc64_rig());
    r.give(t0, 9, 5);
    r.give(t0, 30, 2, MmId::none());  // page cache: may stay
    Event table = r.make(EventKind::table_allocated, t0);
    table.table = TableId{3};
    r.emit(table);
    r.hpte(t0, Rig::slot(1), 5, 9);
    r.note(t0, 5, 1);
    if (returned) {
      r.hpte(t0, Rig::slot(1), 5, 9, false);
      r.flushed(t0, 1);
      r.free(t0, 9);
      table.kind = EventKind::table_freed;
      r.emit(table);
    }
    r.plain(EventKind::quiescent, t0, 0);
    CHECK(r.found() ==
          (returned ? Found{} : Found{"no-leak:frame", "no-leak:table", "no-leak:hpte", "no-leak:batch"}));
  }
}

TEST_CASE("no-leak: references are dropped by those who hold them, and a dead mm counts no page") {
  const auto die = [](Rig& r, std::uint64_t rss) {
    Event death = r.make(EventKind::mm_destroyed, t0);
    death.mm = MmId{0};
    death.a = rss;
    r.emit(death);
  };
  Rig right;
  right.give(t0, 9, 5);
  right.free(t0, 9);
  die(right, 0);
  CHECK(right.found().empty());
  Rig wrong;
  wrong.give(t0, 9, 5);
  wrong.free(t0, 9);
  wrong.frame(EventKind::frame_overput, t0, 9);
  die(wrong, ~std::uint64_t{0});
  CHECK(wrong.found() == Found{"no-leak:overput", "no-leak:rss"});
  CHECK(wrong.checker.violations()[1].message == "mm 0 died and still counts -1 pages");
}

TEST_CASE("no-leak: while address spaces are left nothing is called leaked") {
  Rig r;
  r.give(t0, 9, 5);
  r.plain(EventKind::quiescent, t0, 1);
  CHECK(r.found().empty());
  CHECK(r.exercised("no-leak") == 0);
}

}  // namespace
}  // namespace mmulab
