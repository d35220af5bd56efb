// SPDX-License-Identifier: MIT
// Copies of content, tags, sizes, tables: what must be caught, and what must pass.
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

// ---- copy-isolation, one-view

/// t0 replaces frame 9 by frame 10 (COW), t1 has a stale writable entry unless `flushed`.
void copy_on_write(Rig& r, bool flushed_first) {
  r.give(t0, 9, 5);
  r.store(t0, 5, Rig::pte(9, false));
  r.user(t1);
  r.fill(t1, 5, 0, Rig::pte(9, true));
  r.kernel(t0);
  r.call(t0, Call::fault, 5);
  r.give(t0, 10, 5);
  Event e = r.make(EventKind::copy_begun, t0);
  e.mm = MmId{0};
  e.page = VirtPage{5};
  e.frame = Frame{9};
  r.emit(e);
  if (flushed_first) r.drop(t1, 5);
}

TEST_CASE("copy-isolation: a store that reaches the source during the copy is lost when the new pte appears") {
  for (const bool abandoned : {false, true}) {
    Rig r;
    copy_on_write(r, false);
    r.use(t1, 5, AccessKind::store);
    CHECK(r.found().empty());  // the copy may yet be thrown away
    r.drop(t1, 5);
    if (!abandoned) r.store(t0, 5, Rig::pte(10, true));
    r.ret(t0);
    CHECK(r.found() == (abandoned ? Found{} : Found{"copy-isolation:during"}));
  }
}

TEST_CASE("copy-isolation: a copy begun anew forgets the stores before it, one given up is watched no longer") {
  Rig r;
  copy_on_write(r, false);
  r.use(t1, 5, AccessKind::store);
  Event again = r.make(EventKind::copy_begun, t0);
  again.mm = MmId{0};
  again.page = VirtPage{5};
  again.frame = Frame{9};
  r.emit(again);
  r.drop(t1, 5);
  r.store(t0, 5, Rig::pte(10, true));
  r.ret(t0);
  CHECK(r.found().empty());
  Rig given_up;
  copy_on_write(given_up, true);
  CHECK(given_up.stream.attended());
  given_up.ret(t0);
  CHECK_FALSE(given_up.stream.attended());
}

TEST_CASE("copy-isolation: loads during the copy, and stores before it, are fine") {
  Rig r;
  r.user(t1);
  r.give(t0, 9, 5);
  r.store(t0, 5, Rig::pte(9, false));
  r.fill(t1, 5, 0, Rig::pte(9, true));
  r.use(t1, 5, AccessKind::store);
  copy_on_write(r, false);
  r.use(t1, 5, AccessKind::load);
  r.drop(t1, 5);
  r.store(t0, 5, Rig::pte(10, true));
  r.ret(t0);
  CHECK(r.found().empty());
  CHECK(r.exercised("copy-isolation") == 1);
}

TEST_CASE("copy-isolation: after the switch no store may reach the replaced frame") {
  for (const bool flushed_first : {false, true}) {
    Rig r;
    copy_on_write(r, flushed_first);
    r.clear(t0, 5);
    r.store(t0, 5, Rig::pte(10, true));
    r.use(t1, 5, AccessKind::store);
    r.ret(t0);
    CHECK(r.found() == (flushed_first ? Found{} : Found{"copy-isolation:after"}));
  }
}

TEST_CASE("copy-isolation: another mm that shares the source may store to it") {
  Rig r;
  copy_on_write(r, true);
  r.store(t2, 5, Rig::pte(9, true), 1);
  r.user(t2, 1);
  r.fill(t2, 5, 1);
  r.use(t2, 5, AccessKind::store, 1);
  r.store(t0, 5, Rig::pte(10, true));
  r.ret(t0);
  CHECK(r.found().empty());
}

TEST_CASE("one-view: a load through the replaced entry is behind once the new frame has been written") {
  for (const bool written : {false, true}) {
    Rig r;
    copy_on_write(r, false);
    r.store(t0, 5, Rig::pte(10, true));  // shown before the flush
    r.ret(t0);
    r.user(t0);
    r.fill(t0, 5);
    r.use(t0, 5, written ? AccessKind::store : AccessKind::load);
    r.use(t1, 5, AccessKind::load);
    CHECK(r.found() == (written ? Found{"one-view:behind"} : Found{}));
    CHECK(r.exercised("one-view") == 1);
  }
}

TEST_CASE("one-view: a load through a stale entry during another thread's zap is no transparent replacement") {
  Rig r;
  map_and_touch(r);
  r.call(t0, Call::dontneed, 5);
  r.clear(t0, 5);
  r.call(t2, Call::fault, 5);
  r.give(t2, 10, 5);
  r.store(t2, 5, Rig::pte(10, true));
  r.ret(t2);
  r.user(t2);
  r.fill(t2, 5);
  r.use(t2, 5, AccessKind::store);
  r.use(t1, 5, AccessKind::load);
  r.drop(t1, 5);
  r.ret(t0);
  CHECK(r.found().empty());
}

// ---- tags

LedgerConfig tagged(TagDomain domain) {
  LedgerConfig config = test::rig_config();
  config.hardware_tags = true;
  config.tag_domain = domain;
  return config;
}

