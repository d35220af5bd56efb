// SPDX-License-Identifier: MIT
#include "models/radix/counted_mmu.h"

namespace mmulab::radix {
namespace {

constexpr std::uint32_t asids_max = 0xfff;
constexpr std::uint64_t only_small_pages = 1;
/// A walk cache's data where nobody asks which table it leads to.
constexpr std::uint64_t some_table = pte_present;

std::uint64_t data_of(std::uint64_t access) {
  return pte_present | ((access & mmulab::CountedMmu::dirty_bit) != 0 ? pte_dirty : 0);
}
/// A store through a clean entry walks, to set D.
bool usable(std::uint64_t data, std::uint64_t access) {
  return (access & mmulab::CountedMmu::store_bit) == 0 || (data & pte_dirty) != 0;
}

}  // namespace

CountedMmu::CountedMmu(StateRoom& room, const Topology& topology, const TableGeometry& geometry,
                       const HierarchyParams& params, bool tags)
    : topology_(topology),
      levels_(geometry.levels()),
      tags_(tags),
      world_(room),
      tlbs_(world_, "tlbs", topology, geometry, params),
      words_(world_.untracked_words(Location{0})),
      cpus_(topology.cpus()),
      loaded_(topology.cpus(), MmId::none()) {
  place(CpuId{0});
}

RawTlb CountedMmu::raw(std::uint32_t array) const {
  if (array == TlbHierarchy::no_array) return {};
  return {tlbs_.array(array).tlb, words_ + tlbs_.set_first(core_, array, VirtPage{0}).raw()};
}

std::uint32_t CountedMmu::tag(CpuId cpu, MmId mm) const {
  MMULAB_ASSERT(mm.raw() < asids_max, "a recording has at most 4000 address spaces");
  return tag_of(tlbs_.thread_of(cpu), tags_ ? mm.raw() + 1 : 0);
}

void CountedMmu::place(CpuId cpu) {
  cpu_ = cpu;
  core_ = topology_.core_of(cpu);
  for (const Side side : {Side::data, Side::instruction}) {
    View& view = views_[static_cast<std::size_t>(side)];
    view.first = raw(tlbs_.first_level(side, 0));
    view.second = raw(tlbs_.second_level(side, 0));
  }
  for (std::size_t level = 1; level < levels_ && level <= 3; ++level) psc_[level] = raw(tlbs_.psc(level));
}

void CountedMmu::run(std::uint32_t task, MmId mm) {
  place(CpuId{task % topology_.cpus()});
  mm_ = mm;
  tag_ = tag(cpu_, mm);
  key_bits_ = TlbKey{VirtPage{0}, tag_, 0}.raw();
  MmId& loaded = loaded_[cpu_.raw()];
  if (!tags_ && loaded.exists() && loaded != mm) {
    tlbs_.drop_where(words(), core_, [&](TlbKey key) { return key.tag() == tag_; });
    cpus_.clear(loaded);
  }
  loaded = mm;
  cpus_.add(mm, cpu_);
}

void CountedMmu::access(const std::uint64_t* accesses, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) access(views_[accesses[i] >> 62 & 1], accesses[i]);
}

void CountedMmu::access(View& view, std::uint64_t access) {
  const std::uint64_t page = page_in(access).raw(), key = key_bits_ | page;
  std::uint64_t* const set = view.first.set(page);
  const std::uint32_t way = view.first.find(set, key);
  if (way != Tlb::absent) {
    if (!usable(view.first.data(set, way), access)) return walk(view, access);
    view.first.touch(set, way);
    ++view.first_hits;
    return;
  }
  if (!view.second.exists()) return walk(view, access);
  std::uint64_t* const second = view.second.set(page);
  const std::uint32_t second_way = view.second.find(second, key);
  if (second_way == Tlb::absent) return walk(view, access);
  const std::uint64_t data = view.second.data(second, second_way);
  if (!usable(data, access)) return walk(view, access);
  ++view.second_hits;
  if (tlbs_.levels() == TlbLevels::independent) {
    view.second.touch(second, second_way);
    view.first.insert(set, key, data);
    return;
  }
  const Side side = (access & fetch_bit) != 0 ? Side::instruction : Side::data;
  const auto hit = tlbs_.find(words(), only_small_pages, core_, side, VirtPage{page}, tag_);
  tlbs_.use(words(), core_, side, VirtPage{page}, hit);
}

