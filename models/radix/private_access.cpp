// SPDX-License-Identifier: MIT
#include "models/radix/private_access.h"

namespace mmulab::radix {
namespace {

constexpr std::uint32_t absent = Tlb::absent;
constexpr std::uint64_t only_small_pages = 1;

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
      independent_(mmu.tlbs_.levels() == TlbLevels::independent),
      root_(mmu.machine_.world.load(mmu.root_register(cpu))),
      levels_(mmu.state_.geometry().levels()),
      hit_cost_(mmu.machine_.costs.of(mmu.labels_.access).raw()),
      second_hit_cost_(hit_cost_ + mmu.costs_.second_level_hit.raw()),
      walk_start_(mmu.costs_.walk_start.raw()),
      walk_level_(mmu.machine_.costs.of(mmu.labels_.read_entry).raw()),
      fill_cost_(mmu.machine_.costs.of(mmu.labels_.fill).raw()) {
  for (std::size_t level = 1; level < levels_ && level <= 3; ++level) psc_[level] = raw(mmu.tlbs_.psc(level));
}

RawTlb PrivateAccess::raw(std::uint32_t array) const {
  if (array == TlbHierarchy::no_array) return {};
  return {mmu_.tlbs_.array(array).tlb, words_ + mmu_.tlbs_.set_first(core_, array, VirtPage{0}).raw()};
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
    if (cycles == 0) {
      if (hits_first_level(page, store)) buffer.hit_end = Cycle{now + hit_cost_};
      break;
    }
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

/// And would take longer without the first level's entry.
bool PrivateAccess::hits_first_level(std::uint64_t page, bool store) const {
  const std::uint64_t walk_cost = walk_start_ + walk_level_ + fill_cost_;
  if (hit_cost_ >= std::min(second_hit_cost_, walk_cost)) return false;
  if (page == last_page_) return usable(last_data_, store);
  if (kinds_ != only_small_pages || !independent_) return false;
  const std::uint64_t* const set = l1_.set(page);
  const std::uint32_t way = l1_.find(set, TlbKey{VirtPage{page}, tag_, 0}.raw());
  return way != absent && usable(l1_.data(set, way), store);
}

std::uint64_t PrivateAccess::perform(std::uint64_t page, bool store, std::uint64_t budget) {
  if ((kinds_ & ~only_small_pages) != 0 || !independent_) return perform_any_kind(page, store, budget);
  const std::uint64_t key = TlbKey{VirtPage{page}, tag_, 0}.raw();
  std::uint64_t* const set = l1_.set(page);
  const std::uint32_t way = l1_.find(set, key);
  if (way != absent) {
    const std::uint64_t data = l1_.data(set, way);
    if (hit_cost_ >= budget || !usable(data, store)) return 0;
    l1_.touch(set, way);
    remember(page, data);
    return hit_cost_;
  }
  if (!l2_.exists()) return perform_walk(page, store, budget);
  std::uint64_t* const second = l2_.set(page);
  const std::uint32_t second_way = l2_.find(second, key);
  if (second_way == absent) return perform_walk(page, store, budget);
  const std::uint64_t data = l2_.data(second, second_way);
  if (second_hit_cost_ >= budget || !usable(data, store)) return 0;
  l2_.touch(second, second_way);
  l1_.insert(set, key, data);
  remember(page, data);
  ++second_hits_;
  return second_hit_cost_;
}

/// Large or global pages are about: the lookups of the slow path, on raw words.
std::uint64_t PrivateAccess::perform_any_kind(std::uint64_t page, bool store, std::uint64_t budget) {
  const RawView view{words_};
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
    const RawTlb& cache = psc_[level];
    if (!cache.exists()) continue;
    const VirtPage number = mmu_.tlbs_.key_page(VirtPage{page}, level);
    const std::uint64_t* const set = cache.set(number.raw());
    const TlbKey key{number, tag_, static_cast<unsigned>(level)};
    const std::uint32_t way = cache.find(set, key.raw());
    if (way == absent) continue;
    const std::uint64_t data = cache.data(set, way);
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
  if (size == 0 && !global && independent_) {
    // The lookup has just missed in both levels.
    const std::uint64_t key = TlbKey{VirtPage{page}, tag_, 0}.raw();
    l1_.insert(l1_.set(page), key, data);
    if (l2_.exists()) l2_.insert(l2_.set(page), key, data);
  } else {
    const std::uint32_t tag = global ? global_tag_of(tag_) : tag_;
    mmu_.tlbs_.fill(RawView{words_}, core_, Side::data, VirtPage{page}, size, tag, data);
  }
  if (mmu_.tlbs_.first_level(Side::data, size) != TlbHierarchy::no_array) remember(page, data);
  return true;
}

void PrivateAccess::touch_psc(const Position& start, std::uint64_t page) {
  const RawTlb& cache = psc_[start.psc_level];
  cache.touch(cache.set(mmu_.tlbs_.key_page(VirtPage{page}, start.psc_level).raw()), start.psc_way);
}

void PrivateAccess::fill_psc(std::size_t level, std::uint64_t page, std::uint64_t data) {
  const RawTlb& cache = psc_[level <= 3 ? level : 0];
  if (!cache.exists()) return;
  const VirtPage number = mmu_.tlbs_.key_page(VirtPage{page}, level);
  cache.insert(cache.set(number.raw()), TlbKey{number, tag_, static_cast<unsigned>(level)}.raw(), data);
}

}  // namespace mmulab::radix
