// SPDX-License-Identifier: MIT
// One array of a core on raw words, for who performs many accesses at once: what Tlb does with a set, faster. Source of
// truth: tlb.h, which serves every replacement but LRU here, too. Costs nothing: who looks up charges.
#pragma once

#include <cstring>

#include "models/machine/tlb.h"

namespace mmulab {

class RawTlb {
 public:
  /// No array.
  RawTlb() = default;
  /// `words`: of the core's first set.
  RawTlb(const Tlb& tlb, std::uint64_t* words)
      : words_(words),
        set_mask_(tlb.geometry().sets - 1),
        ways_(tlb.geometry().ways),
        stride_(tlb.set_words()),
        lru_(tlb.geometry().replacement == Replacement::lru),
        tlb_(&tlb) {}

  [[nodiscard]] bool exists() const { return words_ != nullptr; }
  [[nodiscard]] std::uint64_t* set(std::uint64_t page) const { return words_ + (page & set_mask_) * stride_; }
  [[nodiscard]] std::uint64_t data(const std::uint64_t* set, std::uint32_t way) const { return set[ways_ + way]; }

  /// The way that holds `key`, or Tlb::absent. Four are compared at a time: most sets are searched to their end.
  [[nodiscard]] std::uint32_t find(const std::uint64_t* set, std::uint64_t key) const {
    std::uint32_t w = 0;
    for (; w + 4 <= ways_; w += 4) {
      const std::uint64_t* four = set + w;
      const bool a = four[0] == key, b = four[1] == key, c = four[2] == key, d = four[3] == key;
      if (a || b || c || d) return w + (a ? 0U : b ? 1U : c ? 2U : 3U);
    }
    for (; w < ways_; ++w)
      if (set[w] == key) return w;
    return Tlb::absent;
  }
  /// A hit on `way`, which holds `key`.
  void touch(std::uint64_t* set, std::uint32_t way) const {
    if (lru_) return move_to_front(set, way, set[way], set[ways_ + way]);
    RawWords view{set};
    tlb_->touch(view, way);
  }
  /// Puts in a key that is absent; the one that it has replaced, 0 if a way was free, and that one's data.
  std::uint64_t insert(std::uint64_t* set, std::uint64_t key, std::uint64_t data, std::uint64_t& evicted_data) const {
    if (lru_) return insert_front(set, key, data, evicted_data);
    return insert_elsewhere(set, key, data, evicted_data);
  }
  void insert(std::uint64_t* set, std::uint64_t key, std::uint64_t data) const {
    std::uint64_t evicted_data = 0;
    insert(set, key, data, evicted_data);
  }
  /// A hit on `way`, whose entry gets new data.
  void renew(std::uint64_t* set, std::uint32_t way, std::uint64_t data) const {
    set[ways_ + way] = data;
    touch(set, way);
  }
  void drop(std::uint64_t* set, std::uint32_t way) const { set[way] = set[ways_ + way] = 0; }
  template <class Predicate>
  void drop_where(const Predicate& dies) const {
    for (std::uint64_t s = 0; s <= set_mask_; ++s)
      for (std::uint32_t w = 0; w < ways_; ++w)
        if (const TlbKey key{set(s)[w]}; key.valid() && dies(key)) drop(set(s), w);
  }
  void drop_all() const {
    drop_where([](TlbKey) { return true; });
  }

 private:
  /// Above this many entries block moves are faster; below, they stall on the words that were just stored.
  static constexpr std::uint32_t many = 24;

  void move_to_front(std::uint64_t* set, std::uint32_t way, std::uint64_t key, std::uint64_t data) const {
    std::uint64_t* values = set + ways_;
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
  std::uint64_t insert_front(std::uint64_t* set, std::uint64_t key, std::uint64_t data,
                             std::uint64_t& evicted_data) const {
    std::uint64_t* values = set + ways_;
    if (ways_ > many) {
      const std::uint32_t free = find(set, 0), way = free != Tlb::absent ? free : ways_ - 1;
      const std::uint64_t evicted = set[way];
      evicted_data = values[way];
      move_to_front(set, way, key, data);
      return evicted;
    }
    for (std::uint32_t w = 0; w < ways_; ++w) {
      const std::uint64_t pushed_key = set[w], pushed_data = values[w];
      set[w] = key;
      values[w] = data;
      if (pushed_key == 0) return 0;
      key = pushed_key;
      data = pushed_data;
    }
    evicted_data = data;
    return key;
  }
  std::uint64_t insert_elsewhere(std::uint64_t* set, std::uint64_t key, std::uint64_t data,
                                 std::uint64_t& evicted_data) const {
    RawWords view{set};
    const Tlb::Evicted evicted = tlb_->insert(view, TlbKey{key}, data);
    evicted_data = evicted.data;
    return evicted.key.raw();
  }

  std::uint64_t* words_ = nullptr;
  std::uint64_t set_mask_ = 0;
  std::uint32_t ways_ = 0;
  std::uint32_t stride_ = 0;
  bool lru_ = true;
  const Tlb* tlb_ = nullptr;
};

}  // namespace mmulab
