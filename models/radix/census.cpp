// SPDX-License-Identifier: MIT
// Which copies of translations and of pointers to tables there are, or could be.
#include "models/radix/may_set.h"
#include "models/radix/mmu.h"

namespace mmulab::radix {

void Mmu::list_copies(MmId mm, VirtPage page, std::vector<TranslationCopy>& copies, const OwnerOf& owner_of) const {
  if (may_ != nullptr) return list_what_may_be(mm, page, copies, owner_of);
  const World& world = machine_.world;
  for (std::uint32_t c = 0; c < state_.limits().cpus; ++c) {
    const CpuId cpu{c};
    const CoreId core = core_of(cpu);
    for (std::uint32_t array = 0; array < tlbs_.arrays(); ++array)
      for (unsigned size = 0; size < TlbHierarchy::sizes; ++size) {
        if (!tlbs_.holds(array, size)) continue;
        const VirtPage number = tlbs_.key_page(page, size);
        const PeekWords set{world, tlbs_.set_first(core, array, number)};
        for (std::uint32_t way = 0; way < tlbs_.array(array).tlb.geometry().ways; ++way) {
          const TlbKey key = tlbs_.array(array).tlb.key(set, way);
          if (!key.valid() || key.page() != number || key.size_code() != size) continue;
          if (thread_of_tag(key.tag()) != tlbs_.thread_of(cpu)) continue;
          const std::uint64_t data = tlbs_.array(array).tlb.data(set, way);
          const MmId owner = is_global_tag(key.tag()) ? world.load(mm_register(cpu))
                                                      : owner_of(cpu, asid_of_tag(key.tag()), data);
          if (owner != mm) continue;
          copies.push_back(
              {core, mm, page, tlbs_.frame_in(data, page, size), Tag{key.tag()}, rights_bits(data, size),
               tlbs_.set_first(core, array, number)});
        }
      }
  }
}

void Mmu::list_walk_copies(TableId table, std::vector<WalkCacheCopy>& copies, const OwnerOf& owner_of) const {
  if (may_ != nullptr) return list_walks_that_may_be(table, copies, owner_of);
  const World& world = machine_.world;
  for (std::uint32_t c = 0; c < state_.limits().cpus; ++c) {
    const CpuId cpu{c};
    const CoreId core = core_of(cpu);
    for (std::size_t level = 1; level < state_.geometry().levels(); ++level) {
      if (tlbs_.psc(level) == TlbHierarchy::no_array) continue;
      const CacheArray& cache = tlbs_.array(tlbs_.psc(level));
      for (std::uint32_t s = 0; s < cache.tlb.geometry().sets; ++s) {
        const PeekWords set{world, tlbs_.set_first(core, tlbs_.psc(level), VirtPage{s})};
        for (std::uint32_t way = 0; way < cache.tlb.geometry().ways; ++way) {
          const TlbKey key = cache.tlb.key(set, way);
          if (!key.valid() || thread_of_tag(key.tag()) != tlbs_.thread_of(cpu)) continue;
          const std::uint64_t data = cache.tlb.data(set, way);
          if (frame_of(data).raw() != table.raw()) continue;
          copies.push_back({core, owner_of(cpu, asid_of_tag(key.tag()), data), Tag{key.tag()}});
        }
      }
    }
  }
}

void Mmu::list_what_may_be(MmId mm, VirtPage page, std::vector<TranslationCopy>& copies,
                           const OwnerOf& owner_of) const {
  const World& world = machine_.world;
  for (std::uint32_t c = 0; c < state_.limits().cpus; ++c) {
    const CpuId cpu{c};
    const auto list = [&](const Cached& one) {
      if (!one.leaf || tlbs_.key_page(page, one.level) != one.number) return;
      const MmId owner = is_global_tag(one.tag) ? world.load(mm_register(cpu))
                                                : owner_of(cpu, asid_of_tag(one.tag), one.data);
      const auto size = static_cast<unsigned>(one.level);
      if (owner == mm)
        copies.push_back({core_of(cpu), mm, page, tlbs_.frame_in(one.data, page, size), Tag{one.tag},
                          rights_bits(one.data, size)});
    };
    const Holding held = may_->held(cpu);
    for (const Cached& one : held) list(one);
    if (world.load(mm_register(cpu)) == mm)
      may_->for_each_loadable(cpu, held, [&](const Cached& one, Location) { list(one); });
  }
}

void Mmu::list_walks_that_may_be(TableId table, std::vector<WalkCacheCopy>& copies, const OwnerOf& owner_of) const {
  for (std::uint32_t c = 0; c < state_.limits().cpus; ++c) {
    const CpuId cpu{c};
    const auto list = [&](const Cached& one) {
      if (one.leaf || tlbs_.psc(one.level) == TlbHierarchy::no_array || frame_of(one.data).raw() != table.raw()) return;
      copies.push_back({core_of(cpu), owner_of(cpu, asid_of_tag(one.tag), one.data), Tag{one.tag}});
    };
    const Holding held = may_->held(cpu);
    for (const Cached& one : held) list(one);
    may_->for_each_loadable(cpu, held, [&](const Cached& one, Location) { list(one); });
  }
}

}  // namespace mmulab::radix
