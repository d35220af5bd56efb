// SPDX-License-Identifier: MIT
// Each invariant about translations: a sequence that it must catch, and a near-identical one that it must let
// pass.
#include "tests/support/catch.h"
#include "tests/models/invariants/rig.h"

namespace mmulab {
namespace {

using test::Actor;
using test::Found;
using test::Rig;

const Actor t0 = Rig::on(0), t1 = Rig::on(1), t2 = Rig::on(2);

/// Page 5 of mm 0 maps frame 9 read-write; t1 has it in its TLB and is in user mode; t0 is in the kernel.
void map_and_touch(Rig& r, Actor user = t1) {
  r.give(t0, 9, 5);
  r.store(t0, 5, Rig::pte(9, true, false, 0x40));
  r.user(user);
  r.fill(user, 5);
  r.use(user, 5);
  r.kernel(t0);
}

// ---- no-stale-frame

TEST_CASE("A story names a TLB that holds several copies once, and every TLB") {
  Rig r;
  map_and_touch(r);
  const Pte old = Rig::pte(9, true, false, 0x40);
  r.fill(t2, 5);
  r.call(t0, Call::munmap, 5);
  r.clear(t0, 5);
  r.fill(t1, 5, 0, old);  // a walk that had read the pte before it was cleared
  r.free(t0, 9);
  r.give(t2, 9, 77, MmId{1});
  REQUIRE_FALSE(r.checker.violations().empty());
  const std::string told = r.checker.violations().front().story.back();
  const auto once = [&](const std::string& part) {
    return told.find(part) != std::string::npos && told.find(part) == told.rfind(part);
  };
  INFO(told);
  CHECK(once("TLB of core 1"));
  CHECK(once("TLB of core 2"));
}

TEST_CASE("no-stale-frame: a frame given to another owner while a running cpu's TLB leads to it is a violation") {
  for (const bool flushed : {false, true}) {
    Rig r;
    map_and_touch(r);
    r.call(t0, Call::munmap, 5);
    r.clear(t0, 5);
    if (flushed) r.drop(t1, 5);
    r.free(t0, 9);
    r.give(t2, 9, 77, MmId{1});
    CHECK(r.found() == (flushed ? Found{} : Found{"no-stale-frame:freed"}));
    CHECK(r.exercised("no-stale-frame") > 0);
  }
}

TEST_CASE(
    "no-stale-frame: an access through a stale entry is legal while the page is pinned, and not once it is "
    "freed") {
  for (const bool freed : {false, true}) {
    Rig r;
    map_and_touch(r);
    r.call(t0, Call::munmap, 5);
    r.clear(t0, 5);
    if (freed) r.free(t0, 9);
    r.use(t1, 5, AccessKind::store);
    r.drop(t1, 5);
    if (!freed) r.free(t0, 9);
    r.ret(t0);
    CHECK(r.found() == (freed ? Found{"no-stale-frame:freed"} : Found{}));
  }
}

TEST_CASE("no-stale-frame: a walk that an invalidation overtook must not fill after the free") {
  for (const bool overtaken : {false, true}) {
    Rig r;
    map_and_touch(r);
    const Pte seen_by_walk = r.now_at(5);
    r.call(t0, Call::munmap, 5);
    r.clear(t0, 5);
    r.drop(t1, 5);
    r.free(t0, 9);
    if (overtaken) r.fill(t1, 5, 0, seen_by_walk);
    CHECK(r.found() == (overtaken ? Found{"no-stale-frame:freed"} : Found{}));
  }
}

TEST_CASE("no-stale-frame: a lazy cpu may keep stale entries, but may not return to user mode with them") {
  for (const bool flushes_on_switch : {false, true}) {
    Rig r;
    map_and_touch(r);
    r.kernel(t1);
    r.mode(EventKind::switched_in, t1, MmId::none());  // a kernel thread borrows the mm
    r.call(t0, Call::munmap, 5);
    r.clear(t0, 5);
    r.free(t0, 9);
    r.give(t2, 9, 77, MmId{1});
    r.ret(t0);
    CHECK(r.found().empty());
    r.mode(EventKind::switched_in, t1, MmId{0});
    if (flushes_on_switch) r.drop_all(t1);
    r.user(t1);
    // Back in user mode the entry is usable: the frame is dead, and the munmap had returned.
    CHECK(r.found() == (flushes_on_switch ? Found{} : Found{"no-stale-frame:freed", "post-condition:own"}));
  }
}

TEST_CASE("no-stale-frame: a cpu whose interrupt is delivered takes it before its next access") {
  for (const bool delivered : {false, true}) {
    Rig r;
    map_and_touch(r);
    r.call(t0, Call::munmap, 5);
    r.clear(t0, 5);
    if (delivered) r.ipi(t1);
    r.free(t0, 9);
    r.give(t2, 9, 77, MmId{1});
    CHECK(r.found() == (delivered ? Found{} : Found{"no-stale-frame:freed"}));
    if (!delivered) continue;
    r.kernel(t1);
    r.user(t1);  // ... and back without having flushed
    CHECK(r.found() == Found{"no-stale-frame:freed"});
  }
}

TEST_CASE("no-stale-frame: an entry under another tag than the loaded one is not usable") {
  for (const std::uint32_t loaded : {0U, 6U}) {
    LedgerConfig config = test::rig_config();
    config.hardware_tags = true;
    Rig r(config);
    r.load_tag(t1, 0, 0);
    map_and_touch(r);
    r.kernel(t1);
    r.load_tag(t1, loaded, loaded);
    r.user(t1, loaded);
    r.call(t0, Call::munmap, 5);
    r.clear(t0, 5);
    r.free(t0, 9);
    r.give(t2, 9, 77, MmId{1});
    CHECK(r.found() == (loaded == 0 ? Found{"no-stale-frame:freed"} : Found{}));
  }
}

TEST_CASE("no-stale-frame: a frame freed while its pte still stands is a violation for whoever uses the pte") {
  Rig r;
  map_and_touch(r);
  r.free(t0, 9);
  r.use(t1, 5);
  CHECK(r.found() == Found{"no-stale-frame:freed"});
}

TEST_CASE("An eviction is not reported, and an evicted entry is not held against anyone") {
  for (const bool evicted : {false, true}) {
    Rig r;
    map_and_touch(r);
    r.call(t0, Call::munmap, 5);
    r.clear(t0, 5);
    if (evicted) r.evict(t1, 5);
    r.ret(t0);
    CHECK(r.found() == (evicted ? Found{} : Found{"post-condition:own"}));
  }
}

TEST_CASE("Hardware threads of a core share its entries: the sibling in user mode can use them") {
  for (const bool sibling_runs : {false, true}) {
    LedgerConfig config = test::rig_config();
    config.threads_per_core = 2;
    Rig r(config);
    r.give(t0, 9, 5);
    r.store(t0, 5, Rig::pte(9));
    r.kernel(t0);
    r.kernel(t1);
    r.user(t2);
    r.fill(t2, 5);  // core 1: cpus 2 and 3
    r.kernel(t2);
    const Actor t3 = Rig::on(3);
    if (sibling_runs) r.user(t3);
    else r.kernel(t3);
    r.call(t0, Call::munmap, 5);
    r.clear(t0, 5);
    r.ret(t0);
    CHECK(r.found() == (sibling_runs ? Found{"post-condition:own"} : Found{}));
  }
}

// ---- no-stale-right

TEST_CASE("no-stale-right: a write right that mprotect took must be gone on every running cpu when it returns") {
  for (const bool flushed : {false, true}) {
    Rig r;
    map_and_touch(r);
    r.call(t0, Call::mprotect, 5);
    r.store(t0, 5, Rig::pte(9, false, false, 0x40));
    r.use(t1, 5, AccessKind::store);  // before the due event: legal
    if (flushed) r.drop(t1, 5);
    r.ret(t0);
    CHECK(r.found() == (flushed ? Found{} : Found{"no-stale-right:write"}));
    CHECK(r.exercised("no-stale-right") == 1);
  }
}

TEST_CASE("no-stale-right: a cpu in the kernel at the return is caught at its first access by the revoked right") {
  for (const AccessKind kind : {AccessKind::load, AccessKind::store}) {
    Rig r;
    map_and_touch(r);
    r.kernel(t1);
    r.call(t0, Call::mprotect, 5);
    r.store(t0, 5, Rig::pte(9, false, false, 0x40));
    r.ret(t0);
    CHECK(r.found().empty());
    r.user(t1);
    r.use(t1, 5, kind);
    // Reading was never taken away.
    CHECK(r.found() == (kind == AccessKind::store ? Found{"no-stale-right:write"} : Found{}));
  }
}

TEST_CASE("no-stale-right: raising rights, and taking the accessed bit, leave nothing due") {
  Rig r;
  r.give(t0, 9, 5);
  r.store(t0, 5, Rig::pte(9, false, false, 0x20));
  r.user(t1);
  r.fill(t1, 5);
  r.call(t0, Call::mprotect, 5);
  r.store(t0, 5, Rig::pte(9, true, true, 0x20));
  r.store(t0, 5, Rig::pte(9, true, true));
  r.ret(t0);
  r.use(t1, 5);
  CHECK(r.found().empty());
  CHECK(r.ledger->open().empty());
}

TEST_CASE("no-stale-right: a right that is given back before the return is not stale") {
  for (const bool given_back : {false, true}) {
    Rig r;
    map_and_touch(r);
    r.call(t0, Call::mprotect, 5);
    r.clear(t0, 5);
    r.store(t0, 5, Rig::pte(9, given_back, false, 0x40));
    r.ret(t0);
    CHECK(r.found() == (given_back ? Found{} : Found{"no-stale-right:write"}));
  }
}

TEST_CASE("no-stale-right: PROT_NONE takes even reading away") {
  Rig r;
  map_and_touch(r);
  r.kernel(t1);
  r.call(t0, Call::mprotect, 5);
  r.store(t0, 5, Rig::pte(9).without(4));
  r.ret(t0);
  r.user(t1);
  r.use(t1, 5, AccessKind::load);
  CHECK(r.found() == Found{"no-stale-right:read"});
}

TEST_CASE("D4: a parent's thread may store through the old entry until the end of dup_mmap, not after it") {
  for (const bool flushed : {false, true}) {
    Rig r;
    map_and_touch(r);
    r.call(t0, Call::fork, 0, 0);
    r.lock(t0, LockClass::mmap_sem, 100);
    r.lock(t0, LockClass::mmap_sem, 200);  // the child's
    r.store(t0, 5, Rig::pte(9, false, false, 0x40));
    r.store(t0, 5, Rig::pte(9, false), 1);
    r.use(t1, 5, AccessKind::store);
    r.unlock(t0, LockClass::mmap_sem, 200);
    r.use(t1, 5, AccessKind::store);
    CHECK(r.found().empty());
    if (flushed) r.drop(t1, 5);
    r.unlock(t0, LockClass::mmap_sem, 100);
    r.use(t1, 5, AccessKind::store);
    r.ret(t0);
    CHECK(r.found() == (flushed ? Found{} : Found{"no-stale-right:write"}));
  }
}

// ---- post-condition

TEST_CASE("post-condition: nobody in user mode reaches what munmap has unmapped once it returned") {
  for (const bool flushed : {false, true}) {
    Rig r;
    map_and_touch(r);
    r.call(t0, Call::munmap, 5);
    r.clear(t0, 5);
    if (flushed) r.drop(t1, 5);
    r.ret(t0);
    CHECK(r.found() == (flushed ? Found{} : Found{"post-condition:own"}));
    CHECK(r.exercised("post-condition") > 0);
  }
}

TEST_CASE("post-condition: the caller's own stale entry counts when it is back in user mode") {
  Rig r;
  map_and_touch(r, t0);
  r.call(t0, Call::dontneed, 5);
  r.clear(t0, 5);
  r.ret(t0);
  CHECK(r.found().empty());
  r.user(t0);
  CHECK(r.found() == Found{"post-condition:own"});
}

TEST_CASE(
    "post-condition: MADV_DONTNEED must not return while another thread's zap of the same pte is unflushed") {
  for (const bool waits : {false, true}) {
    Rig r;
    map_and_touch(r, t2);
    r.kernel(t1);
    r.call(t0, Call::dontneed, 5);
    r.call(t1, Call::dontneed, 5);
    r.clear(t0, 5);  // t0 takes the pte; t1 finds it gone
    if (waits) r.drop(t2, 5);
    r.ret(t1);
    CHECK(r.found() == (waits ? Found{} : Found{"post-condition:found-pending"}));
    if (!waits) r.drop(t2, 5);
    r.ret(t0);
    CHECK(r.found().size() == (waits ? 0 : 1));
  }
}

TEST_CASE("post-condition: what another thread faulted in after the call's walk is not the call's affair") {
  Rig r;
  map_and_touch(r, t2);
  r.kernel(t1);
  r.call(t1, Call::dontneed, 5);
  r.clear(t1, 5);
  r.drop(t2, 5);
  r.give(t2, 10, 5);
  r.call(t2, Call::fault, 5);
  r.store(t2, 5, Rig::pte(10, true));
  r.ret(t2);
  r.fill(t2, 5);
  r.call(t0, Call::dontneed, 5);
  r.clear(t0, 5);  // the new instance, by another call, unflushed
  r.ret(t1);
  CHECK(r.found().empty());
}

TEST_CASE("post-condition: a refault of the same shared page is legal, old entry or new") {
  Rig r;
  map_and_touch(r);
  r.call(t0, Call::dontneed, 5);
  r.clear(t0, 5);
  r.call(t1, Call::fault, 5);
  r.store(t1, 5, Rig::pte(9, true, false, 0x40));
  r.ret(t1);
  r.ret(t0);
  r.use(t1, 5, AccessKind::store);
  CHECK(r.found().empty());
}

TEST_CASE("post-condition: a range beside the call's owes it nothing") {
  for (const std::uint64_t first : {4U, 6U}) {
    Rig r;
    map_and_touch(r, t2);
    r.kernel(t1);
    r.call(t0, Call::dontneed, 5);
    r.call(t1, Call::dontneed, first);
    r.clear(t0, 5);
    r.ret(t1);
    CHECK(r.found().empty());
  }
}

TEST_CASE("post-condition: pages of a PFNMAP area are due at the unlink, others at the return") {
  for (const VmaKind kind : {VmaKind::anonymous, VmaKind::pfnmap}) {
    Rig r;
    map_and_touch(r);
    r.call(t0, Call::munmap, 5);
    r.clear(t0, 5);
    Event e = r.make(EventKind::vma_unlinked, t0);
    e.mm = MmId{0};
    e.page = VirtPage{5};
    e.a = static_cast<std::uint64_t>(kind);
    e.b = 1;
    r.emit(e);
    CHECK(r.found() == (kind == VmaKind::pfnmap ? Found{"post-condition:own"} : Found{}));
    r.drop(t1, 5);
    r.ret(t0);
  }
}

}  // namespace
}  // namespace mmulab
