// SPDX-License-Identifier: MIT
#include "models/radix/agents.h"

namespace mmulab::radix {
namespace {

/// A pointer that a walker holds: to the table of `level` for the pages from `page` on, and the rights so far.
struct Held {
  std::size_t level = 0;
  TableId table;
  std::uint64_t rights = 0;
  VirtPage page;

  static constexpr unsigned level_shift = 3, table_shift = 6, page_shift = 32;
  static constexpr std::uint64_t exists = std::uint64_t{1} << 63;

  [[nodiscard]] std::uint64_t word() const {
    const std::uint64_t three = ((rights & pte_write) != 0 ? 1U : 0U) | ((rights & pte_user) != 0 ? 2U : 0U) |
                                ((rights & pte_no_exec) != 0 ? 4U : 0U);
    return exists | page.raw() << page_shift | std::uint64_t{table.raw()} << table_shift | level << level_shift | three;
  }
  static Held of(std::uint64_t word) {
    Held held;
    held.level = word >> level_shift & 7;
    held.table = TableId{word >> table_shift & 0x3ff'ffff};
    held.rights = ((word & 1) != 0 ? pte_write : 0) | ((word & 2) != 0 ? pte_user : 0) |
                  ((word & 4) != 0 ? pte_no_exec : 0);
    held.page = VirtPage{(word & ~exists) >> page_shift};
    return held;
  }
};

}  // namespace

std::uint64_t Speculation::pages() const { return mmu_.state_.geometry().user_pages().raw(); }

std::uint32_t Speculation::unit(CpuId cpu, VirtPage page, Side side) const {
  const std::uint64_t number = (cpu.raw() * pages() + page.raw()) * 2 + (side == Side::instruction ? 1 : 0);
  MMULAB_ASSERT(number <= ~std::uint32_t{0}, "speculation is explored in small address spaces");
  return static_cast<std::uint32_t>(number);
}

const Label& Speculation::label() const { return mmu_.labels_.speculate; }

/// The walker's own pointer leads further than what the walk caches know.
void Speculation::follow_held(const World& world, Place& place) const {
  const std::uint64_t word = world.load(mmu_.held_pointer(place.cpu));
  if (word == 0) return;
  const Held held = Held::of(word);
  Walk& w = place.walk;
  if (held.level >= w.level) return;
  if (mmu_.tlbs_.key_page(w.page, held.level + 1) != mmu_.tlbs_.key_page(held.page, held.level + 1)) return;
  w.level = held.level;
  w.table = held.table;
  w.rights = held.rights;
  w.from_psc = 0;
  place.held = true;
}

Speculation::Place Speculation::find(const World& world, std::uint32_t unit) const {
  const Side side = unit % 2 == 1 ? Side::instruction : Side::data;
  const VirtPage page{unit / 2 % pages()};
  Place place;
  place.cpu = CpuId{unit / 2 / pages()};
  if (!world.load(mmu_.root_register(place.cpu)).exists()) return place;
  Walk& w = place.walk;
  w = mmu_.begin_walk(world, place.cpu, page, side == Side::data ? AccessKind::load : AccessKind::fetch);
  follow_held(world, place);
  if (w.table.raw() >= mmu_.state_.limits().tables || mmu_.tlbs_.offset_in(page, w.level) != 0) return place;
  place.cell = mmu_.state_.entry(w.table, mmu_.state_.geometry().index(page, w.level));
  w.entry = world.load(place.cell).raw();
  place.reading = judge(w.entry, w.rights, w.level, w.kind);
  place.leads_on = leads_on(world, place, side);
  return place;
}

bool Speculation::leads_on(const World& world, const Place& place, Side side) const {
  const Walk& w = place.walk;
  // A walk that is under way reads what it comes to, even if that is the end of it.
  if (place.reading == Reading::not_present || place.reading == Reading::protection)
    return place.held && side == Side::data;
  if (!is_leaf(w.entry, w.level)) return side == Side::data;
  const auto peek = [&](Location at) { return PeekWords{world, at}; };
  const auto hit = mmu_.tlbs_.find(peek, world.load(mmu_.tlbs_.kinds(w.core)), w.core, side, w.page, w.tag);
  return hit.array == TlbHierarchy::no_array;
}

void Speculation::list_enabled(const World& world, std::vector<std::uint32_t>& units) const {
  const std::uint32_t all = unit(CpuId{mmu_.state_.limits().cpus}, VirtPage{0}, Side::data);
  for (std::uint32_t unit = 0; unit < all; ++unit)
    if (is_enabled(world, unit)) units.push_back(unit);
}

/// What is cached decides where the walk begins.
Footprint Speculation::footprint(std::uint32_t unit) const {
  const Place place = find(mmu_.machine_.world, unit);
  Footprint footprint = reads_words(mmu_.registers_.at(place.cpu.raw()), Mmu::walk_word);
  footprint.writes(mmu_.held_pointer(place.cpu));
  if (place.reading == Reading::assist) footprint.writes(place.cell);
  else footprint.reads(place.cell);
  const CoreId core = mmu_.core_of(place.cpu);
  return footprint.writes_words(mmu_.tlbs_.core_first(core), mmu_.tlbs_.core_words());
}

void Speculation::act(Access& a, std::uint32_t unit) {
  Place place = find(a.context().world(), unit);
  // Its events are those of the core.
  a.context().set_cpu(place.cpu);
  Walk& w = place.walk;
  w.entry = a.read(place.cell).raw();
  emit(a, walk_event(EventKind::table_walked, w));
  if (place.held) a.write(mmu_.held_pointer(place.cpu), std::uint64_t{0});
  if (place.reading == Reading::not_present || place.reading == Reading::protection) return;
  if (place.reading == Reading::assist) mmu_.set_bits(a, w, place.cell, pte_accessed);
  if (is_leaf(w.entry, w.level)) return mmu_.install(a, w);
  const bool cached = mmu_.tlbs_.psc(w.level) != TlbHierarchy::no_array;
  mmu_.descend(a, w, w.entry);
  if (!cached) a.write(mmu_.held_pointer(place.cpu), Held{w.level, w.table, w.rights, w.page}.word());
}

}  // namespace mmulab::radix
