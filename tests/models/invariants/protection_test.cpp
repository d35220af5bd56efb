// SPDX-License-Identifier: MIT
// What an mprotect has forbidden no pte may allow: what must be caught, what must pass.
#include "tests/models/invariants/rig.h"
#include "tests/support/catch.h"

namespace mmulab {
namespace {

using test::Actor;
using test::Found;
using test::Rig;

const Actor t0 = Rig::on(0), t1 = Rig::on(1);
constexpr std::uint64_t write = 1, exec = 2;

void change_vma(Rig& r, Actor who, std::uint64_t rights, std::uint64_t page = 5, std::uint64_t pages = 1) {
  Event e = r.make(EventKind::vma_protected, who);
  e.mm = MmId{0};
  e.page = VirtPage{page};
  e.a = rights;
  e.b = pages;
  r.emit(e);
}

/// Page 5 of mm 0 is writable; t0's mprotect has made it read-only and has returned.
void forbid_writes(Rig& r) {
  r.give(t0, 9, 5);
  r.store(t0, 5, Rig::pte(9, true));
  r.call(t0, Call::mprotect, 5);
  change_vma(r, t0, 0);
  r.store(t0, 5, Rig::pte(9));
  r.ret(t0);
}

TEST_CASE("pte-within-vma: a store that brings back what mprotect took is caught, one that does not passes") {
  for (const bool back : {false, true}) {
    Rig r;
    forbid_writes(r);
    r.store(t1, 5, Rig::pte(9, back));
    r.store(t1, 5, Rig::pte(9, back, false, 0x20));
    CHECK(r.found() == (back ? Found{"pte-within-vma:write"} : Found{}));
    CHECK(r.exercised("pte-within-vma") == 3);
  }
}

TEST_CASE("pte-within-vma: a pte that mprotect has passed over is caught when it returns") {
  for (const std::uint64_t left : {write, exec}) {
    Rig r;
    r.give(t0, 9, 5);
    r.store(t0, 5, Rig::pte(9, left == write, left == exec));
    r.call(t0, Call::mprotect, 5);
    change_vma(r, t0, 0);
    const std::uint64_t lowered = r.ledger->order();
    CHECK(r.found().empty());
    r.ret(t0);
    REQUIRE(r.found().size() == 1);
    CHECK(r.opened_by() == lowered);
    CHECK(r.found() == (left == write ? Found{"pte-within-vma:write"} : Found{"pte-within-vma:exec"}));
  }
}

TEST_CASE("pte-within-vma: while mprotect is running others may still store what was legal before") {
  Rig r;
  r.give(t0, 9, 5);
  r.call(t0, Call::mprotect, 5);
  change_vma(r, t0, 0);
  r.store(t1, 5, Rig::pte(9, true));
  r.store(t0, 5, Rig::pte(9));
  r.ret(t0);
  CHECK(r.found().empty());
}

TEST_CASE("pte-within-vma: a right is back from the moment at which a later mprotect has changed the mapping") {
  for (const std::uint64_t raised : {write, exec, write | exec}) {
    Rig r;
    forbid_writes(r);
    r.call(t1, Call::mprotect, 5);
    change_vma(r, t1, raised);
    r.store(t0, 5, Rig::pte(9, true));
    CHECK(r.found() == ((raised & write) != 0 ? Found{} : Found{"pte-within-vma:write"}));
  }
}

TEST_CASE("pte-within-vma: of two calls that overlap the one that changed the mapping last decides") {
  for (const bool raises : {false, true}) {
    Rig r;
    r.give(t0, 9, 5);
    r.store(t0, 5, Rig::pte(9));
    r.call(t0, Call::mprotect, 5);
    change_vma(r, t0, raises ? 0 : write);
    r.call(t1, Call::mprotect, 5);
    change_vma(r, t1, raises ? write : 0);
    r.ret(t1);
    r.ret(t0);
    r.store(t0, 5, Rig::pte(9, true));
    CHECK(r.found() == (raises ? Found{} : Found{"pte-within-vma:write"}));
  }
}

TEST_CASE("pte-within-vma: another mapping at the same address owes nothing to the one before") {
  for (const bool unlinked : {false, true}) {
    Rig r;
    forbid_writes(r);
    if (unlinked) {
      Event e = r.make(EventKind::vma_unlinked, t0);
      e.mm = MmId{0};
      e.page = VirtPage{4};
      e.b = 2;
      r.emit(e);
    }
    r.clear(t0, 5);
    r.store(t0, 5, Rig::pte(9, true));
    CHECK(r.found() == (unlinked ? Found{} : Found{"pte-within-vma:write"}));
  }
}

TEST_CASE("pte-within-vma: neighbours, other address spaces and what no user access can go through are not concerned") {
  Rig r;
  forbid_writes(r);
  r.store(t0, 6, Rig::pte(10, true));
  r.store(t0, 5, Rig::pte(9, true), 1);
  r.store(t0, 5, Rig::pte(9, true).without(4));
  CHECK(r.found().empty());
}

}  // namespace
}  // namespace mmulab
