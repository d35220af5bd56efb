// SPDX-License-Identifier: MIT
// A user access where any translation may be met that could be cached (may_set.h): one step, which picks what happens.
#include "models/radix/may_set.h"
#include "models/radix/mmu.h"

namespace mmulab::radix {

/// What an access may come to.
struct Outcome {
  enum class How : std::uint8_t { use_cached, use_loaded, absent, denied, needs_bits };
  How how = How::absent;
  Cached translation;
  WalkEnd walk;  ///< all but use_cached
  bool walks = false;
};

namespace {

Side side_of(AccessKind kind) { return kind == AccessKind::fetch ? Side::instruction : Side::data; }

unsigned side_bit(AccessKind kind) {
  return side_of(kind) == Side::data ? Cached::on_data_side : Cached::on_instruction_side;
}

bool needs_dirty(std::uint64_t data, AccessKind kind) {
  return kind == AccessKind::store && (data & pte_dirty) == 0;
}

class Outcomes {
 public:
  void add(const Outcome& one) {
    for (std::uint32_t n = 0; n < size_; ++n)
      if (is_same(all_[n], one)) return;
    MMULAB_ASSERT(size_ < all_.size(), "an access may come to more than the may-set TLB reckons with");
    all_[size_++] = one;
  }
  [[nodiscard]] std::uint32_t size() const { return size_; }
  [[nodiscard]] const Outcome& at(std::uint32_t n) const { return all_[n]; }

