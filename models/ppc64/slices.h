// SPDX-License-Identifier: MIT
// The page size of each slice of an address space: mm->context.low_slices_psize and high_slices_psize, four bits for
// every 256 MiB below 4 GiB and for every TiB above. The SLB miss handler and hash_page look it up; it changes only
// while nothing is mapped there. Source: Linux 2.6.22 arch/powerpc/mm/slice.c (get_slice_psize,
// slice_set_range_psize). Left out: slices that go back to base pages, the IPI by which other cpus drop their SLBs
// (hash_page finds out). Cost: slice_read, slice_convert.
#pragma once

#include "models/mm/state.h"
#include "models/ppc64/page_size.h"

namespace mmulab::ppc64 {

class Slices {
 public:
  /// Without `vary` every page has the base size, and there is nothing to look up.
  Slices(World& world, std::uint32_t mms, PageSize base, bool vary) : base_(base), vary_(vary) {
    if (vary) region_ = world.allocate("ppc64.slices", mms, words, Coherence::memory);
  }
  [[nodiscard]] bool vary() const { return vary_; }
  [[nodiscard]] PageSize base() const { return base_; }

  [[nodiscard]] Cell<std::uint64_t> word(MmId mm, VirtAddr va) const {
    return region_.cell<std::uint64_t>(mm.raw(), va.raw() < low_end ? 0 : 1);
  }
  /// `word` as word(mm, va) holds it.
  [[nodiscard]] PageSize size_in(std::uint64_t word, VirtAddr va) const {
    const std::uint64_t code = word >> shift(va) & 0xf;
    return code == 0 ? base_ : static_cast<PageSize>(code - 1);
  }
  [[nodiscard]] static std::uint64_t with(std::uint64_t word, VirtAddr va, PageSize size) {
    const std::uint64_t code = std::uint64_t{static_cast<std::uint8_t>(size)} + 1;
    return (word & ~(std::uint64_t{0xf} << shift(va))) | code << shift(va);
  }
  /// For addresses whose slice cannot change now, because something is mapped there.
  [[nodiscard]] PageSize peek(const World& world, MmId mm, VirtAddr va) const {
    return vary_ ? size_in(world.load(word(mm, va)), va) : base_;
  }
  /// The first address behind va's slice.
  [[nodiscard]] static VirtAddr end_of(VirtAddr va) {
    const unsigned bits = va.raw() < low_end ? low_shift : high_shift;
    return VirtAddr{((va.raw() >> bits) + 1) << bits};
  }

 private:
  static constexpr std::uint32_t words = 2;
  static constexpr unsigned low_shift = 28, high_shift = 40;
  static constexpr std::uint64_t low_end = std::uint64_t{1} << 32;
  static unsigned shift(VirtAddr va) {
    return static_cast<unsigned>(va.raw() >> (va.raw() < low_end ? low_shift : high_shift) & 0xf) * 4;
  }

  PageSize base_;
  bool vary_;
  Region region_;
};

}  // namespace mmulab::ppc64
