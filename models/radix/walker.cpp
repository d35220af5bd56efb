// SPDX-License-Identifier: MIT
// The page walk by steps: SDM vol. 3, 4.5 (4-level paging), 4.8 (A and D), 4.10.3 (paging-structure caches).
#include "models/radix/mmu.h"
#include "sim/events/stream.h"

namespace mmulab::radix {
namespace {

constexpr std::uint64_t ad_bits = pte_accessed | pte_dirty;

/// What `kinds` of a core says once it has held such a translation.
std::uint64_t kind_bits(unsigned size, bool global) {
  return std::uint64_t{1} << size | (global ? 1U << TlbHierarchy::sizes : 0U);
}

}  // namespace

Event walk_event(EventKind kind, const Walk& w) {
  Event event{kind};
  event.mm = w.mm;
  event.page = w.page;
  event.tag = Tag{w.tag};
  event.table = w.table;
  event.a = w.level;
  return event;
}

std::uint64_t rights_bits(std::uint64_t data, unsigned size) {
  const bool write = (data & pte_write) != 0;
  return (write ? 1U : 0U) | ((data & pte_no_exec) == 0 ? 2U : 0U) | (write && (data & pte_dirty) != 0 ? 4U : 0U) |
         ((data & pte_global) != 0 ? 8U : 0U) | std::uint64_t{size} << 8;
}

Reading judge(std::uint64_t entry, std::uint64_t rights_above, std::size_t level, AccessKind kind) {
  if ((entry & pte_present) == 0) return Reading::not_present;
  if (!is_leaf(entry, level)) return (entry & pte_accessed) == 0 ? Reading::assist : Reading::descend;
  const std::uint64_t rights = combine_rights(rights_above, entry);
  const bool store = kind == AccessKind::store;
  if ((rights & pte_user) == 0 || (store && (rights & pte_write) == 0) ||
      (kind == AccessKind::fetch && (rights & pte_no_exec) != 0))
    return Reading::protection;
  const std::uint64_t needed = store ? ad_bits : pte_accessed;
  return (entry & needed) == needed ? Reading::leaf : Reading::assist;
}

Walk Mmu::begin_walk(const World& world, CpuId cpu, VirtPage page, AccessKind kind) const {
  Walk w;
  w.core = core_of(cpu);
  w.mm = world.load(mm_register(cpu));
  w.tag = tag_on(world, cpu);
  w.page = page;
  w.kind = kind;
  w.in_flight = walk_in_flight(cpu);
  w.level = state_.geometry().levels() - 1;
  w.table = world.load(root_register(cpu));
  const auto peek = [&](Location at) { return PeekWords{world, at}; };
  for (std::size_t level = 1; level < state_.geometry().levels(); ++level) {
    const std::uint64_t cached = tlbs_.find_psc(peek, w.core, level, page, w.tag);
    if (cached == 0) continue;
    w.level = level;
    w.from_psc = level;
    w.follow(cached);
    break;
  }
  return w;
}

void Mmu::declare_psc(Footprint& footprint, const Walk& w, std::size_t level) const {
  const std::uint32_t array = tlbs_.psc(level);
  if (level == 0 || array == TlbHierarchy::no_array) return;
  footprint.writes_words(tlbs_.set_first(w.core, array, tlbs_.key_page(w.page, level)),
                         tlbs_.array(array).tlb.set_words());
}

void Mmu::descend(Access& a, Walk& w, std::uint64_t entry) const {
  const std::uint64_t cached = walk_cache_data(w.rights, entry);
  const auto view = [&](Location at) { return StepWords{a, at}; };
  tlbs_.fill_psc(view, w.core, w.level, w.page, w.tag, cached | owner_bits(w.mm));
  w.follow(cached);
  emit(a, walk_event(EventKind::table_cached, w));
}

/// A walk is remembered by where it is and what it has gathered.
static void keep(const Access& a, const Walk& w) {
  for (const std::uint64_t word : {w.entry, w.rights, std::uint64_t{w.level}, std::uint64_t{w.table.raw()}})
    a.keep(word);
}

Reading Mmu::read_entry(Context& ctx, Walk& w, Cell<Pte> cell) {
  Footprint footprint = reads(cell);
  const bool first = !w.begun;
  if (first)
    footprint.writes(w.in_flight);
  else
    footprint.reads(w.in_flight);
  if (first) declare_psc(footprint, w, w.from_psc);
  declare_psc(footprint, w, w.level);
  const auto reading = ctx.step_restartable(
      labels_.read_entry, footprint, first ? costs_.walk_start : Cycles{}, [&](Access& a) {
        const auto view = [&](Location at) { return StepWords{a, at}; };
        if (first) {
          if (w.from_psc != 0 && !tlbs_.use_psc(view, w.core, w.from_psc, w.page, w.tag)) return Reading::overtaken;
          a.write(w.in_flight, w.page.raw() + 1);
        } else if (a.read(w.in_flight) != w.page.raw() + 1) {
          return Reading::overtaken;
        }
        w.entry = a.read(cell).raw();
        emit(a, walk_event(EventKind::table_walked, w));
        const Reading judged = judge(w.entry, w.rights, w.level, w.kind);
        if (judged == Reading::descend) descend(a, w, w.entry);
        keep(a, w);
        return judged;
      });
  w.begun = true;
  return reading.value_or(Reading::overtaken);
}

void Mmu::set_bits(Access& a, Walk& w, Cell<Pte> cell, std::uint64_t bits) const {
  const std::uint64_t old = a.read(cell).raw();
  w.entry = old | bits;
  a.write(cell, Pte{w.entry});
  if (!is_leaf(old, w.level)) return;
  Event event{EventKind::pte_stored};
  event.mm = w.mm;
  event.page = w.page;
  event.location = cell.at;
  event.a = old;
  event.b = w.entry;
  emit(a, event);
}

/// The locked update. The entry may have changed since it was read: then its present value decides.
Reading Mmu::assist(Context& ctx, Walk& w, Cell<Pte> cell) {
  Footprint footprint = writes(cell);
  footprint.reads(w.in_flight);
  declare_psc(footprint, w, w.level);
  const auto reading = ctx.step_restartable(labels_.assist, footprint, Cycles{}, [&](Access& a) {
    if (a.read(w.in_flight) != w.page.raw() + 1) return Reading::overtaken;
    const std::uint64_t now = a.read(cell).raw();
    const Reading fresh = judge(now, w.rights, w.level, w.kind);
    if (fresh == Reading::not_present || fresh == Reading::protection) return fresh;
    if (((now ^ w.entry) & ~ad_bits) != 0) return Reading::overtaken;
    const bool leaf = is_leaf(now, w.level);
    set_bits(a, w, cell, leaf && w.kind == AccessKind::store ? ad_bits : pte_accessed);
    if (!leaf) descend(a, w, w.entry);
    keep(a, w);
    return leaf ? Reading::leaf : Reading::descend;
  });
  return reading.value_or(Reading::overtaken);
}

Walk::Status Mmu::walk(Context& ctx, Walk& w) {
  for (;;) {
    if (w.table.raw() >= state_.limits().tables) return Walk::Status::not_present;
    const Cell<Pte> cell = state_.entry(w.table, state_.geometry().index(w.page, w.level));
    Reading reading = read_entry(ctx, w, cell);
    if (reading == Reading::assist) reading = assist(ctx, w, cell);
    switch (reading) {
      case Reading::descend: break;
      case Reading::leaf: return fill(ctx, w);
      case Reading::not_present: return Walk::Status::not_present;
      case Reading::protection: return Walk::Status::protection;
      case Reading::assist:
      case Reading::overtaken: return Walk::Status::interrupted;
    }
  }
}

void Mmu::install(Access& a, const Walk& w) const {
  const auto size = static_cast<unsigned>(w.level);
  const std::uint64_t data = combine_rights(w.rights, w.entry) | owner_bits(w.mm);
  const bool global = (data & pte_global) != 0;
  const std::uint32_t tag = global ? global_tag_of(w.tag) : w.tag;
  const Side side = w.kind == AccessKind::fetch ? Side::instruction : Side::data;
  // Bits of `kinds` are only ever set, so who saw them set need not declare the word.
  const Cell<std::uint64_t> kinds = tlbs_.kinds(w.core);
  const std::uint64_t bits = kind_bits(size, global);
  if ((a.context().world().load(kinds) & bits) != bits) a.write(kinds, a.read(kinds) | bits);
  tlbs_.fill([&](Location at) { return StepWords{a, at}; }, w.core, side, w.page, size, tag, data);
  Event event{EventKind::translation_filled};
  event.mm = w.mm;
  event.page = tlbs_.first_page(tlbs_.key_page(w.page, size), size);
  event.frame = frame_of(data);
  event.tag = Tag{tag};
  event.location = tlbs_.core_first(w.core);
  event.b = rights_bits(data, size);
  emit(a, event);
}

/// The last step: the translation enters the TLBs and the access is performed through it.
Walk::Status Mmu::fill(Context& ctx, const Walk& w) {
  const auto size = static_cast<unsigned>(w.level);
  const std::uint64_t data = combine_rights(w.rights, w.entry);
  const bool global = (data & pte_global) != 0;
  const Side side = w.kind == AccessKind::fetch ? Side::instruction : Side::data;
  const std::uint64_t bits = kind_bits(size, global);
  Footprint footprint = writes(w.in_flight);
  if ((ctx.world().load(tlbs_.kinds(w.core)) & bits) != bits) footprint.writes(tlbs_.kinds(w.core));
  tlbs_.declare_fill(footprint, w.core, side, w.page, size);
  const auto filled = ctx.step_restartable(labels_.fill, footprint, Cycles{}, [&](Access& a) {
    if (a.read(w.in_flight) != w.page.raw() + 1) return false;
    a.write(w.in_flight, std::uint64_t{0});
    install(a, w);
    machine_.count(&TranslationCounts::walks);
    Event event{EventKind::translation_used};
    event.mm = w.mm;
    event.page = w.page;
    event.frame = tlbs_.frame_in(data, w.page, size);
    event.tag = Tag{global ? global_tag_of(w.tag) : w.tag};
    event.location = tlbs_.core_first(w.core);
    event.a = static_cast<std::uint64_t>(w.kind);
    event.b = rights_bits(data, size);
    emit(a, event);
    return true;
  });
  return filled.value_or(false) ? Walk::Status::filled : Walk::Status::interrupted;
}

}  // namespace mmulab::radix
