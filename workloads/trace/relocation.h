// SPDX-License-Identifier: MIT
// Where a recorded address lies in a simulated user space that is smaller, as ppc64's (44 bits) or sparc64's (below the
// hole): the trace's windows of 1 GiB that something happens in keep their order and lie one after another from 0 on. A
// trace that fits stays as it is.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace mmulab::trace {

class Relocation {
 public:
  static constexpr unsigned window_bits = 30;

  /// Something happens in [first, first + length); before settle(). False if it spans more windows than there can be.
  bool see(std::uint64_t first, std::uint64_t length);
  /// `user_bytes`: the size of the simulated user space. False if the windows are too many for it.
  bool settle(std::uint64_t user_bytes);
  [[nodiscard]] bool moves() const { return moves_; }
  [[nodiscard]] std::size_t windows() const { return windows_.size(); }
  [[nodiscard]] std::uint64_t of(std::uint64_t va) const {
    if (!moves_) return va;
    const auto at = std::lower_bound(windows_.begin(), windows_.end(), va >> window_bits) - windows_.begin();
    return static_cast<std::uint64_t>(at) << window_bits | (va & ((std::uint64_t{1} << window_bits) - 1));
  }

 private:
  std::vector<std::uint64_t> windows_;  ///< sorted
  std::uint64_t last_ = ~std::uint64_t{0};
  std::uint64_t end_ = 0;
  bool moves_ = false;
};

}  // namespace mmulab::trace
