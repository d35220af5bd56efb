// SPDX-License-Identifier: MIT
// Pages of files: dirty bits, writeback, and what the reverse map's callers owe: what must be caught, and what must
// pass.
#include "tests/support/catch.h"
#include "tests/models/invariants/rig.h"

namespace mmulab {
namespace {

using test::Found;
using test::Rig;

const test::Actor t0 = Rig::on(0), t1 = Rig::on(1), t2 = Rig::on(2);

// ---- dirty-kept

TEST_CASE("dirty-kept: a dirty bit taken from a pte must reach the page flag before the page is discarded") {
  for (const bool transferred : {false, true}) {
    Rig r;
    r.give(t0, 9, 3, MmId::none());
    r.store(t0, 5, Rig::pte(9, true, false, 0x40));
    r.call(t0, Call::munmap, 5);
    r.clear(t0, 5);
    if (transferred) {
      r.frame(EventKind::page_dirtied, t0, 9);
      r.frame(EventKind::page_cleaned, t0, 9);
    }
    r.frame(EventKind::page_discarded, t0, 9, 1);
    CHECK(r.found() == (transferred ? Found{} : Found{"dirty-kept:lost"}));
    CHECK(r.exercised("dirty-kept") == 1);
  }
}

TEST_CASE("dirty-kept: a store through a stale entry after the page was cleaned is lost (E06)") {
  for (const bool flushed : {false, true}) {
    Rig r;
    r.give(t0, 9, 3, MmId::none());
    r.store(t0, 5, Rig::pte(9, true, false, 0x40));
    r.user(t1);
    r.fill(t1, 5);
    r.kernel(t0);
    r.call(t0, Call::munmap, 5);
    r.clear(t0, 5);
    r.frame(EventKind::page_dirtied, t0, 9);
    if (flushed) r.drop(t1, 5);
    r.frame(EventKind::page_cleaned, t2, 9);
    r.frame(EventKind::page_written, t2, 9);
    r.use(t1, 5, AccessKind::store);
    r.drop(t1, 5);
    r.ret(t0);
    r.frame(EventKind::page_discarded, t2, 9, 1);
    CHECK(r.found() == (flushed ? Found{} : Found{"dirty-kept:lost"}));
  }
}

TEST_CASE("dirty-kept: a store between the loss of the flag and the write of the page is in the write") {
  for (const bool before_the_write : {false, true}) {
    Rig r;
    r.give(t0, 9, 3, MmId::none());
    r.store(t0, 5, Rig::pte(9, true, false, 0x40));
    r.user(t1);
    r.fill(t1, 5);
    r.kernel(t0);
    r.call(t0, Call::dontneed, 5);
    r.clear(t0, 5);
    r.frame(EventKind::page_dirtied, t0, 9);
    r.frame(EventKind::page_cleaned, t2, 9);
    if (before_the_write) r.use(t1, 5, AccessKind::store);
    r.frame(EventKind::page_written, t2, 9);
    if (!before_the_write) r.use(t1, 5, AccessKind::store);
    r.drop(t1, 5);
    r.ret(t0);
    r.plain(EventKind::quiescent, t0, 1);
    CHECK(r.found() == (before_the_write ? Found{} : Found{"dirty-kept:lost"}));
  }
}

TEST_CASE("dirty-kept: a dirty bit that mprotect takes and gives back is not lost") {
  for (const bool given_back : {false, true}) {
    Rig r;
    r.give(t0, 9, 3, MmId::none());
    r.store(t0, 5, Rig::pte(9, true, false, 0x40));
    r.call(t0, Call::mprotect, 5);
    r.clear(t0, 5);
    r.store(t0, 5, Rig::pte(9, true, true, given_back ? 0x40 : 0));
    r.ret(t0);
    r.plain(EventKind::quiescent, t0, 1);
    CHECK(r.found() == (given_back ? Found{} : Found{"dirty-kept:lost"}));
  }
}

TEST_CASE("dirty-kept: a store to a page whose flag is set is covered by the flag") {
  Rig r;
  r.give(t0, 9, 3, MmId::none());
  r.store(t0, 5, Rig::pte(9, true, false, 0x40));
  r.frame(EventKind::page_dirtied, t0, 9);
  r.clear(t0, 5);
  r.plain(EventKind::quiescent, t0, 1);
  CHECK(r.found().empty());
}

TEST_CASE("dirty-kept: a driver's page has nothing to be written back to") {
  for (const std::uint64_t device : {0U, 1U}) {
    Rig r;
    Event given = r.make(EventKind::frame_allocated, t0);
    given.frame = Frame{9};
    given.a = device;
    r.emit(given);
    r.store(t0, 5, Rig::pte(9, true, false, 0x40));
    r.clear(t0, 5);
    r.plain(EventKind::quiescent, t0, 1);
    CHECK(r.found() == (device == 1 ? Found{} : Found{"dirty-kept:lost"}));
  }
}

TEST_CASE("dirty-kept: a page without backing may be discarded dirty") {
  Rig r;
  r.give(t0, 9, 3, MmId::none());
  r.store(t0, 5, Rig::pte(9, true, false, 0x40));
  r.clear(t0, 5);
  r.frame(EventKind::page_discarded, t0, 9, 0);
  CHECK(r.found().empty());
}

// ---- page_mkclean

TEST_CASE("no-stale-right: a right that page_mkclean takes is gone when it returns, not when its caller does") {
  for (const bool flushed : {false, true}) {
    Rig r;
    r.give(t0, 9, 3, MmId::none());
    r.store(t0, 5, Rig::pte(9, true, false, 0x40));
    r.user(t1);
    r.fill(t1, 5);
    r.kernel(t0);
    r.call(t0, Call::writeback, 5);
    r.call(t0, Call::page_mkclean, 5);
    r.clear(t0, 5);
    if (flushed) r.drop(t1, 5);
    r.store(t0, 5, Rig::pte(9, false, false));
    r.frame(EventKind::page_dirtied, t0, 9);
    r.ret(t0);
    CHECK(r.found() == (flushed ? Found{} : Found{"no-stale-right:write"}));
    r.ret(t0);
  }
}

// ---- mremap

/// t0 moves page 5 to page 6 under two page locks; t1 has page 5 in its TLB.
void move_page(Rig& r) {
  r.give(t0, 9, 3, MmId::none());
  r.store(t0, 5, Rig::pte(9));
  r.user(t1);
  r.fill(t1, 5);
  r.kernel(t0);
  r.call(t0, Call::mremap, 5);
  r.lock(t0, LockClass::ptl, 7);
  r.lock(t0, LockClass::ptl, 8);
  r.clear(t0, 5);
  r.store(t0, 6, Rig::pte(9));
}

TEST_CASE("post-condition: what mremap has moved is flushed before the destination's lock is released (E08)") {
  for (const int when : {0, 1, 2}) {  // under both locks, between the two releases, behind them
    Rig r;
    move_page(r);
    if (when == 0) r.drop(t1, 5);
    r.unlock(t0, LockClass::ptl, 8);
    if (when == 1) r.drop(t1, 5);
    r.unlock(t0, LockClass::ptl, 7);
    if (when == 2) r.drop(t1, 5);
    r.ret(t0);
    CHECK(r.found() == (when == 0 ? Found{} : Found{"post-condition:moved"}));
  }
}

TEST_CASE("post-condition: the source's lock may be released first") {
  Rig r;
  move_page(r);
  r.unlock(t0, LockClass::ptl, 7);
  r.drop(t1, 5);
  r.unlock(t0, LockClass::ptl, 8);
  r.ret(t0);
  CHECK(r.found().empty());
}

TEST_CASE("post-condition: a fill that was in flight brings a moved page back behind the unlock") {
  for (const bool before : {true, false}) {
    Rig r;
    move_page(r);
    r.drop(t1, 5);
    if (before) r.fill(t1, 5, 0, Rig::pte(9));
    if (before) r.drop(t1, 5);
    r.unlock(t0, LockClass::ptl, 8);
    if (!before) r.fill(t1, 5, 0, Rig::pte(9));
    r.unlock(t0, LockClass::ptl, 7);
    r.drop(t1, 5);
    r.ret(t0);
    CHECK(r.found() == (before ? Found{} : Found{"post-condition:moved"}));
  }
}

TEST_CASE("no-stale-frame: a moved page that others free leaves the old place's entry behind (E08)") {
  for (const bool flushed : {true, false}) {
    Rig r;
    move_page(r);
    if (flushed) r.drop(t1, 5);
    r.unlock(t0, LockClass::ptl, 8);
    r.unlock(t0, LockClass::ptl, 7);
    r.call(t2, Call::truncate, 5);
    r.clear(t2, 6);
    r.free(t2, 9);
    if (!flushed) r.use(t1, 5);
    if (!flushed) r.drop(t1, 5);
    r.ret(t2);
    r.ret(t0);
    CHECK(r.found() == (flushed ? Found{} : Found{"post-condition:moved", "no-stale-frame:freed"}));
  }
}

/// t0 hangs the table of pages 4 to 7 where it maps 8 to 11; t1 has page 5 in its TLB.
void move_table(Rig& r) {
  r.give(t0, 9, 3, MmId::none());
  r.store(t0, 5, Rig::pte(9, true, false, 0x40));
  r.user(t1);
  r.fill(t1, 5);
  r.kernel(t0);
  r.call(t0, Call::mremap, 4, 4);
  r.lock(t0, LockClass::page_table);
  Event moved = r.make(EventKind::table_moved, t0);
  moved.mm = MmId{0};
  moved.page = VirtPage{4};
  moved.a = 8;
  moved.b = 4;
  r.emit(moved);
}

TEST_CASE("post-condition: a moved table's pages are flushed at the old place before its lock is released") {
  for (const bool flushed : {true, false}) {
    Rig r;
    move_table(r);
    if (flushed) r.drop(t1, 5);
    r.unlock(t0, LockClass::page_table);
    if (!flushed) r.drop(t1, 5);
    r.ret(t0);
    CHECK(r.found() == (flushed ? Found{} : Found{"post-condition:moved"}));
  }
}

TEST_CASE("no-stale-frame: a page is freed through its table's old place and used at the new one (E09)") {
  for (const bool flushed_there : {true, false}) {
    Rig r;
    move_table(r);
    r.drop(t1, 5);
    r.fill(t1, 9, 0, Rig::pte(9, true, false, 0x40));
    r.unlock(t0, LockClass::page_table);
    r.ret(t0);
    r.call(t2, Call::reclaim, 1);
    Event cleared = r.make(EventKind::pte_stored, t2);
    cleared.mm = MmId{0};
    cleared.page = VirtPage{9};
    cleared.a = Rig::pte(9, true, false, 0x40).raw();
    r.emit(cleared);
    r.drop(t1, flushed_there ? 9 : 5);
    r.frame(EventKind::page_dirtied, t2, 9);
    r.free(t2, 9);
    if (!flushed_there) r.use(t1, 9);
    CHECK(r.found() == (flushed_there ? Found{} : Found{"no-stale-frame:freed"}));
  }
}

}  // namespace
}  // namespace mmulab
