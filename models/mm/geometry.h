// SPDX-License-Identifier: MIT
// How a virtual address splits into page-table indices. Real widths (x86: 4 levels of 9 bits) and the tiny ones
// for exploration (2-bit levels) are ordinary configurations of this one type.
#pragma once

#include <array>

#include "sim/units/assert.h"
#include "sim/units/units.h"

namespace mmulab {

/// Translations of another size than a page (ppc64): log2 of the base pages in a huge page (HUGETLB_PAGE_ORDER), and of
/// the parts of a page that can be translated each by itself; 0 where there are none.
struct OtherSizes {
  unsigned huge_order = 0;
  unsigned part_order = 0;
};

/// Level 0 is the leaf (pte) level; level levels-1 is the root.
class TableGeometry {
 public:
  static constexpr std::size_t levels_max = 5;
  TableGeometry() = default;
  /// `bits[level]` index bits a level, leaf first.
  TableGeometry(PageShift shift, std::array<unsigned, levels_max> bits, std::size_t levels, OtherSizes sizes = {})
      : shift_(shift), bits_(bits), levels_(levels), sizes_(sizes) {}

  [[nodiscard]] PageShift page_shift() const { return shift_; }
  [[nodiscard]] std::size_t levels() const { return levels_; }
  [[nodiscard]] unsigned huge_order() const { return sizes_.huge_order; }
  [[nodiscard]] unsigned part_order() const { return sizes_.part_order; }
  [[nodiscard]] std::uint32_t entries(std::size_t level) const { return 1U << bits_[level]; }
  [[nodiscard]] std::uint32_t entries_max() const {
    std::uint32_t most = 0;
    for (std::size_t l = 0; l < levels_; ++l) most = entries(l) > most ? entries(l) : most;
    return most;
  }
  /// Index of `page` in its table of `level`.
  [[nodiscard]] std::uint32_t index(VirtPage page, std::size_t level) const {
    return static_cast<std::uint32_t>(page.raw() >> low_bits(level)) & (entries(level) - 1);
  }
  /// log2 of the pages that one entry of `level` maps; 0 for the leaf.
  [[nodiscard]] unsigned low_bits(std::size_t level) const {
    unsigned sum = 0;
    for (std::size_t l = 0; l < level; ++l) sum += bits_[l];
    return sum;
  }
  [[nodiscard]] Pages span(std::size_t level) const { return Pages{std::uint64_t{1} << low_bits(level)}; }
  [[nodiscard]] Pages user_pages() const { return span(levels_); }
  /// First page after `page` whose entry of `level` is another one.
  [[nodiscard]] VirtPage next_boundary(VirtPage page, std::size_t level) const {
    return VirtPage{((page.raw() >> low_bits(level)) + 1) << low_bits(level)};
  }

 private:
  PageShift shift_;
  std::array<unsigned, levels_max> bits_{};
  std::size_t levels_ = 0;
  OtherSizes sizes_;
};

}  // namespace mmulab
