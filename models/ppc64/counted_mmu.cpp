// SPDX-License-Identifier: MIT
#include "models/ppc64/counted_mmu.h"

namespace mmulab::ppc64 {
namespace {

/// What a copy or a segment's entry holds, where nobody asks for its frame or rights.
constexpr std::uint64_t some_data = 1;

}  // namespace

CountedMmu::CountedMmu(StateRoom& room, const Topology& topology, PageShift base, const Ppc64Params& params,
                       std::uint64_t seed)
    : topology_(topology),
      base_(base),
      size_(base == PageShift{12} ? PageSize::s4k : PageSize::s64k),
      scheme_(params.vsid),
      layout_(params.vsid, params.pteg_count),
      world_(room),
      hardware_(world_, topology_, params, base),
      words_(world_.untracked_words(Location{0})),
      hpt_(room, params.pteg_count, seed),
      cpus_(topology.cpus()),
      loaded_(topology.cpus(), MmId::none()) {
  sides_[0].erat = raw(hardware_.derat, CoreId{0});
  sides_[1].erat = raw(hardware_.ierat, CoreId{0});
}

HptTarget CountedMmu::target(MmId mm, VirtPage page) const {
  return target_of(scheme_, layout_, base_, mm, VirtPage{page.raw() << (base_.raw() - 12)}, std::uint64_t{mm.raw()} + 1,
                   size_);
}

RawTlb CountedMmu::raw(const Tlb& tlb, CoreId core) const { return {tlb, words_ + tlb.core_first(core).raw()}; }

void CountedMmu::run(std::uint32_t task, MmId mm) {
  const CpuId cpu{task % topology_.cpus()};
  const CoreId core = topology_.core_of(cpu);
  mm_ = mm;
  sides_[0].erat = raw(hardware_.derat, core);
  sides_[1].erat = raw(hardware_.ierat, core);
  tlb_ = raw(hardware_.tlb, core);
  slb_ = raw(hardware_.slb, CoreId{cpu.raw()});
  cpus_.add(mm, cpu);
  if (loaded_[cpu.raw()] == mm) return;
  loaded_[cpu.raw()] = mm;
  slb_.drop_all();
  for (const Side& side : sides_) side.erat.drop_all();
}

void CountedMmu::access(const std::uint64_t* accesses, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) access(sides_[accesses[i] >> 62 & 1], page_in(accesses[i]));
}

/// A copy was made from the page's present entry: what it allows need not be asked.
void CountedMmu::access(Side& side, VirtPage page) {
  const TlbKey key = key_of(VirtPage{page.raw() << (base_.raw() - 12)}, std::uint64_t{mm_.raw()} + 1, size_);
  const std::uint64_t index = index_of(key).raw();
  std::uint64_t* const erat = side.erat.set(index);
  const std::uint32_t erat_way = side.erat.find(erat, key.raw());
  if (erat_way != Tlb::absent) {
    side.erat.touch(erat, erat_way);
    ++side.erat_hits;
    return;
  }
  load_segment(page);
  std::uint64_t* const set = tlb_.set(index);
  const std::uint32_t way = tlb_.find(set, key.raw());
  if (way != Tlb::absent) {
    tlb_.touch(set, way);
    ++side.tlb_hits;
  } else {
    walk(page);
    tlb_.insert(set, key.raw(), some_data);
  }
  side.erat.insert(erat, key.raw(), some_data);
}

void CountedMmu::load_segment(VirtPage page) {
  const TlbKey key{VirtPage{start_of(page, base_).raw() >> shift_of(scheme_.segment)}, 0, 0};
  std::uint64_t* const set = slb_.set(0);
  if (slb_.find(set, key.raw()) != Tlb::absent) return;
  ++slb_misses_;
  slb_.insert(set, key.raw(), some_data);
}

void CountedMmu::walk(VirtPage page) {
  const HptTarget wanted = target(mm_, page);
  if (const auto place = hpt_.find(wanted)) {
    ++(place->secondary ? secondary_hits_ : primary_hits_);
    return;
  }
  ++hash_faults_;
  evictions_ += hpt_.insert(wanted) ? 1U : 0U;
}

void CountedMmu::fault(VirtPage page, std::uint64_t) {
  ++preloads_;
  evictions_ += hpt_.insert(target(mm_, page)) ? 1U : 0U;
}

void CountedMmu::change(VirtPage page, Change change) {
  const HptTarget changed = target(mm_, page);
  kill(mm_, changed);
  if (change == Change::first_store) return;
  hpt_.remove(changed);
  fault(page, 0);
}

void CountedMmu::forget(MmId mm, VirtPage page) {
  const HptTarget dead = target(mm, page);
  kill(mm, dead);
  hpt_.remove(dead);
}

void CountedMmu::kill(MmId mm, const HptTarget& target) {
  const TlbKey key = target.key();
  cpus_.each(mm, [&](CpuId cpu) {
    for (const Tlb* tlb : {&hardware_.ierat, &hardware_.derat, &hardware_.tlb}) {
      const RawTlb array = raw(*tlb, topology_.core_of(cpu));
      std::uint64_t* const set = array.set(index_of(key).raw());
      const std::uint32_t way = array.find(set, key.raw());
      if (way != Tlb::absent) array.drop(set, way);
    }
  });
}

void CountedMmu::forget_all(MmId mm, bool) {
  const std::uint32_t context = mm.raw() + 1;
  cpus_.each(mm, [&](CpuId cpu) {
    for (const Tlb* tlb : {&hardware_.ierat, &hardware_.derat, &hardware_.tlb})
      raw(*tlb, topology_.core_of(cpu)).drop_where([&](TlbKey key) { return key.tag() == context; });
  });
  hpt_.remove_all(mm);
}

CountedMmu::RepeatsOfSides CountedMmu::repeats() const {
  return {Repeats::of(hardware_.derat.geometry()), Repeats::of(hardware_.ierat.geometry())};
}

void CountedMmu::add_repeats(std::uint64_t data, std::uint64_t code) {
  sides_[0].erat_hits += data;
  sides_[1].erat_hits += code;
}

std::vector<StructureCount> CountedMmu::counts() const {
  return {{"derat.hits", sides_[0].erat_hits, "data accesses that hit in the ERAT"},
          {"ierat.hits", sides_[1].erat_hits, "fetches that hit in the ERAT"},
          {"tlb.data_hits", sides_[0].tlb_hits, "data accesses that hit in the TLB only"},
          {"tlb.code_hits", sides_[1].tlb_hits, "fetches that hit in the TLB only"},
          {"slb.misses", slb_misses_, "segments that software loaded"},
          {"hpt.primary_hits", primary_hits_, "walks that found their entry in the primary group"},
          {"hpt.secondary_hits", secondary_hits_, "walks that found it in the secondary group"},
          {"hpt.hash_faults", hash_faults_, "walks that found none: software put one in"},
          {"hpt.preloads", preloads_, "entries put in at the end of a page fault"},
          {"hpt.evictions", evictions_, "entries that had to go"}};
}

}  // namespace mmulab::ppc64
