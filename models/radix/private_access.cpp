// SPDX-License-Identifier: MIT
#include "models/radix/private_access.h"

#include <cstring>

namespace mmulab::radix {
namespace {

constexpr std::uint32_t absent = Tlb::absent;

/// The way that holds `key`. Four ways are compared at a time, since most sets are searched to their end.
std::uint32_t find_way(const std::uint64_t* set, std::uint32_t ways, std::uint64_t key) {
  std::uint32_t w = 0;
  for (; w + 4 <= ways; w += 4) {
    const std::uint64_t* four = set + w;
    const bool a = four[0] == key, b = four[1] == key, c = four[2] == key, d = four[3] == key;
    if (a || b || c || d) return w + (a ? 0U : b ? 1U : c ? 2U : 3U);
  }
  for (; w < ways; ++w)
    if (set[w] == key) return w;
  return absent;
}

/// Above this many entries block moves are faster; below, they stall on the words that were just stored.
constexpr std::uint32_t many = 24;

/// Tlb::touch for LRU: the entry of `way` moves to the front.
void move_to_front(std::uint64_t* set, std::uint32_t ways, std::uint32_t way, std::uint64_t key,
                   std::uint64_t data) {
  std::uint64_t* values = set + ways;
  if (way > many) {
    std::memmove(set + 1, set, way * sizeof *set);
    std::memmove(values + 1, values, way * sizeof *values);
  } else {
    for (std::uint32_t w = way; w > 0; --w) {
      set[w] = set[w - 1];
      values[w] = values[w - 1];
    }
  }
  set[0] = key;
  values[0] = data;
}

/// Tlb::insert for LRU of a key that is absent: it takes the first free way's place, or the last one's.
void insert_front(std::uint64_t* set, std::uint32_t ways, std::uint64_t key, std::uint64_t data) {
  std::uint64_t* values = set + ways;
  if (ways > many) {
    const std::uint32_t free = find_way(set, ways, 0);
    return move_to_front(set, ways, free != absent ? free : ways - 1, key, data);
  }
  for (std::uint32_t w = 0; w < ways; ++w) {
    const std::uint64_t pushed_key = set[w], pushed_data = values[w];
    set[w] = key;
    values[w] = data;
    if (pushed_key == 0) return;
    key = pushed_key;
    data = pushed_data;
  }
}

}  // namespace

PrivateAccess::PrivateAccess(const Mmu& mmu, CpuId cpu, MmId mm)
    : mmu_(mmu),
      cpu_(cpu),
      mm_(mm),
      core_(mmu.core_of(cpu)),
      tag_(mmu.tag_on(mmu.machine_.world, cpu)),
      owner_bits_(mmu.owner_bits(mmu.machine_.world.load(mmu.mm_register(cpu)))),
      words_(mmu.machine_.world.untracked_words(Location{0})),
      kinds_(words_[mmu.tlbs_.kinds(core_).at.raw()]),
      l1_(raw(mmu.tlbs_.first_level(Side::data, 0))),
      l2_(raw(mmu.tlbs_.second_level(Side::data, 0))),
      root_(mmu.machine_.world.load(mmu.root_register(cpu))),
      levels_(mmu.state_.geometry().levels()),
      hit_cost_(mmu.machine_.costs.of(mmu.labels_.access).raw()),
      second_hit_cost_(hit_cost_ + mmu.costs_.second_level_hit.raw()),
      walk_start_(mmu.costs_.walk_start.raw()),
      walk_level_(mmu.machine_.costs.of(mmu.labels_.read_entry).raw()),
      fill_cost_(mmu.machine_.costs.of(mmu.labels_.fill).raw()) {
  for (std::size_t level = 1; level < levels_ && level <= 3; ++level) psc_[level] = raw(mmu.tlbs_.psc(level));
}

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
    if (page == last_page_ && usable(last_data_, store))
      cycles = hit_cost_ < budget ? hit_cost_ : 0;
    else
      cycles = perform(page, store, budget);
    if (cycles == 0) break;
    now += cycles;
  }
  // What is neither a walk nor a hit in the second level was a hit in the first.
  const Machine& machine = mmu_.machine_;
  machine.count(&TranslationCounts::second_level, second_hits_);
  machine.count(&TranslationCounts::walks, walks_);
  machine.count(&TranslationCounts::first_level, next - buffer.next - second_hits_ - walks_);
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
  ++second_hits_;
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
  second_hits_ += hit.second_level ? 1U : 0U;
  // Without a first-level array for its size the next touch is a second-level hit again.
  if (mmu_.tlbs_.first_level(Side::data, hit.size) != TlbHierarchy::no_array) remember(page, hit.data);
  return cycles;
}