TEST_CASE(
    "tag-unique: a tag loaded for another mm needs an invalidation of what was under it, in whatever order") {
  for (const int when : {0, 1, 2}) {  // never, before the load, after it
    Rig r(tagged(TagDomain::core));
    r.load_tag(t0, 3, 0);
    r.user(t0, 0);
    r.kernel(t0);
    if (when == 1) r.drop_all(t0);
    r.load_tag(t0, 3, 1);
    if (when == 2) r.drop_all(t0);
    r.user(t0, 1);
    CHECK(r.found() == (when == 0 ? Found{"tag-unique:reused"} : Found{}));
    CHECK(r.exercised("tag-unique") == 2);
  }
}

TEST_CASE(
    "tag-unique: two cores may use one tag for two mms if tags are per core, not if the machine shares them") {
  for (const TagDomain domain : {TagDomain::core, TagDomain::machine}) {
    Rig r(tagged(domain));
    r.load_tag(t0, 3, 0);
    const std::uint64_t first_load = r.ledger->order();
    r.load_tag(t1, 3, 1);
    CHECK(r.found() == (domain == TagDomain::machine ? Found{"tag-unique:shared"} : Found{}));
    if (domain == TagDomain::machine) CHECK(r.opened_by() == first_load);
  }
}

TEST_CASE("tag-unique: a retired tag may name another mm") {
  Rig r(tagged(TagDomain::machine));
  r.load_tag(t0, 3, 0);
  Event e = r.make(EventKind::tag_retired, t0);
  e.tag = Tag{3};
  r.emit(e);
  r.load_tag(t1, 3, 1);
  r.user(t1, 1);
  CHECK(r.found().empty());
}

TEST_CASE("context-clean-at-free: an entry of the former owner revived by reuse of its tag is a violation") {
  for (const bool flushed : {false, true}) {
    Rig r(tagged(TagDomain::machine));
    r.tags[0] = r.tags[1] = 3;
    r.load_tag(t1, 3, 0);
    map_and_touch(r);
    r.kernel(t1);
    r.call(t0, Call::exit, 0, 100);
    r.clear(t0, 5);
    if (flushed) r.drop(t1, 5);
    r.ret(t0);
    r.mode(EventKind::mm_destroyed, t0, MmId{0});
    Event e = r.make(EventKind::tag_retired, t0);
    e.tag = Tag{3};
    r.emit(e);
    CHECK_FALSE(r.stream.attended());  // nobody can reach it until the tag comes back
    r.load_tag(t1, 3, 1);
    r.user(t1, 1);
    const Found found = r.found();
    CHECK(std::count(found.begin(), found.end(), "context-clean-at-free:tlb") == (flushed ? 0 : 1));
    if (flushed) CHECK(found.empty());
    CHECK(r.exercised("context-clean-at-free") == 1);
  }
}

// ---- one-size, table-alive

TEST_CASE("one-size: an entry of another size over a page that has one is a violation where the machine says so") {
  for (const bool flushed : {false, true}) {
    LedgerConfig config = test::rig_config();
    config.multi_hit_fatal = true;
    Rig r(config);
    r.store(t0, 513, Rig::pte(9));
    r.user(t1);
    r.fill(t1, 513);
    const std::uint64_t filled = r.ledger->order();
    if (flushed) r.drop(t1, 513);
    Event e = r.make(EventKind::translation_filled, t1);
    e.mm = MmId{0};
    e.page = VirtPage{512};
    e.frame = Frame{512};
    e.b = 9U << 8;  // 512 base pages
    r.emit(e);
    CHECK(r.found() == (flushed ? Found{} : Found{"one-size:overlap"}));
    if (!flushed) CHECK(r.opened_by() == filled);
  }
}

Event of_table(Rig& r, EventKind kind, Actor who, std::uint32_t table, std::uint32_t mm = 0) {
  Event e = r.make(kind, who);
  e.table = TableId{table};
  e.mm = MmId{mm};
  e.page = VirtPage{5};
  return e;
}

LedgerConfig walked() {
  LedgerConfig config = test::rig_config();
  config.hardware_walker = true;
  return config;
}

TEST_CASE("table-alive: a walker must not read a table after it was freed") {
  for (const bool late : {false, true}) {
    Rig r(walked());
    r.emit(of_table(r, EventKind::table_allocated, t0, 4));
    if (!late) r.emit(of_table(r, EventKind::table_walked, t1, 4));
    r.emit(of_table(r, EventKind::table_freed, t0, 4));
    if (late) r.emit(of_table(r, EventKind::table_walked, t1, 4));
    CHECK(r.found() == (late ? Found{"table-alive:walked"} : Found{}));
    CHECK(r.exercised("table-alive") == 1);
  }
}

TEST_CASE("table-alive: a walk cache under a loaded root must not lead to a reusable table, lazy cpus included") {
  for (const int variant : {0, 1, 2}) {  // lazy, another root loaded, invalidated
    Rig r(walked());
    r.emit(of_table(r, EventKind::table_allocated, t0, 4));
    r.load_tag(t1, 0, 0);
    r.user(t1);
    r.emit(of_table(r, EventKind::table_cached, t1, 4));
    r.kernel(t1);
    r.mode(EventKind::switched_in, t1, MmId::none());
    if (variant == 1) r.load_tag(t1, 1, 1);
    if (variant == 2) r.drop(t1, 5);
    r.emit(of_table(r, EventKind::table_freed, t0, 4));
    CHECK(r.found() == (variant == 0 ? Found{"table-alive:cached"} : Found{}));
  }
}

}  // namespace
}  // namespace mmulab
