// SPDX-License-Identifier: MIT
#include "models/x86/private_access.h"

#include "models/x86/user_labels.h"

namespace mmulab::x86 {
namespace {

constexpr std::uint32_t absent = Tlb::absent;

std::uint32_t find_way(const std::uint64_t* set, std::uint32_t ways, std::uint64_t key) {
  for (std::uint32_t w = 0; w < ways; ++w)
    if (set[w] == key) return w;
  return absent;
}

/// Tlb::touch for LRU: the entry of `way` moves to the front.
void move_to_front(std::uint64_t* set, std::uint32_t ways, std::uint32_t way, std::uint64_t key, std::uint64_t data) {
  std::uint64_t* values = set + ways;
  for (std::uint32_t w = way; w > 0; --w) {
    set[w] = set[w - 1];
    values[w] = values[w - 1];
  }
  set[0] = key;
  values[0] = data;
}

/// Tlb::insert for LRU of a key that is absent: it takes the first free way's place, or the last one's.
void insert_front(std::uint64_t* set, std::uint32_t ways, std::uint64_t key, std::uint64_t data) {
  std::uint32_t way = find_way(set, ways, 0);
  if (way == absent) way = ways - 1;
  move_to_front(set, ways, way, key, data);
}

}  // namespace

PrivateAccess::PrivateAccess(const Mmu& mmu, CpuId cpu)
    : mmu_(mmu),
      cpu_(cpu),
      core_(mmu.core_of(cpu)),
      tag_(mmu.tag_on(mmu.machine_.world, cpu)),
      words_(mmu.machine_.world.untracked_words(Location{0})),
      kinds_(words_[mmu.tlbs_.kinds(core_).at.raw()]),
      l1_(raw(mmu.tlbs_.first_level(Side::data, 0))),
      l2_(raw(mmu.tlbs_.second_level(Side::data, 0))),
      hit_cost_(mmu.machine_.costs.of(access_label).raw()),
      second_hit_cost_(hit_cost_ + mmu.params_.cost.stlb_hit.raw()),
      walk_start_(mmu.params_.cost.walk_start.raw()),
      walk_level_(mmu.machine_.costs.of(read_entry_label).raw()),
      fill_cost_(mmu.machine_.costs.of(fill_label).raw()) {}

PrivateAccess::RawArray PrivateAccess::raw(std::uint32_t array) const {
  if (array == TlbHierarchy::no_array) return {};
  const Tlb& tlb = mmu_.tlbs_.array(array).tlb;
  const Location first = mmu_.tlbs_.set_first(core_, array, VirtPage{0});
  return {words_ + first.raw(), tlb.geometry().sets - 1, tlb.geometry().ways, tlb.set_words()};
}

Cycle PrivateAccess::run(AccessBuffer& buffer, Cycle start, Cycle horizon) {
  const unsigned shift = mmu_.state_.geometry().page_shift().raw();
  const std::uint64_t limit = horizon.raw();
  std::uint64_t now = start.raw();
  std::size_t next = buffer.next;
  for (; next < buffer.end; ++next) {
    const std::uint64_t address = buffer.addresses[next];
    const bool store = (address & AccessBuffer::store_bit) != 0;
    const std::uint64_t page = (address & ~AccessBuffer::store_bit) >> shift;
    const std::uint64_t budget = limit > now ? limit - now : 0;
    // The last page's entry is at the front of its set: touching it again changes nothing.
    std::uint64_t cycles = 0;
    if (page == last_page_ && usable(last_data_, store)) cycles = hit_cost_ < budget ? hit_cost_ : 0;
    else cycles = perform(page, store, budget);
    if (cycles == 0) break;
    now += cycles;
  }
  buffer.next = next;
  return Cycle{now};
}

std::uint64_t PrivateAccess::perform(std::uint64_t page, bool store, std::uint64_t budget) {
  const std::uint64_t only_small_pages = 1;
  if ((kinds_ & ~only_small_pages) != 0) return perform_any_kind(page, store, budget);
  const std::uint64_t key = TlbKey{VirtPage{page}, tag_, 0}.raw();
  std::uint64_t* const set = l1_.set(page);
  const std::uint32_t way = find_way(set, l1_.ways, key);
  if (way != absent) {
    const std::uint64_t data = set[l1_.ways + way];
    if (hit_cost_ >= budget || !usable(data, store)) return 0;
    move_to_front(set, l1_.ways, way, key, data);
    remember(page, data);
    return hit_cost_;
  }
  if (l2_.words == nullptr) return perform_walk(page, store, budget);
  std::uint64_t* const second = l2_.set(page);
  const std::uint32_t second_way = find_way(second, l2_.ways, key);
  if (second_way == absent) return perform_walk(page, store, budget);
  const std::uint64_t data = second[l2_.ways + second_way];
  if (second_hit_cost_ >= budget || !usable(data, store)) return 0;
  move_to_front(second, l2_.ways, second_way, key, data);
  insert_front(set, l1_.ways, key, data);
  remember(page, data);
  return second_hit_cost_;
}

/// Large or global pages are about: the lookups of the slow path, on raw words.
std::uint64_t PrivateAccess::perform_any_kind(std::uint64_t page, bool store, std::uint64_t budget) {
  const auto view = [this](Location at) { return RawWords{words_ + at.raw()}; };
  const auto hit = mmu_.tlbs_.find(view, kinds_, core_, Side::data, VirtPage{page}, tag_);
  if (hit.array == TlbHierarchy::no_array) return perform_walk(page, store, budget);
  const std::uint64_t cycles = hit.second_level ? second_hit_cost_ : hit_cost_;
  if (cycles >= budget || !usable(hit.data, store)) return 0;
  mmu_.tlbs_.use(view, core_, Side::data, VirtPage{page}, hit);
  // Without a first-level array for its size the next touch is a second-level hit again.
  if (mmu_.tlbs_.first_level(Side::data, hit.size) != TlbHierarchy::no_array) remember(page, hit.data);
  return cycles;
}

/// Looks the whole walk through before it changes anything.
std::uint64_t PrivateAccess::perform_walk(std::uint64_t page, bool store, std::uint64_t budget) {
  const AccessKind kind = store ? AccessKind::store : AccessKind::load;
  const World& world = mmu_.machine_.world;
  Walk w = mmu_.begin_walk(world, cpu_, VirtPage{page}, kind, false);
  if (!w.table.exists()) return 0;
  const std::size_t top = w.level;
  std::array<std::uint64_t, TableGeometry::levels_max> cached{};
  std::uint64_t cycles = walk_start_ + fill_cost_;
  for (;;) {
    if (w.table.raw() >= mmu_.state_.limits().tables) return 0;
    const Location at = mmu_.state_.entry(w.table, mmu_.state_.geometry().index(w.page, w.level)).at;
    cycles += walk_level_;
    if (cycles >= budget || !mmu_.machine_.lines->readable(core_, at)) return 0;
    w.entry = words_[at.raw()];
    const Reading reading = judge(w.entry, w.rights, w.level, kind, false);
    if (reading == Reading::leaf) break;
    if (reading != Reading::descend) return 0;
    cached[w.level] = walk_cache_data(w.rights, w.entry);
    w.follow(cached[w.level]);
  }
  const auto size = static_cast<unsigned>(w.level);
  const std::uint64_t data = combine_rights(w.rights, w.entry);
  const std::uint64_t kind_bits =
      std::uint64_t{1} << size | ((data & pte_global) != 0 ? 1U << TlbHierarchy::sizes : 0U);
  if ((kinds_ & kind_bits) != kind_bits) return 0;

  const auto view = [this](Location at) { return RawWords{words_ + at.raw()}; };
  if (w.from_psc != 0) mmu_.tlbs_.use_psc(view, core_, w.from_psc, w.page, w.tag);
  for (std::size_t level = top; level > w.level; --level)
    mmu_.tlbs_.fill_psc(view, core_, level, w.page, w.tag, cached[level]);
  words_[w.in_flight.at.raw()] = 0;
  const std::uint32_t tag = (data & pte_global) != 0 ? global_tag_of(w.tag) : w.tag;
  mmu_.tlbs_.fill(view, core_, Side::data, w.page, size, tag, data);
  if (mmu_.tlbs_.first_level(Side::data, size) != TlbHierarchy::no_array) remember(page, data);
  return cycles;
}

}  // namespace mmulab::x86
