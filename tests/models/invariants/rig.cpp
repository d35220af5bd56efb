// SPDX-License-Identifier: MIT
#include "tests/models/invariants/rig.h"

#include <algorithm>

#include "models/invariants/register.h"

namespace mmulab::test {

PteLayout rig_layout() {
  PteLayout l;
  l.present = 1;
  l.write = 2;
  l.user = 4;
  l.accessed = 0x20;
  l.dirty = 0x40;
  l.no_exec = std::uint64_t{1} << 63;
  l.ignored = 0x3f00;
  l.frame_shift = 16;
  l.frame_mask = ((std::uint64_t{1} << 60) - 1) & ~std::uint64_t{0xffff};
  return l;
}

LedgerConfig rig_config() {
  LedgerConfig c;
  c.pte = rig_layout();
  c.cpus = 4;
  c.hash = HashPteBits{0x100, 0x200, 0x400, 0x3800, 11};
  c.hpt.first = Location{1024};
  return c;
}

LedgerConfig ppc64_rig() {
  LedgerConfig c = rig_config();
  c.hash_table = c.hardware_tags = true;
  c.tag_domain = TagDomain::machine;
  c.empty_at_unlock = true;
  return c;
}

Rig::Rig(const LedgerConfig& config) : config_(config) {
  auto owned = std::make_unique<Ledger>(config, stream);
  ledger = owned.get();
  stream.set_copy_source(this);
  checker.add_model(std::move(owned));
  for (auto& invariant : make_invariants(*ledger)) checker.add(std::move(invariant), Selection::by_default);
  for (auto& goal : make_goals(*ledger)) checker.add_goal(std::move(goal), Selection::by_default);
  stream.subscribe(checker);
}

Rig::~Rig() = default;

template <class F>
void Rig::forget(F&& which) {
  copies_.erase(std::remove_if(copies_.begin(), copies_.end(), which), copies_.end());
}

std::vector<std::string> Rig::found() const {
  std::vector<std::string> pairs;
  for (const Violation& v : checker.violations()) pairs.push_back(v.invariant + ":" + v.class_id);
  return pairs;
}

std::uint64_t Rig::reached(const char* goal) const {
  for (const GoalResult& g : checker.goals())
    if (g.name == goal) return g.reached;
  return 0;
}

Event Rig::make(EventKind kind, Actor who) {
  Event e{kind};
  e.cycle = Cycle{now += 10};
  e.cpu = who.cpu;
  e.task = who.task;
  e.agent = AgentId{who.cpu.raw()};
  return e;
}

void Rig::emit(const Event& event) {
  const auto gone = [&](const auto& entry) {
    return entry.second.core == core(event.cpu) && (!event.tag.exists() || entry.second.tag == event.tag);
  };
  if (event.kind == EventKind::table_cached)
    walk_copies_.push_back({event.table, {core(event.cpu), event.mm, event.tag}});
  // Whatever an invalidation drops, it empties the walk caches of its tag (Intel SDM 3A 4.10.4.1, INVLPG).
  if (event.kind == EventKind::translation_dropped)
    walk_copies_.erase(std::remove_if(walk_copies_.begin(), walk_copies_.end(), gone), walk_copies_.end());
  stream.publish(event);
}

void Rig::plain(EventKind kind, Actor who, std::uint64_t a, std::uint64_t b) {
  Event e = make(kind, who);
  e.a = a;
  e.b = b;
  emit(e);
}

void Rig::mode(EventKind kind, Actor who, MmId mm) {
  Event e = make(kind, who);
  e.mm = mm;
  emit(e);
}

void Rig::call(Actor who, Call call, std::uint64_t first, std::uint64_t pages, std::uint32_t mm) {
  calls_[who.task.raw()].push_back(boundary(EventKind::call_entered, who, call, first, pages, mm));
  emit(calls_[who.task.raw()].back());
}

void Rig::ret(Actor who) {
  Event e = calls_[who.task.raw()].back();
  calls_[who.task.raw()].pop_back();
  e.kind = EventKind::call_returned;
  e.cycle = Cycle{now += 10};
  emit(e);
}

void Rig::store(Actor who, std::uint64_t page, Pte value, std::uint32_t mm) {
  Event e = make(EventKind::pte_stored, who);
  e.mm = MmId{mm};
  e.page = VirtPage{page};
  e.a = now_at(page, mm).raw();
  e.b = value.raw();
  ptes_[{mm, page}] = value;
  emit(e);
}

Pte Rig::now_at(std::uint64_t page, std::uint32_t mm) const {
  const auto it = ptes_.find({mm, page});
  return it == ptes_.end() ? Pte{} : it->second;
}

void Rig::frame(EventKind kind, Actor who, std::uint32_t f, std::uint64_t a) {
  Event e = make(kind, who);
  e.frame = Frame{f};
  e.a = a;
  emit(e);
}

void Rig::give(Actor who, std::uint32_t f, std::uint64_t page, MmId mm) {
  Event e = make(EventKind::frame_allocated, who);
  e.frame = Frame{f};
  e.page = VirtPage{page};
  e.mm = mm;
  emit(e);
}

void Rig::fill(Actor who, std::uint64_t page, std::uint32_t mm, Pte from) {
  const Pte source = from == Pte{} ? now_at(page, mm) : from;
  const Rights rights = rig_layout().rights(source);
  const TranslationCopy copy{
      core(who.cpu),  MmId{mm},
      VirtPage{page}, rig_layout().frame(source),
      tag_of(mm),     (rights.write ? 1U : 0U) | (rights.exec ? 2U : 0U) | (source.has(0x40) ? 4U : 0U)};
  copies_.push_back(copy);
  Event e = make(EventKind::translation_filled, who);
  e.mm = copy.mm;
  e.page = copy.page;
  e.frame = copy.frame;
  e.tag = copy.tag;
  e.b = copy.rights;
  emit(e);
}

void Rig::use(Actor who, std::uint64_t page, AccessKind kind, std::uint32_t mm) {
  for (const TranslationCopy& c : copies_) {
    if (c.core != core(who.cpu) || c.page.raw() != page || c.mm != MmId{mm}) continue;
    Event e = make(EventKind::translation_used, who);
    e.mm = c.mm;
    e.page = c.page;
    e.frame = c.frame;
    e.a = static_cast<std::uint64_t>(kind);
    e.b = c.rights;
    emit(e);
    return;
  }
}

void Rig::drop(Actor who, std::uint64_t page, std::uint32_t mm) {
  forget([&](const TranslationCopy& c) {
    return c.core == core(who.cpu) && c.page.raw() == page && c.mm == MmId{mm};
  });
  dropped(who, page, tag_of(mm), 0);
}

void Rig::drop_tag(Actor who, std::uint32_t mm) {
  forget([&](const TranslationCopy& c) { return c.core == core(who.cpu) && c.mm == MmId{mm}; });
  dropped(who, 0, tag_of(mm), 1);
}

void Rig::drop_all(Actor who) {
  forget([&](const TranslationCopy& c) { return c.core == core(who.cpu); });
  dropped(who, 0, Tag::none(), 2);
}

void Rig::evict(Actor who, std::uint64_t page) {
  forget([&](const TranslationCopy& c) { return c.core == core(who.cpu) && c.page.raw() == page; });
}

void Rig::load_tag(Actor who, std::uint32_t tag, std::uint32_t mm) {
  Event e = make(EventKind::tag_loaded, who);
  e.tag = Tag{tag};
  e.mm = MmId{mm};
  emit(e);
}

Tag Rig::tag_of(std::uint32_t mm) const {
  if (!config_.hardware_tags) return Tag::none();
  const auto it = tags.find(mm);
  return Tag{it == tags.end() ? mm : it->second};
}

void Rig::hpte(Actor who, std::uint32_t at, std::uint64_t page, std::uint32_t frame, bool valid,
               std::uint32_t mm, std::uint64_t dword0_bits) {
  Event e = make(EventKind::hpte_stored, who);
  e.location = Location{at};
  e.mm = MmId{mm};
  e.page = VirtPage{page};
  e.frame = Frame{frame};
  e.tag = tag_of(mm);
  const std::uint64_t dword0 = (page << 7) | dword0_bits;
  e.a = valid ? 0 : dword0 | 1;
  e.b = valid ? dword0 | 1 : 0;
  emit(e);
}

void Rig::note(Actor who, std::uint64_t page, std::uint64_t pending, std::uint32_t mm) {
  Event e = make(EventKind::batch_noted, who);
  e.mm = MmId{mm};
  e.page = VirtPage{page};
  e.a = pending;
  emit(e);
}

void Rig::list_copies(MmId mm, VirtPage page, std::vector<TranslationCopy>& copies) const {
  for (const TranslationCopy& c : copies_)
    if (c.mm == mm && c.page == page) copies.push_back(c);
}

void Rig::list_walk_copies(TableId table, std::vector<WalkCacheCopy>& copies) const {
  for (const auto& [leads_to, copy] : walk_copies_)
    if (leads_to == table) copies.push_back(copy);
}

Event Rig::boundary(EventKind kind, Actor who, Call call, std::uint64_t first, std::uint64_t pages, std::uint32_t mm) {
  Event e = make(kind, who);
  e.a = static_cast<std::uint64_t>(call);
  e.b = pages;
  e.page = VirtPage{first};
  if (call != Call::unmap_mapping) e.mm = MmId{mm};
  return e;
}

void Rig::locking(EventKind kind, Actor who, LockClass lock_class, std::uint32_t at, std::uint64_t b) {
  Event e = make(kind, who);
  e.b = b;
  e.a = static_cast<std::uint64_t>(lock_class);
  e.location = Location{at};
  emit(e);
}

void Rig::dropped(Actor who, std::uint64_t page, Tag tag, std::uint64_t what) {
  Event e = make(EventKind::translation_dropped, who);
  e.page = VirtPage{page};
  e.tag = tag;
  e.a = what;
  emit(e);
}

}  // namespace mmulab::test