/// From the deepest table that a paging-structure cache knows, or from the root; fills the caches that it passes.
void CountedMmu::walk(View& view, std::uint64_t access) {
  const VirtPage page = page_in(access);
  const auto key_at = [&](std::size_t level) {
    return TlbKey{tlbs_.key_page(page, level), tag_, static_cast<unsigned>(level)};
  };
  std::size_t start = levels_;
  for (std::size_t level = 1; level < levels_ && level <= 3 && start == levels_; ++level) {
    const RawTlb& cache = psc_[level];
    if (!cache.exists()) continue;
    const TlbKey key = key_at(level);
    std::uint64_t* const set = cache.set(key.page().raw());
    const std::uint32_t way = cache.find(set, key.raw());
    if (way == Tlb::absent) continue;
    cache.touch(set, way);
    ++psc_hits_[level];
    start = level;
  }
  entries_read_ += start;
  ++view.walks;
  for (std::size_t level = start - 1; level > 0; --level) {
    if (level > 3 || !psc_[level].exists()) continue;
    const TlbKey key = key_at(level);
    psc_[level].insert(psc_[level].set(key.page().raw()), key.raw(), some_table);
  }
  fill(view, access);
}

void CountedMmu::fill(View& view, std::uint64_t access) {
  const std::uint64_t page = page_in(access).raw(), key = key_bits_ | page, data = data_of(access);
  if (tlbs_.levels() != TlbLevels::independent) {
    const Side side = (access & fetch_bit) != 0 ? Side::instruction : Side::data;
    return tlbs_.fill(words(), core_, side, VirtPage{page}, 0, tag_, data);
  }
  for (const RawTlb* tlb : {&view.first, &view.second}) {
    if (!tlb->exists()) continue;
    std::uint64_t* const set = tlb->set(page);
    const std::uint32_t way = tlb->find(set, key);
    if (way == Tlb::absent) tlb->insert(set, key, data);
    else tlb->renew(set, way, data);
  }
}

void CountedMmu::fault(VirtPage page, std::uint64_t) {
  tlbs_.drop_page(words(), core_, page, tag_, false);
  tlbs_.drop_psc_path(words(), core_, page, tag_);
}

void CountedMmu::forget(MmId mm, VirtPage page) {
  cpus_.each(mm, [&](CpuId cpu) {
    tlbs_.drop_page(words(), topology_.core_of(cpu), page, tag(cpu, mm), false);
    tlbs_.drop_psc_tag(words(), topology_.core_of(cpu), tag(cpu, mm));
  });
}

void CountedMmu::forget_all(MmId mm, bool) {
  cpus_.each(mm, [&](CpuId cpu) {
    const std::uint32_t dead = tag(cpu, mm);
    tlbs_.drop_where(words(), topology_.core_of(cpu), [&](TlbKey key) { return key.tag() == dead; });
  });
  cpus_.clear(mm);
  if (mm == mm_) cpus_.add(mm, cpu_);
}

/// Where the second level takes entries away from the first, only the last access of all is sure to be there.
CountedMmu::RepeatsOfSides CountedMmu::repeats() const {
  if (tlbs_.levels() == TlbLevels::inclusive) return {{}, {}, false};
  const auto of = [&](Side side) { return Repeats::of(tlbs_.array(tlbs_.first_level(side, 0)).tlb.geometry()); };
  return {of(Side::data), of(Side::instruction)};
}

void CountedMmu::add_repeats(std::uint64_t data, std::uint64_t code) {
  views_[0].first_hits += data;
  views_[1].first_hits += code;
}

std::vector<StructureCount> CountedMmu::counts() const {
  const View &data = views_[0], &code = views_[1];
  return {{"dtlb.hits", data.first_hits, "data accesses that hit in the first level"},
          {"itlb.hits", code.first_hits, "fetches that hit in the first level"},
          {"stlb.data_hits", data.second_hits, "data accesses that hit in the second level only"},
          {"stlb.code_hits", code.second_hits, "fetches that hit in the second level only"},
          {"walks.data", data.walks, "data accesses that walked the tables"},
          {"walks.code", code.walks, "fetches that walked the tables"},
          {"psc.pde_hits", psc_hits_[1], "walks that began below a cached page-directory entry"},
          {"psc.pdpte_hits", psc_hits_[2], "walks that began below a cached PDPT entry"},
          {"psc.pml4e_hits", psc_hits_[3], "walks that began below a cached PML4 entry"},
          {"walks.entries_read", entries_read_, "table entries that walks read"}};
}

}  // namespace mmulab::radix