 private:
  static bool is_same(const Outcome& a, const Outcome& b) {
    if (uses(a) && uses(b)) return a.translation.is_at(b.translation) && a.translation.data == b.translation.data;
    if (a.how != b.how) return false;
    return a.how != Outcome::How::needs_bits || (a.walk.cell == b.walk.cell && a.walk.rights == b.walk.rights);
  }
  static bool uses(const Outcome& one) {
    return one.how == Outcome::How::use_cached || one.how == Outcome::How::use_loaded;
  }
  std::array<Outcome, 12> all_{};
  std::uint32_t size_ = 0;
};

Outcome outcome_of(const WalkEnd& end) {
  Outcome one;
  one.walk = end;
  one.walks = true;
  switch (end.how) {
    case WalkEnd::How::leaf: one.how = Outcome::How::use_loaded; break;
    case WalkEnd::How::absent: one.how = Outcome::How::absent; break;
    case WalkEnd::How::denied: one.how = Outcome::How::denied; break;
    case WalkEnd::How::needs_bits: one.how = Outcome::How::needs_bits; break;
  }
  return one;
}

Outcomes list(const MaySet& may, CpuId cpu, VirtPage page, AccessKind kind, bool stores_wait) {
  Outcomes outcomes;
  const Holding held = may.held(cpu);
  const auto meet = [&](const Cached& one) {
    if (!one.leaf || (one.sides & side_bit(kind)) == 0 || !may.covers(cpu, one, page)) return;
    Outcome outcome;
    outcome.translation = one;
    outcome.how = permits(one.data, kind) ? Outcome::How::use_cached : Outcome::How::denied;
    if (outcome.how == Outcome::How::denied || !needs_dirty(one.data, kind)) outcomes.add(outcome);
  };
  for (const Cached& one : held) meet(one);
  const auto end_at = [&](const WalkEnd& end) {
    Outcome outcome = outcome_of(end);
    if (end.how == WalkEnd::How::leaf) outcome.translation = may.translation(cpu, page, end);
    outcomes.add(outcome);
  };
  may.for_each_walk(cpu, held, page, kind, end_at);
  if (!stores_wait) return outcomes;
  // The cpu's own stores hide from its walk what speculation may have loaded.
  Holding hidden;
  may.for_each_loadable(cpu, held, [&](const Cached& one, Location) {
    if (may.covers(cpu, one, page)) hidden.add(one);
  });
  may.for_each_walk(cpu, hidden, page, kind, end_at);
  for (const Cached& one : hidden) meet(one);
  return outcomes;
}

/// The row after this outcome: what would have answered otherwise was not there.
Holding learn(const MaySet& may, CpuId cpu, VirtPage page, AccessKind kind, const Outcome& outcome) {
  Holding rest;
  for (const Cached& one : may.held(cpu)) {
    Cached kept = one;
    bool contradicts = one.leaf && (one.sides & side_bit(kind)) != 0 && may.covers(cpu, one, page);
    if (outcome.how == Outcome::How::use_cached || outcome.how == Outcome::How::use_loaded) {
      const bool same = one.is_at(outcome.translation) && one.data == outcome.translation.data;
      contradicts = contradicts && !same && one.level <= outcome.translation.level;
    } else {
      const bool lets_through = permits(one.data, kind);
      const bool silent = lets_through ? needs_dirty(one.data, kind) : outcome.how == Outcome::How::denied;
      contradicts = contradicts && !silent;
    }
    if (contradicts) kept.sides &= ~side_bit(kind);
    if (!kept.leaf || kept.sides != 0) rest.add(kept);
  }
  return rest;
}

/// What the access has loaded, which memory need not give: its walk has seen the cpu's own stores.
void add_loaded(Holding& held, const MaySet& may, CpuId cpu, VirtPage page, AccessKind kind,
                const Outcome& outcome) {
  if (outcome.walks) may.add_pointers(held, cpu, page, outcome.walk);
  if (outcome.how != Outcome::How::use_loaded) return;
  Cached loaded = outcome.translation;
  loaded.sides = side_bit(kind);
  held.add(loaded);
}

}  // namespace

/// Events of a walk, of its fill, and of the access itself.
void Mmu::use_what_may_be(Access& a, VirtPage page, AccessKind kind, const Outcome& outcome) const {
  const CpuId cpu = a.context().cpu();
  Walk w;
  w.mm = a.context().world().load(mm_register(cpu));
  w.page = page;
  w.tag = tag_on(a.context().world(), cpu);
  if (outcome.walks)
    for (std::size_t level = outcome.walk.first_level + 1; level > outcome.walk.level; --level) {
      w.level = level - 1;
      w.table = outcome.walk.tables[w.level];
      if (w.table.raw() < state_.limits().tables) emit(a, walk_event(EventKind::table_walked, w));
    }
  if (outcome.how != Outcome::How::use_cached && outcome.how != Outcome::How::use_loaded) return;
  const Cached& t = outcome.translation;
  const auto size = static_cast<unsigned>(t.level);
  Event event{EventKind::translation_filled};
  event.mm = w.mm;
  event.page = tlbs_.first_page(t.number, size);
  event.frame = frame_of(t.data);
  event.tag = Tag{t.tag};
  event.location = tlbs_.core_first(core_of(cpu));
  event.b = rights_bits(t.data, size);
  if (outcome.how == Outcome::How::use_loaded) emit(a, event);
  event.kind = EventKind::translation_used;
  event.page = page;
  event.frame = tlbs_.frame_in(t.data, page, size);
  event.a = static_cast<std::uint64_t>(kind);
  emit(a, event);
}

/// The locked update of A or D, if the entry still asks for it and no invalidation has come between.
void Mmu::set_bits_of_outcome(Context& ctx, VirtPage page, AccessKind kind, const Outcome& outcome) {
  const auto in_flight = walk_in_flight(ctx.cpu());
  const Cell<Pte> cell{outcome.walk.cell};
  Footprint footprint = writes(cell, in_flight);
  const bool done = ctx.step_restartable(labels_.assist, footprint, Cycles{}, [&](Access& a) {
    if (a.read(in_flight) != page.raw() + 1) return;
    a.write(in_flight, std::uint64_t{0});
    const std::uint64_t now = a.read(cell).raw();
    if (judge(now, outcome.walk.rights, outcome.walk.level, kind) != Reading::assist) return;
    if (((now ^ outcome.walk.entry) & ~(pte_accessed | pte_dirty)) != 0) return;
    Walk w;
    w.mm = ctx.world().load(mm_register(ctx.cpu()));
    w.page = page;
    w.level = outcome.walk.level;
    const bool dirty = is_leaf(now, w.level) && kind == AccessKind::store;
    set_bits(a, w, cell, dirty ? pte_accessed | pte_dirty : pte_accessed);
  });
  static_cast<void>(done);
}

AccessResult Mmu::access_what_may_be(Context& ctx, VirtPage page, AccessKind kind) {
  const CpuId cpu = ctx.cpu();
  AccessResult result;
  if (!has_root(ctx, page, result)) return result;
  const auto in_flight = walk_in_flight(cpu);
  Footprint footprint = writes(in_flight);
  footprint.reads_words(state_.table_first(TableId{0}), state_.limits().tables * state_.table_size_words());
  declare_may(footprint, cpu);
  Outcome outcome;
  const auto how = ctx.step_restartable(labels_.access, footprint, Cycles{}, [&](Access& a) {
    const bool stores_wait = a.context().store_buffers() != nullptr;
    const Outcomes outcomes = list(*may_, cpu, page, kind, stores_wait);
    outcome = outcomes.at(ctx.choose(labels_.access, outcomes.size()));
    const bool goes_on = outcome.how == Outcome::How::needs_bits;
    a.write(in_flight, goes_on ? page.raw() + 1 : std::uint64_t{0});
    if (goes_on)
      for (const std::uint64_t word : {std::uint64_t{outcome.walk.cell.raw()}, outcome.walk.rights, outcome.walk.entry})
        a.keep(word);
    Holding held = learn(*may_, cpu, page, kind, outcome);
    if (stores_wait) add_loaded(held, *may_, cpu, page, kind, outcome);
    may_->settle(a, cpu, held);
    use_what_may_be(a, page, kind, outcome);
    return outcome.how;
  });
  if (!how) return {AccessResult::Status::interrupted, false};
  switch (*how) {
    case Outcome::How::use_cached:
    case Outcome::How::use_loaded: return {AccessResult::Status::done, false};
    case Outcome::How::absent: return page_fault(ctx, page, false);
    case Outcome::How::denied: return page_fault(ctx, page, true);
    case Outcome::How::needs_bits: break;
  }
  set_bits_of_outcome(ctx, page, kind, outcome);
  return {AccessResult::Status::interrupted, false};
}

}  // namespace mmulab::radix
