// SPDX-License-Identifier: MIT
// The hashed page table's invariants: duplicates D1 and D2, what is none (D3), tracking, TSB copies.
#include "tests/support/catch.h"
#include "tests/models/invariants/rig.h"

namespace mmulab {
namespace {

using test::Actor;
using test::Found;
using test::Rig;

const Actor t0 = Rig::on(0), t1 = Rig::on(1);

/// Page 511 maps the zero page (frame 0) read-only, hashed into slot 3; both cpus run mm 0.
void zero_page_hashed(Rig& r) {
  r.store(t0, 511, Rig::pte(0, false, false, Rig::hashed(3)));
  r.hpte(t1, Rig::slot(3), 511, 0);
  r.user(t1);
  r.fill(t1, 511);
}

/// Task 0 zaps page 511 under the lock and, if `inside`, flushes before it lets go of it.
void zap(Rig& r, bool inside) {
  r.kernel(t0);
  r.call(t0, Call::zero_read, 508, 132);
  r.lock(t0);
  r.clear(t0, 511);
  r.note(t0, 511);
  if (inside) {
    r.hpte(t0, Rig::slot(3), 511, 0, false);
    r.drop(t1, 511);
    r.flushed(t0, 1);
  }
  r.unlock(t0);
}

/// Task 1 refaults page 511 with frame 20, hashed into slot 5.
void refault(Rig& r) {
  r.kernel(t1);
  r.call(t1, Call::fault, 511);
  r.lock(t1);
  r.give(t1, 20, 511);
  r.store(t1, 511, Rig::pte(20, true, false, 0x40));
  r.hpte(t1, Rig::slot(5), 511, 20);
  r.store(t1, 511, Rig::pte(20, true, false, 0x40 | Rig::hashed(5)));
  r.unlock(t1);
  r.ret(t1);
}

TEST_CASE("no-duplicate-hpte: a refault while the zap's flush is pending past the unlock is D1") {
  LedgerConfig config = test::ppc64_rig();
  config.empty_at_unlock = false;
  Rig r(config);
  zero_page_hashed(r);
  zap(r, false);
  refault(r);
  REQUIRE(r.found() == Found{"no-duplicate-hpte:D1"});
  const Violation& v = r.checker.violations()[0];
  CHECK(v.page == VirtPage{511});
  CHECK(v.va == VirtAddr{511U << 12});
  CHECK(v.locations == std::vector<Location>{Location{Rig::slot(3)}, Location{Rig::slot(5)}});
  CHECK(v.message.find("owner of the pending entry (task 0) no longer holds") != std::string::npos);
  CHECK(v.story.size() >= 3);
  CHECK(v.story.size() <= 8);
  std::string story;
  for (const std::string& line : v.story) story += line + "\n";
  CHECK(story.find("older entry at word 1030") != std::string::npos);
  CHECK(story.find("newer entry at word 1034") != std::string::npos);
  CHECK(story.find("in read(/dev/zero)") != std::string::npos);
  CHECK(story.find("held by task 1") != std::string::npos);
  CHECK(r.reached("hpte-inserted-while-flush-pending") == 1);
}

TEST_CASE("no-duplicate-hpte: the same refault is clean if the flush came before the unlock") {
  Rig r(test::ppc64_rig());
  zero_page_hashed(r);
  zap(r, true);
  refault(r);
  CHECK(r.found().empty());
  CHECK(r.exercised("no-duplicate-hpte") == 2);
}

TEST_CASE("no-duplicate-hpte: a refault of the very same frame is D1 all the same (direct I/O)") {
  LedgerConfig config = test::ppc64_rig();
  config.empty_at_unlock = false;
  Rig r(config);
  zero_page_hashed(r);
  zap(r, false);
  r.call(t1, Call::fault, 511);
  r.lock(t1);
  r.store(t1, 511, Rig::pte(0, false));
  r.hpte(t1, Rig::slot(5), 511, 0);
  CHECK(r.found() == Found{"no-duplicate-hpte:D1"});
}

/// Task 0 changes page 6's rights in a shared mapping by get-and-clear and set; task 1 hashes it in between.
void rehash(Rig& r, bool keeps_slot) {
  r.store(t0, 6, Rig::pte(30, true, false, Rig::hashed(1)));
  r.hpte(t1, Rig::slot(1), 6, 30);
  r.user(t1);
  r.call(t0, Call::mprotect, 6);
  r.lock(t0);
  r.clear(t0, 6);
  if (!keeps_slot) r.note(t0, 6);
  r.store(t0, 6, Rig::pte(30, true, true, keeps_slot ? Rig::hashed(1) : 0));
  // The permission fault finds HASHPTE and updates slot 1, or finds none and inserts.
  r.hpte(t1, keeps_slot ? Rig::slot(1) : Rig::slot(2), 6, 30);
}

TEST_CASE(
    "no-duplicate-hpte: hashing a pte again that mprotect has stripped is D2, with the owner holding the lock") {
  for (const bool keeps_slot : {false, true}) {
    Rig r(test::ppc64_rig());
    rehash(r, keeps_slot);
    CHECK(r.found() == (keeps_slot ? Found{} : Found{"no-duplicate-hpte:D2"}));
    if (!keeps_slot)
      CHECK(r.checker.violations()[0].message.find("(task 0) still holds the page-table lock") !=
            std::string::npos);
  }
}

TEST_CASE("no-duplicate-hpte: it is the same pte only under one hold of the lock and with one frame") {
  for (const int variant : {0, 1, 2}) {  // same hold and frame, lock let go in between, another frame
    LedgerConfig config = test::ppc64_rig();
    config.empty_at_unlock = false;
    Rig r(config);
    r.store(t0, 6, Rig::pte(30, false, false, Rig::hashed(1)));
    r.hpte(t1, Rig::slot(1), 6, 30);
    r.call(t0, Call::zero_read, 6);
    r.lock(t0);
    r.clear(t0, 6);
    r.note(t0, 6);
    if (variant == 1) {
      r.unlock(t0);
      r.lock(t0);
    }
    const std::uint32_t frame = variant == 2 ? 31 : 30;
    r.store(t0, 6, Rig::pte(frame));
    r.hpte(t1, Rig::slot(2), 6, frame);
    CHECK(r.found() == Found{variant == 0 ? "no-duplicate-hpte:D2" : "no-duplicate-hpte:D1"});
  }
}

TEST_CASE("no-duplicate-hpte: a pte whose slot bits were stripped in place is D2, too") {
  Rig r(test::ppc64_rig());
  r.store(t0, 6, Rig::pte(30, false, false, Rig::hashed(1)));
  r.hpte(t1, Rig::slot(1), 6, 30);
  r.lock(t0);
  r.store(t0, 6, Rig::pte(30, true));
  r.hpte(t1, Rig::slot(2), 6, 30);
  CHECK(r.found() == Found{"no-duplicate-hpte:D2"});
}

TEST_CASE(
    "no-duplicate-hpte: entries of different tag, page or segment size do not clash, a large one covers its "
    "pages") {
  Rig r(test::ppc64_rig());
  r.hpte(t1, Rig::slot(0), 4096, 30);
  r.hpte(t1, Rig::slot(1), 4097, 31);
  r.hpte(t1, Rig::slot(2), 4096, 32, true, 1);
  r.hpte(t1, Rig::slot(3), 4096, 33, true, 0, std::uint64_t{1} << 62);
  CHECK(r.found().empty());
  r.hpte(t1, Rig::slot(4), 8192, 40, true, 0, 4);  // 16 MiB from page 8192
  CHECK(r.found().empty());
  r.hpte(t1, Rig::slot(5), 8200, 41);
  CHECK(r.found() == Found{"no-duplicate-hpte:D2"});
}

TEST_CASE("no-duplicate-hpte: an entry may move to another slot once the old one is invalid") {
  Rig r(test::ppc64_rig());
  zero_page_hashed(r);
  r.hpte(t1, Rig::slot(3), 511, 0, false);
  r.hpte(t1, Rig::slot(4), 511, 0);
  CHECK(r.found().empty());
}

TEST_CASE("D3: a flush that kills the newer entry is counted, and breaks no rule") {
  LedgerConfig config = test::ppc64_rig();
  config.empty_at_unlock = false;
  Rig r(config);
  zero_page_hashed(r);
  zap(r, false);
  r.hpte(t1, Rig::slot(3), 511, 0, false);  // evicted
  r.kernel(t1);
  r.call(t1, Call::fault, 511);
  r.lock(t1);
  r.store(t1, 511, Rig::pte(20, true, false, 0x40));
  r.hpte(t1, Rig::slot(3), 511, 20);
  r.store(t1, 511, Rig::pte(20, true, false, 0x40 | Rig::hashed(3)));
  r.unlock(t1);
  r.ret(t1);
  CHECK(r.ledger->over_invalidations() == 0);
  r.plain(EventKind::flush_begun, t0);
  r.hpte(t0, Rig::slot(3), 511, 20, false);  // equal AVPN
  r.drop(t1, 511);
  r.plain(EventKind::flush_done, t0);
  r.flushed(t0, 1);
  r.ret(t0);
  CHECK(r.ledger->over_invalidations() == 1);
  CHECK(r.found().empty());
}

TEST_CASE("A load through the stale hash entry during the zap is legal: the page is pinned") {
  LedgerConfig config = test::ppc64_rig();
  config.empty_at_unlock = false;
  Rig r(config);
  zero_page_hashed(r);
  zap(r, false);
  r.drop(t1, 511);
  r.fill(t1, 511, 0, Rig::pte(0));  // the hardware finds slot 3 again
  r.use(t1, 511);
  CHECK(r.found().empty());
  CHECK(r.reached("stale-hit-on-pending-page") == 1);
  r.hpte(t0, Rig::slot(3), 511, 0, false);
  r.drop(t1, 511);
  r.flushed(t0, 1);
  r.ret(t0);
  CHECK(r.found().empty());
}

TEST_CASE("post-condition: a hash entry that outlives the call can be used by whoever runs the mm") {
  for (const bool flushed : {false, true}) {
    LedgerConfig config = test::ppc64_rig();
    config.empty_at_unlock = false;
    Rig r(config);
    zero_page_hashed(r);
    zap(r, false);
    r.drop(t1, 511);
    if (flushed) r.hpte(t0, Rig::slot(3), 511, 0, false);
    r.ret(t0);
    CHECK(r.found() == (flushed ? Found{} : Found{"post-condition:own"}));
  }
}

// ---- hpt-tracked

TEST_CASE("hpt-tracked: an entry whose pte was cleared and that no batch has is lost when the lock is released") {
  for (const int variant : {0, 1, 2}) {  // forgotten, noted, pte keeps the slot (tombstone)
    LedgerConfig config = test::ppc64_rig();
    config.empty_at_unlock = false;
    Rig r(config);
    zero_page_hashed(r);
    r.kernel(t0);
    r.call(t0, Call::munmap, 511);
    r.lock(t0);
    if (variant == 2) r.store(t0, 511, Pte{Rig::hashed(3)});
    else r.clear(t0, 511);
    if (variant == 1) r.note(t0, 511);
    r.unlock(t0);
    CHECK(r.found() == (variant == 0 ? Found{"hpt-tracked:untracked"} : Found{}));
    CHECK(r.exercised("hpt-tracked") == 1);
  }
}

TEST_CASE("hpt-tracked: when BUSY goes, the pte's slot must be the entry's, the converse is never required") {
  for (const std::uint64_t slot : {5U, 6U}) {
    Rig r(test::ppc64_rig());
    r.store(t1, 8, Rig::pte(40));
    r.store(t1, 8, Rig::pte(40, false, false, 0x200));
    r.hpte(t1, Rig::slot(5), 8, 40);
    CHECK(r.found().empty());
    r.store(t1, 8, Rig::pte(40, false, false, Rig::hashed(slot)));
    CHECK(r.found() == (slot == 5 ? Found{} : Found{"hpt-tracked:untracked"}));
    r.hpte(t1, Rig::slot(5), 8, 40, false);  // evicted: HASHPTE stays, nothing is wrong
    r.plain(EventKind::quiescent, t1, 1);
    CHECK(r.found().size() == (slot == 5 ? 0 : 1));
  }
}

TEST_CASE("hpt-tracked: when BUSY goes, the entry that the pte names leads to the pte's own frame") {
  for (const std::uint32_t frame : {40U, 41U}) {
    Rig r(test::ppc64_rig());
    r.store(t1, 8, Rig::pte(40, false, false, 0x200));
    r.hpte(t1, Rig::slot(5), 8, frame);
    r.store(t1, 8, Rig::pte(40, false, false, Rig::hashed(5)));
    CHECK(r.found() == (frame == 40 ? Found{} : Found{"hpt-tracked:frame"}));
  }
}

TEST_CASE("hpt-tracked: a pte that maps nothing names no valid entry when BUSY goes") {
  for (const bool removed : {false, true}) {
    Rig r(test::ppc64_rig());
    r.store(t1, 8, Rig::pte(40, false, false, 0x200));
    r.hpte(t1, Rig::slot(5), 8, 40);
    r.store(t1, 8, Rig::pte(40, false, false, 0x200 | Rig::hashed(5)));
    if (removed) r.hpte(t1, Rig::slot(5), 8, 40, false);
    r.store(t1, 8, Pte{Rig::hashed(5)});
    CHECK(r.found() == (removed ? Found{} : Found{"hpt-tracked:absent"}));
  }
}

TEST_CASE("hpt-tracked: a secondary entry needs the secondary bit") {
  for (const bool bit : {false, true}) {
    Rig r(test::ppc64_rig());
    r.store(t1, 8, Rig::pte(40, false, false, 0x200));
    r.hpte(t1, Rig::slot(5), 8, 40, true, 0, 2);
    r.store(t1, 8, Rig::pte(40, false, false, Rig::hashed(5) | (bit ? 0x400U : 0U)));
    CHECK(r.found() == (bit ? Found{} : Found{"hpt-tracked:untracked"}));
  }
}

TEST_CASE("hpt-tracked: entries being flushed outside the lock stay tracked until the flush is done") {
  for (const bool removed : {false, true}) {
    LedgerConfig config = test::ppc64_rig();
    config.empty_at_unlock = false;
    Rig r(config);
    zero_page_hashed(r);
    zap(r, false);
    r.plain(EventKind::flush_begun, t0);  // another flush of the same task, of something else
    r.plain(EventKind::flush_done, t0);
    r.plain(EventKind::flush_begun, t0);
    r.flushed(t0, 1);
    r.kernel(t1);
    r.lock(t1);
    r.store(t1, 511, Pte{0x20});  // somebody writes a swap entry there meanwhile
    r.unlock(t1);
    CHECK(r.found().empty());
    if (removed) r.hpte(t0, Rig::slot(3), 511, 0, false);
    r.plain(EventKind::flush_done, t0);
    r.plain(EventKind::quiescent, t0, 1);
    CHECK(r.found() == (removed ? Found{} : Found{"hpt-tracked:untracked"}));
  }
}

// ---- batch-empty-at-unlock, context-clean-at-free

TEST_CASE("batch-empty-at-unlock: who promises an empty batch has none pending when the lock is released") {
  for (const bool flushed : {false, true}) {
    Rig r(test::ppc64_rig());
    r.lock(t0);
    r.note(t0, 4, 1);
    r.note(t0, 5, 2);
    if (flushed) r.flushed(t0, 2);
    r.unlock(t0);
    CHECK(r.found() == (flushed ? Found{} : Found{"batch-empty-at-unlock:pending"}));
    CHECK(r.exercised("batch-empty-at-unlock") == 1);
  }
}

TEST_CASE("batch-empty-at-unlock: another cpu's batch, and other locks, do not matter") {
  Rig r(test::ppc64_rig());
  r.note(t1, 5, 1);
  r.lock(t0);
  r.unlock(t0);
  r.lock(t1, LockClass::zone);
  r.unlock(t1, LockClass::zone);
  CHECK(r.found().empty());
}

TEST_CASE("context-clean-at-free: a context id is freed only when no hash entry has it") {
  for (const bool flushed : {false, true}) {
    Rig r(test::ppc64_rig());
    r.hpte(t1, Rig::slot(3), 511, 9);
    const std::uint64_t inserted = r.ledger->order();
    if (flushed) r.hpte(t1, Rig::slot(3), 511, 9, false);
    Event e = r.make(EventKind::tag_retired, t0);
    e.tag = Tag{0};
    r.emit(e);
    CHECK(r.found() == (flushed ? Found{} : Found{"context-clean-at-free:hpte"}));
    if (!flushed) CHECK(r.opened_by() == inserted);
  }
}

// ---- TSB

TEST_CASE("A TSB entry is a copy: it must be invalid when the unmapping call returns, and dies with its TSB") {
  constexpr std::uint64_t invalid = std::uint64_t{1} << 46;
  for (const int variant : {0, 1, 2}) {  // left, invalidated, the TSB was replaced
    LedgerConfig config = test::rig_config();
    config.tsb = true;
    Rig r(config);
    r.store(t0, 5, Rig::pte(9, true));
    r.user(t1);
    Event e = r.make(EventKind::tsb_stored, t1);
    e.mm = MmId{0};
    e.page = VirtPage{5};
    e.location = Location{500};
    e.b = Rig::pte(9, true).raw();
    r.emit(e);
    r.kernel(t0);
    r.call(t0, Call::munmap, 5);
    r.clear(t0, 5);
    CHECK(r.stream.attended());
    if (variant == 1) {
      e.a = invalid;
      r.emit(e);
    } else if (variant == 2) {
      Event gone = r.make(EventKind::tsb_freed, t0);
      gone.location = Location{480};
      gone.a = 64;
      r.emit(gone);
    }
    r.ret(t0);
    CHECK(r.found() == (variant == 0 ? Found{"post-condition:own"} : Found{}));
  }
}

}  // namespace
}  // namespace mmulab
