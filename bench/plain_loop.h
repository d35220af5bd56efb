// SPDX-License-Identifier: MIT
// The yardstick: a two-level TLB as one would write it first, and nothing else. Sets of entries with 64-bit
// stamps, true LRU, lookup and choice of the victim in one pass. Geometry: L1 16 x 4, STLB 128 x 12, as machine
// preset `skylake`. No page tables, no cycles, no kernel: what a simulator could not do without.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace mmulab::bench {

template <std::size_t sets, std::size_t ways>
class PlainTlb {
 public:
  /// True on a hit; a miss fills.
  bool access(std::uint64_t page, std::uint16_t tag) {
    Entry* const set = &entries_[page % sets * ways];
    Entry* oldest = set;
    ++clock_;
    for (std::size_t way = 0; way < ways; ++way) {
      Entry& entry = set[way];
      if (entry.valid && entry.page == page && entry.tag == tag) {
        entry.stamp = clock_;
        return true;
      }
      if (entry.stamp < oldest->stamp) oldest = &entry;
    }
    *oldest = Entry{page, clock_, page ^ 0x5555, tag, true};
    return false;
  }

 private:
  struct Entry {
    std::uint64_t page = 0;
    std::uint64_t stamp = 0;
    std::uint64_t frame = 0;
    std::uint16_t tag = 0;
    bool valid = false;
  };
  std::array<Entry, sets * ways> entries_{};
  std::uint64_t clock_ = 0;
};

class PlainLoop {
 public:
  void access(std::uint64_t page) {
    if (first_.access(page, 1)) ++first_hits_;
    else if (second_.access(page, 1)) ++second_hits_;
    else ++walks_;
  }
  /// Something that depends on every access, so that none is optimised away.
  [[nodiscard]] std::uint64_t digest() const { return first_hits_ * 3 + second_hits_ * 5 + walks_ * 7; }

 private:
  PlainTlb<16, 4> first_;
  PlainTlb<128, 12> second_;
  std::uint64_t first_hits_ = 0;
  std::uint64_t second_hits_ = 0;
  std::uint64_t walks_ = 0;
};

}  // namespace mmulab::bench