/// The deepest table that a paging-structure cache knows, or CR3's; Mmu::begin_walk on raw words.
PrivateAccess::Position PrivateAccess::start_of_walk(std::uint64_t page) const {
  for (std::size_t level = 1; level < levels_ && level <= 3; ++level) {
    const RawArray& cache = psc_[level];
    if (cache.words == nullptr) continue;
    const VirtPage number = mmu_.tlbs_.key_page(VirtPage{page}, level);
    const std::uint64_t* const set = cache.set(number.raw());
    const std::uint32_t way = find_way(set, cache.ways, TlbKey{number, tag_, static_cast<unsigned>(level)}.raw());
    if (way == absent) continue;
    const std::uint64_t data = set[cache.ways + way];
    return {level - 1, TableId{frame_of(data).raw()}, data & rights_mask, level, way};
  }
  return {levels_ - 1, root_, pte_write | pte_user, 0, 0};
}

/// Looks the whole walk through before it changes anything.
std::uint64_t PrivateAccess::perform_walk(std::uint64_t page, bool store, std::uint64_t budget) {
  const AccessKind kind = store ? AccessKind::store : AccessKind::load;
  const Position start = start_of_walk(page);
  Position at = start;
  std::array<std::uint64_t, TableGeometry::levels_max> cached{};
  std::uint64_t cycles = walk_start_ + fill_cost_;
  std::uint64_t entry = 0;
  for (;;) {
    if (at.table.raw() >= mmu_.state_.limits().tables) return 0;
    if (WordCodec<MmId>::decode(words_[mmu_.state_.table_owner(at.table).at.raw()]) != mm_) return 0;
    const Location cell = mmu_.state_.entry(at.table, mmu_.tlbs_.table_index(VirtPage{page}, at.level)).at;
    cycles += walk_level_;
    if (cycles >= budget || !mmu_.machine_.lines->readable(core_, cell)) return 0;
    entry = words_[cell.raw()];
    const Reading reading = judge(entry, at.rights, at.level, kind);
    if (reading == Reading::leaf) break;
    if (reading != Reading::descend) return 0;
    cached[at.level] = walk_cache_data(at.rights, entry);
    at = {at.level - 1, TableId{frame_of(entry).raw()}, cached[at.level] & rights_mask, 0, 0};
  }
  const std::uint64_t data = combine_rights(at.rights, entry) | owner_bits_;
  if (!fill(page, static_cast<unsigned>(at.level), data)) return 0;
  if (start.psc_level != 0) touch_psc(start, page);
  for (std::size_t level = start.level; level > at.level; --level) fill_psc(level, page, cached[level] | owner_bits_);
  words_[mmu_.walk_in_flight(cpu_).at.raw()] = 0;
  ++walks_;
  return cycles;
}

/// False, without effect, if this core has not cached such a page before: the step that does notes it.
bool PrivateAccess::fill(std::uint64_t page, unsigned size, std::uint64_t data) {
  const bool global = (data & pte_global) != 0;
  const std::uint64_t kind_bits = std::uint64_t{1} << size | (global ? 1U << TlbHierarchy::sizes : 0U);
  if ((kinds_ & kind_bits) != kind_bits) return false;
  if (size == 0 && !global) {
    // The lookup has just missed in both levels.
    const std::uint64_t key = TlbKey{VirtPage{page}, tag_, 0}.raw();
    insert_front(l1_.set(page), l1_.ways, key, data);
    if (l2_.words != nullptr) insert_front(l2_.set(page), l2_.ways, key, data);
  } else {
    const auto view = [this](Location where) { return RawWords{words_ + where.raw()}; };
    mmu_.tlbs_.fill(view, core_, Side::data, VirtPage{page}, size, global ? global_tag_of(tag_) : tag_, data);
  }
  if (mmu_.tlbs_.first_level(Side::data, size) != TlbHierarchy::no_array) remember(page, data);
  return true;
}

void PrivateAccess::touch_psc(const Position& start, std::uint64_t page) {
  const RawArray& cache = psc_[start.psc_level];
  std::uint64_t* const set = cache.set(mmu_.tlbs_.key_page(VirtPage{page}, start.psc_level).raw());
  move_to_front(set, cache.ways, start.psc_way, set[start.psc_way], set[cache.ways + start.psc_way]);
}

void PrivateAccess::fill_psc(std::size_t level, std::uint64_t page, std::uint64_t data) {
  const RawArray& cache = psc_[level <= 3 ? level : 0];
  if (cache.words == nullptr) return;
  const VirtPage number = mmu_.tlbs_.key_page(VirtPage{page}, level);
  insert_front(cache.set(number.raw()), cache.ways, TlbKey{number, tag_, static_cast<unsigned>(level)}.raw(),
               data);
}

}  // namespace mmulab::radix
