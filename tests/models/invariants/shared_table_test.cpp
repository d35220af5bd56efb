// SPDX-License-Identifier: MIT
// Leaf tables that several address spaces share: a pte is an instance in each of them, and a table that is let go must
// be forgotten before the lock is released.
#include "tests/models/invariants/rig.h"
#include "tests/support/catch.h"

namespace mmulab {
namespace {

using test::Actor;
using test::Rig;
using Found = std::vector<std::string>;

constexpr std::uint32_t table = 4, lock_at = 90, first_word = 600;
const Actor t0 = Rig::on(0), t1 = Rig::on(1);

LedgerConfig walked() {
  LedgerConfig config = test::rig_config();
  config.hardware_walker = true;
  return config;
}

Event of_table(Rig& r, EventKind kind, Actor who, std::uint32_t mm) {
  Event e = r.make(kind, who);
  e.table = TableId{table};
  e.mm = MmId{mm};
  e.page = VirtPage{mm == 0 ? 8U : 16U};
  e.a = 4;
  e.location = Location{kind == EventKind::table_unshared ? lock_at : first_word};
  return e;
}

/// Page 9 of mm 0 is page 17 of mm 1: one pte.
void store(Rig& r, Actor who, Pte now, std::uint32_t mm) {
  Event e = r.make(EventKind::pte_stored, who);
  e.mm = MmId{mm};
  e.page = VirtPage{mm == 0 ? 9U : 17U};
  e.location = Location{first_word + 1};
  e.a = r.now_at(9).raw();
  e.b = now.raw();
  r.emit(e);
}

/// Both address spaces use the table.
void share(Rig& r) {
  r.emit(of_table(r, EventKind::table_allocated, t0, 0));
  r.emit(of_table(r, EventKind::table_shared, t0, 0));
  store(r, t0, Rig::pte(5), 0);
  r.emit(of_table(r, EventKind::table_shared, t1, 1));
}

TEST_CASE("A pte of a shared table is an instance in each address space") {
  Rig r;
  share(r);
  const PageRecord* theirs = r.ledger->page(MmId{1}, VirtPage{17});
  REQUIRE(theirs != nullptr);
  CHECK(theirs->present);
  CHECK(theirs->live.frame == Frame{5});
  r.emit(of_table(r, EventKind::table_unshared, t0, 0));
  CHECK_FALSE(r.ledger->page(MmId{0}, VirtPage{9})->present);
  CHECK(r.ledger->page(MmId{1}, VirtPage{17})->present);
}

TEST_CASE("A pte that is stored for one address space changes for the others") {
  Rig r;
  share(r);
  Event e = r.make(EventKind::pte_stored, t1);
  e.mm = MmId{1};
  e.page = VirtPage{19};
  e.location = Location{first_word + 3};
  e.b = Rig::pte(6).raw();
  r.emit(e);
  const PageRecord* ours = r.ledger->page(MmId{0}, VirtPage{11});
  REQUIRE(ours != nullptr);
  CHECK(ours->live.frame == Frame{6});
}

TEST_CASE("post-condition: what was seen through a shared table must be dead when the unmapping call returns") {
  for (const bool flushed : {false, true}) {
    Rig r;
    share(r);
    r.user(t1);
    r.fill(t1, 9, 0, Rig::pte(5));
    r.call(t0, Call::munmap, 8, 4);
    r.emit(of_table(r, EventKind::table_unshared, t0, 0));
    if (flushed) r.drop(t1, 9);
    r.ret(t0);
    CHECK(r.found() == (flushed ? Found{} : Found{"post-condition:own"}));
  }
}

TEST_CASE("table-alive: a table that is let go must leave the walk caches before the lock is released") {
  for (const bool flushed : {false, true}) {
    Rig r(walked());
    share(r);
    r.load_tag(t1, 0, 0);
    r.user(t1);
    r.emit(of_table(r, EventKind::table_cached, t1, 0));
    r.lock(t0, LockClass::i_mmap, lock_at);
    r.emit(of_table(r, EventKind::table_unshared, t0, 0));
    const std::uint64_t let_go = r.ledger->order();
    if (flushed) r.drop(t1, 9);
    CHECK(r.found().empty());
    r.unlock(t0, LockClass::i_mmap, lock_at);
    CHECK(r.found() == (flushed ? Found{} : Found{"table-alive:cached"}));
    if (!flushed) CHECK(r.opened_by() == let_go);
  }
}

TEST_CASE("table-alive: walks may read a shared table as long as their mm uses it, and until the lock is released") {
  for (const bool late : {false, true}) {
    Rig r(walked());
    share(r);
    for (const std::uint32_t mm : {0U, 1U}) r.emit(of_table(r, EventKind::table_walked, t1, mm));
    r.lock(t0, LockClass::i_mmap, lock_at);
    r.emit(of_table(r, EventKind::table_unshared, t0, 0));
    if (late) r.unlock(t0, LockClass::i_mmap, lock_at);
    r.emit(of_table(r, EventKind::table_walked, t1, 0));
    r.emit(of_table(r, EventKind::table_walked, t1, 1));
    CHECK(r.found() == (late ? Found{"table-alive:walked"} : Found{}));
  }
}

}  // namespace
}  // namespace mmulab
