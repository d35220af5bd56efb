// SPDX-License-Identifier: MIT
#include "workloads/page_order.h"

#include <numeric>
#include <utility>

#include "sim/units/assert.h"

namespace mmulab::workload {
namespace {

__extension__ using Wide = unsigned __int128;
constexpr std::uint64_t whole = std::uint64_t{1} << 32;

std::vector<std::uint32_t> random_permutation(std::uint64_t pages, std::uint64_t key) {
  std::vector<std::uint32_t> all(pages);
  std::iota(all.begin(), all.end(), 0U);
  for (std::uint64_t i = pages; i > 1; --i) std::swap(all[i - 1], all[below(draw(key, i), i)]);
  return all;
}

/// Each rank's share of pages * 2^32, exactly adding up to it.
std::vector<std::uint64_t> shares_of(const std::vector<std::uint64_t>& weights) {
  Wide sum = 0;
  for (const std::uint64_t w : weights) sum += w;
  const Wide all = Wide{weights.size()} * whole;
  std::vector<std::uint64_t> shares;
  std::uint64_t left = weights.size() * whole;
  for (const std::uint64_t w : weights) {
    shares.push_back(static_cast<std::uint64_t>(w * all / sum));
    left -= shares.back();
  }
  shares.front() += left;
  return shares;
}

}  // namespace

std::uint64_t square_root(std::uint64_t x) {
  std::uint64_t root = 0;
  for (std::uint64_t bit = std::uint64_t{1} << 31; bit != 0; bit >>= 1)
    if ((root | bit) * (root | bit) <= x) root |= bit;
  return root;
}

std::vector<std::uint64_t> zipf_weights(std::uint64_t pages, std::uint32_t halves) {
  std::vector<std::uint64_t> weights;
  for (std::uint64_t rank = 1; rank <= pages; ++rank) {
    std::uint64_t weight = std::uint64_t{1} << 40;
    // Whole powers divide exactly; the odd half goes through a root of 16 fractional bits.
    for (std::uint32_t h = halves; h >= 2; h -= 2) weight /= rank;
    if (halves % 2 != 0) weight = (weight << 16) / square_root(rank << 32);
    weights.push_back(weight == 0 ? 1 : weight);
  }
  return weights;
}

std::vector<std::uint32_t> random_cycle(std::uint64_t pages, std::uint64_t key) {
  std::vector<std::uint32_t> next(pages);
  std::iota(next.begin(), next.end(), 0U);
  for (std::uint64_t i = pages; i > 1; --i) std::swap(next[i - 1], next[below(draw(key, i), i - 1)]);
  return next;
}

PageOrder::PageOrder(Pattern pattern, std::uint64_t pages, std::uint32_t zipf_halves, std::uint64_t key)
    : pattern_(pattern), pages_(pages) {
  MMULAB_ASSERT(pages >= 1 && pages <= pages_max, "a region has 1 to 2^22 pages");
  if (pattern == Pattern::zipf) fill_slots(zipf_halves, key);
  if (pattern != Pattern::chase) return;
  const auto next = random_cycle(pages, key);
  for (std::uint32_t page = 0; turns_.size() < pages; page = next[page]) turns_.push_back(page);
}

/// Vose's alias method on integers: every slot is filled to 2^32 by its own page and at most one other.
void PageOrder::fill_slots(std::uint32_t zipf_halves, std::uint64_t key) {
  const auto page_of_rank = random_permutation(pages_, key);
  auto shares = shares_of(zipf_weights(pages_, zipf_halves));
  std::vector<std::uint32_t> small, large;
  for (std::uint32_t rank = 0; rank < pages_; ++rank) (shares[rank] < whole ? small : large).push_back(rank);
  slots_.resize(pages_);
  while (!small.empty()) {
    const std::uint32_t rank = small.back(), donor = large.back();
    small.pop_back();
    slots_[rank] = {static_cast<std::uint32_t>(shares[rank]), page_of_rank[rank], page_of_rank[donor]};
    shares[donor] -= whole - shares[rank];
    if (shares[donor] >= whole) continue;
    large.pop_back();
    small.push_back(donor);
  }
  for (const std::uint32_t rank : large) slots_[rank] = {0, page_of_rank[rank], page_of_rank[rank]};
}

}  // namespace mmulab::workload
