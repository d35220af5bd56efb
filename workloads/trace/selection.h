// SPDX-License-Identifier: MIT
// Which of one task's accesses are replayed, and where they lie in the simulated user space.
#pragma once

#include "models/mm/geometry.h"
#include "workloads/trace/record.h"
#include "workloads/trace/survey.h"

namespace mmulab::trace {

class Selection {
 public:
  Selection(Fetches fetches, PageShift shift, const Relocation& relocation)
      : fetches_(fetches), shift_(shift), relocation_(&relocation) {}

  /// The task begins again.
  void begin() { page_ = ~std::uint64_t{0}; }
  /// Makes words of accesses as they were recorded; returns how many are replayed.
  std::size_t select(std::uint64_t* words, std::size_t count) {
    if (fetches_ == Fetches::all && !relocation_->moves()) return count;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t word = words[i];
      if ((word & fetch_bit) != 0 && !keeps(word)) continue;
      words[kept++] = relocation_->moves() ? moved(word) : word;
    }
    return kept;
  }

 private:
  [[nodiscard]] bool keeps(std::uint64_t word) {
    if (fetches_ == Fetches::none) return false;
    if (fetches_ == Fetches::all) return true;
    const std::uint64_t page = address_of(word) >> shift_.raw();
    if (page == page_) return false;
    page_ = page;
    return true;
  }
  [[nodiscard]] std::uint64_t moved(std::uint64_t word) {
    const std::uint64_t va = address_of(word), window = va >> Relocation::window_bits;
    if (window != window_) {
      window_ = window;
      distance_ = relocation_->of(va) - va;
    }
    return (va + distance_) | (word & (store_bit | fetch_bit));
  }

  Fetches fetches_;
  PageShift shift_;
  const Relocation* relocation_;
  std::uint64_t page_ = ~std::uint64_t{0}, window_ = ~std::uint64_t{0}, distance_ = 0;
};

}  // namespace mmulab::trace
