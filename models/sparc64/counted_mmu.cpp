// SPDX-License-Identifier: MIT
#include "models/sparc64/counted_mmu.h"

namespace mmulab::sparc64 {
namespace {

/// A small page's entry, where nobody asks for its frame or rights.
constexpr std::uint64_t some_data = 0;

std::uint32_t context_of(MmId mm) { return mm.raw() + 1; }

}  // namespace

CountedMmu::CountedMmu(StateRoom& room, const Topology& topology, PageShift shift, const Sparc64Params& params)
    : room_(room),
      topology_(topology),
      params_(params),
      tte_(layout_of(params.tte_format)),
      world_(room),
      sides_{Side{CoreTlbs(world_, "dtlb", topology.cores(), params.dtlb, tte_, shift)},
             Side{CoreTlbs(world_, "itlb", topology.cores(), params.itlb, tte_, shift)}},
      view_{world_.untracked_words(Location{0})},
      cpus_(topology.cpus()) {}

CountedMmu::Table& CountedMmu::table_of(MmId mm) {
  if (tables_.size() <= mm.raw()) tables_.resize(mm.raw() + std::size_t{1});
  Table& table = tables_[mm.raw()];
  if (table.empty()) table = made(params_.tsb_entries_first);
  return table;
}

/// From what the geometries have in common: there are as many as the recording has address spaces.
CountedMmu::Table CountedMmu::made(std::size_t entries) {
  room_.take("sparc64.tsb", entries);
  return Table(entries, 0);
}

void CountedMmu::run(std::uint32_t task, MmId mm) {
  const CpuId cpu{task % topology_.cpus()};
  core_ = topology_.core_of(cpu);
  mm_ = mm;
  context_ = context_of(mm);
  cpus_.add(mm, cpu);
}

void CountedMmu::access(const std::uint64_t* accesses, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) access(sides_[accesses[i] >> 62 & 1], page_in(accesses[i]));
}

/// An entry was made from the page's present pte: what it allows need not be asked.
void CountedMmu::access(Side& side, VirtPage page) {
  const TlbHit hit = side.tlbs.find_again(view_, core_, context_, page);
  if (hit.found()) {
    side.tlbs.touch(view_, core_, page, hit);
    ++side.tlb_hits;
    return;
  }
  std::uint64_t& there = entry(table_of(mm_), page);
  ++(there == page.raw() + 1 ? side.tsb_hits : side.walks);
  there = page.raw() + 1;
  side.tlbs.fill_absent(view_, core_, context_, page, some_data);
}

void CountedMmu::fault(VirtPage page, std::uint64_t resident) {
  Table& table = table_of(mm_);
  entry(table, page) = page.raw() + 1;
  if (resident > tsb_rss_limit(params_, static_cast<std::uint32_t>(table.size()))) grow(table, resident);
}

/// tsb_grow, with copy_tsb in the order of the old table.
void CountedMmu::grow(Table& table, std::uint64_t resident) {
  Table grown = made(tsb_entries_for(params_, resident));
  for (const std::uint64_t page_and_1 : table)
    if (page_and_1 != 0) entry(grown, VirtPage{page_and_1 - 1}) = page_and_1;
  room_.give_back(table.size());
  table = std::move(grown);
  ++growths_;
}

void CountedMmu::change(VirtPage page, Change) {
  forget(mm_, page);
  entry(table_of(mm_), page) = page.raw() + 1;
}

void CountedMmu::forget(MmId mm, VirtPage page) {
  std::uint64_t& there = entry(table_of(mm), page);
  if (there == page.raw() + 1) there = 0;
  cpus_.each(mm, [&](CpuId cpu) {
    for (Side& side : sides_) side.tlbs.demap_page(view_, topology_.core_of(cpu), context_of(mm), page);
  });
}

void CountedMmu::forget_all(MmId mm, bool over) {
  Table& table = table_of(mm);
  if (over) {
    room_.give_back(table.size());
    table = Table();  // from {} it would keep its memory
  } else {
    table.assign(table.size(), 0);
  }
  cpus_.each(mm, [&](CpuId cpu) {
    for (Side& side : sides_) side.tlbs.demap_context(view_, topology_.core_of(cpu), context_of(mm));
  });
}

/// All small pages go into the first structure that takes them.
CountedMmu::Repeats CountedMmu::repeats_of(const std::vector<Sparc64TlbLevel>& levels) {
  for (const Sparc64TlbLevel& level : levels)
    if (level.holds_8k) return Repeats::of(level.geometry);
  return {};
}

CountedMmu::RepeatsOfSides CountedMmu::repeats() const { return {repeats_of(params_.dtlb), repeats_of(params_.itlb)}; }

void CountedMmu::add_repeats(std::uint64_t data, std::uint64_t code) {
  sides_[0].tlb_hits += data;
  sides_[1].tlb_hits += code;
}

std::vector<StructureCount> CountedMmu::counts() const {
  const Side &data = sides_[0], &code = sides_[1];
  return {{"dtlb.hits", data.tlb_hits, "data accesses that hit in the TLB"},
          {"itlb.hits", code.tlb_hits, "fetches that hit in the TLB"},
          {"tsb.data_hits", data.tsb_hits, "data accesses that the TSB answered"},
          {"tsb.code_hits", code.tsb_hits, "fetches that the TSB answered"},
          {"walks.data", data.walks, "data accesses that walked the tables and filled the TSB"},
          {"walks.code", code.walks, "fetches that walked the tables and filled the TSB"},
          {"tsb.growths", growths_, "TSBs that were replaced by a larger one"}};
}

}  // namespace mmulab::sparc64
