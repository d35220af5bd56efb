// SPDX-License-Identifier: MIT
// Pages that are moved, shared, given up or reclaimed behind their owner's back: what must be caught, what must pass.
#include "tests/models/invariants/rig.h"
#include "tests/support/catch.h"

namespace mmulab {
namespace {

using test::Actor;
using test::Found;
using test::Rig;

const Actor t0 = Rig::on(0), t1 = Rig::on(1), t2 = Rig::on(2);
constexpr std::uint64_t dirty = 0x40;

/// Page 5 of mm 0 maps frame 9, writable and dirty; t1 has it in its TLB and is in user mode; t0 and t2 are not.
void map_and_touch(Rig& r) {
  r.give(t0, 9, 5);
  r.store(t0, 5, Rig::pte(9, true, false, dirty));
  r.user(t1);
  r.fill(t1, 5);
  r.use(t1, 5);
  r.kernel(t0);
  r.kernel(t2);
}

void begin_copy(Rig& r, Actor who, std::uint32_t source) {
  Event e = r.make(EventKind::copy_begun, who);
  e.mm = MmId{0};
  e.page = VirtPage{5};
  e.frame = Frame{source};
  r.emit(e);
}

void protect(Rig& r, Actor who, std::uint64_t rights) {
  Event e = r.make(EventKind::vma_protected, who);
  e.mm = MmId{0};
  e.page = VirtPage{5};
  e.a = rights;
  e.b = 1;
  r.emit(e);
}

// ---- migration, KSM

TEST_CASE("copy-isolation: while a page moves nobody may store to it, through whatever mapping") {
  for (const Call call : {Call::migrate, Call::migrate_vma, Call::ksm_merge})
    for (const bool flushed : {false, true})
      for (const std::uint32_t mm : {0U, 1U}) {
        Rig r;
        map_and_touch(r);
        r.store(t1, 5, Rig::pte(9, true, false, dirty), 1);
        if (mm == 1) {
          r.user(t1, 1);
          r.fill(t1, 5, 1);
        }
        r.call(t0, call, 5);
        r.clear(t0, 5, 1);
        r.clear(t0, 5);
        if (flushed) {
          r.drop(t1, 5);
          r.drop(t1, 5, 1);
        }
        begin_copy(r, t0, 9);
        r.use(t1, 5, AccessKind::store, mm);
        r.drop(t1, 5);
        r.drop(t1, 5, 1);
        r.store(t0, 5, Rig::pte(10, true));
        r.ret(t0);
        CHECK(r.found() == (flushed ? Found{} : Found{"copy-isolation:during"}));
        CHECK(r.exercised("copy-isolation") == 1);
      }
}

TEST_CASE("copy-isolation: a hint's pending flush is no fault, a store to the moved page's old frame is (E14)") {
  for (const bool flushed : {false, true}) {
    Rig r;
    map_and_touch(r);
    r.call(t2, Call::protnone, 5);
    r.store(t2, 5, Rig::pte(9, true, false, dirty).without(4));
    r.call(t0, Call::migrate, 5);
    r.clear(t0, 5);
    if (flushed) r.drop(t1, 5);
    begin_copy(r, t0, 9);
    r.store(t0, 5, Rig::pte(10, true));
    CHECK(r.found().empty());
    r.use(t1, 5, AccessKind::store);
    r.drop(t1, 5);
    r.ret(t0);
    r.ret(t2);
    CHECK(r.found() == (flushed ? Found{} : Found{"copy-isolation:after"}));
  }
}

TEST_CASE("a hint promises nobody anything: its call may return before its flush") {
  Rig r;
  map_and_touch(r);
  r.call(t2, Call::protnone, 5);
  r.store(t2, 5, Rig::pte(9, true, false, dirty).without(4));
  r.ret(t2);
  r.use(t1, 5, AccessKind::store);
  CHECK(r.found().empty());
}

TEST_CASE("one-view: who has seen the moved page's new frame written may not read the old one") {
  for (const bool written : {false, true}) {
    Rig r;
    map_and_touch(r);
    r.call(t0, Call::migrate, 5);
    r.clear(t0, 5);
    begin_copy(r, t0, 9);
    r.store(t0, 5, Rig::pte(10, true, false, dirty));
    r.user(t2);
    r.fill(t2, 5);
    r.use(t2, 5, written ? AccessKind::store : AccessKind::load);
    r.use(t1, 5, AccessKind::load);
    CHECK(r.found() == (written ? Found{"one-view:behind"} : Found{}));
  }
}

// ---- reclaim

TEST_CASE("no-stale-right: mprotect that finds a pte gone answers for the flush that is pending (E16)") {
  enum class Then { flushed, load, store, store_allowed };
  for (const Then then : {Then::flushed, Then::load, Then::store, Then::store_allowed}) {
    Rig r;
    map_and_touch(r);
    r.call(t2, Call::reclaim_anon, 5);
    r.clear(t2, 5);
    r.call(t0, Call::mprotect, 5);
    protect(r, t0, then == Then::store_allowed ? 1 : 0);
    r.use(t1, 5, AccessKind::store);  // the call has not returned
    if (then == Then::flushed) r.drop(t1, 5);
    r.ret(t0);
    CHECK(r.found().empty());
    r.use(t1, 5, then == Then::load ? AccessKind::load : AccessKind::store);
    r.drop(t1, 5);
    r.ret(t2);
    CHECK(r.found() == (then == Then::store ? Found{"no-stale-right:found-pending"} : Found{}));
  }
}

TEST_CASE("post-condition: madvise that finds a pte gone answers for reclaim's pending flush, reclaim does not") {
  for (const bool madvised : {false, true}) {
    Rig r;
    map_and_touch(r);
    r.call(t2, Call::reclaim_anon, 5);
    r.clear(t2, 5);
    if (madvised) {
      r.call(t0, Call::dontneed, 5);
      r.ret(t0);
    }
    r.ret(t2);
    r.use(t1, 5);
    CHECK(r.found() == (madvised ? Found{"post-condition:found-pending"} : Found{}));
  }
}

TEST_CASE("dirty-kept: a store after an anonymous page was written to swap is lost with it") {
  for (const bool flushed : {false, true}) {
    Rig r;
    map_and_touch(r);
    r.call(t2, Call::reclaim_anon, 5);
    r.clear(t2, 5);
    r.use(t1, 5, AccessKind::store);
    if (flushed) r.drop(t1, 5);
    r.frame(EventKind::page_cleaned, t2, 9);
    r.frame(EventKind::page_written, t2, 9);
    r.use(t1, 5, AccessKind::store);
    r.drop(t1, 5);
    r.frame(EventKind::page_discarded, t2, 9, 1);
    r.ret(t2);
    CHECK(r.found() == (flushed ? Found{} : Found{"dirty-kept:lost"}));
    CHECK(r.exercised("dirty-kept") == 1);
  }
}

// ---- who may use what

TEST_CASE("Hardware threads of a core share its entries: a sibling that was never seen is not known to use them") {
  LedgerConfig config = test::rig_config();
  config.threads_per_core = 2;
  Rig r(config);
  r.give(t0, 9, 5);
  r.store(t0, 5, Rig::pte(9));
  r.kernel(t0);
  r.user(t2);
  r.fill(t2, 5);  // core 1: cpus 2 and 3
  r.kernel(t2);
  r.call(t0, Call::munmap, 5);
  r.clear(t0, 5);
  r.ret(t0);
  CHECK(r.found().empty());
}

// ---- MADV_FREE

/// t0 gives page 5 up: under one PTL hold the pte goes and comes back clean.
void give_up(Rig& r) {
  r.call(t0, Call::madv_free, 5);
  r.lock(t0);
  r.clear(t0, 5);
  r.store(t0, 5, Rig::pte(9, true));
  r.frame(EventKind::page_lazyfreed, t0, 9);
  r.unlock(t0);
}
void discard(Rig& r) {
  r.call(t2, Call::discard, 5);
  r.clear(t2, 5);
  r.frame(EventKind::page_discarded, t2, 9, 2);
}

TEST_CASE("dirty-kept: what is stored beside MADV_FREE may go, what is stored after it may not (E17b)") {
  enum class Then { beside, after, after_other, flushed };
  for (const Then then : {Then::beside, Then::after, Then::after_other, Then::flushed}) {
    Rig r;
    map_and_touch(r);
    give_up(r);
    if (then == Then::flushed) r.drop(t1, 5);
    if (then == Then::after_other) {
      r.call(t2, Call::madv_free, 5);
      r.ret(t2);
    }
    if (then == Then::after || then == Then::flushed) r.ret(t0);
    r.use(t1, 5, AccessKind::store);
    r.drop(t1, 5);
    discard(r);
    CHECK(r.found() == (then == Then::after || then == Then::after_other ? Found{"dirty-kept:lost"} : Found{}));
  }
}

TEST_CASE("dirty-kept: a page that was given up, and is dirty again, may not be dropped") {
  for (const bool kept : {false, true}) {
    Rig r;
    map_and_touch(r);
    give_up(r);
    r.drop(t1, 5);
    r.ret(t0);
    r.store(t1, 5, Rig::pte(9, true, false, dirty));  // hardware, at the next store
    r.call(t2, Call::discard, 5);
    r.clear(t2, 5);
    if (kept) {
      r.frame(EventKind::page_dirtied, t2, 9);
      r.plain(EventKind::quiescent, t0, 1);
    } else {
      r.frame(EventKind::page_discarded, t2, 9, 2);
    }
    CHECK(r.found() == (kept ? Found{} : Found{"dirty-kept:lost"}));
  }
}

}  // namespace
}  // namespace mmulab
