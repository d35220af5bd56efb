// SPDX-License-Identifier: MIT
#include <algorithm>
#include <set>

#include <rapidcheck.h>

#include "tests/support/catch.h"
#include "workloads/access_stream.h"

using namespace mmulab;
using namespace mmulab::workload;

namespace {

std::vector<std::uint64_t> words_of(const AccessStream& stream, std::uint64_t key) {
  std::vector<std::uint64_t> words(stream.accesses());
  stream.fill(key, 0, words.size(), words.data());
  return words;
}

AccessStream stream_over(const PageOrder& order, std::uint64_t visits, std::uint32_t touches = 1, std::uint32_t store_percent = 0) {
  AccessStream stream;
  stream.first = VirtPage{512};
  stream.order = &order;
  stream.visits = visits;
  stream.touches = touches;
  stream.store_percent = store_percent;
  return stream;
}

}  // namespace

TEST_CASE("The generator's numbers are those of splitmix64") {
  // The first two outputs for seed 0, as published with the algorithm.
  CHECK(draw(0, 0) == 0xe220a8397b1dcdafULL);
  CHECK(draw(0, 1) == 0x6e789e6aa1b965f4ULL);
}

TEST_CASE("square_root rounds down, up to the largest number") {
  CHECK(square_root(0) == 0);
  CHECK(square_root(~std::uint64_t{0}) == 0xffffffffU);
  CHECK(rc::check([](std::uint64_t x) {
    const std::uint64_t root = square_root(x);
    RC_ASSERT(root * root <= x);
    RC_ASSERT(root == 0xffffffffU || (root + 1) * (root + 1) > x);
  }));
}

TEST_CASE("The chase is one cycle through all pages") {
  CHECK(rc::check([](std::uint64_t key) {
    const auto pages = *rc::gen::inRange<std::uint64_t>(1, 300);
    const auto next = random_cycle(pages, key);
    std::uint32_t at = 0;
    for (std::uint64_t step = 1; step < pages; ++step) {
      at = next[at];
      RC_ASSERT(at != 0U);
    }
    RC_ASSERT(next[at] == 0U);
    const PageOrder order(Pattern::chase, pages, 2, key);
    std::set<std::uint64_t> seen;
    for (std::uint64_t turn = 0; turn < pages; ++turn) seen.insert(order.of_turn(turn));
    RC_ASSERT(seen.size() == pages);
    RC_ASSERT(next[order.of_turn(0)] == order.of_turn(1 % pages));
  }));
}

TEST_CASE("zipf weights are the powers of the rank, in halves") {
  const std::uint64_t one = std::uint64_t{1} << 40;
  CHECK(zipf_weights(3, 0) == std::vector<std::uint64_t>{one, one, one});
  CHECK(zipf_weights(4, 2) == std::vector<std::uint64_t>{one, one / 2, one / 3, one / 4});
  CHECK(zipf_weights(4, 1)[3] == one / 2);
  CHECK(zipf_weights(4, 3)[3] == one / 8);
  CHECK(zipf_weights(3, 4)[2] == one / 9);
}

TEST_CASE("zipf draws each page in proportion to its weight") {
  // Exponent 1 over 4 pages: shares 12, 6, 4, 3 of 25. Of 250000 draws 120000, 60000, 40000 and 30000 are expected; the
  // standard deviation is below 250 (sqrt(250000 * 0.25)), so 1500 is six of them.
  const PageOrder order(Pattern::zipf, 4, 2, 7);
  std::vector<std::int64_t> count(4, 0);
  for (std::uint64_t n = 0; n < 250000; ++n) ++count[order.of_random(draw(99, n))];
  std::sort(count.rbegin(), count.rend());
  const std::vector<std::int64_t> expected = {120000, 60000, 40000, 30000};
  for (std::size_t rank = 0; rank < 4; ++rank) CHECK(std::abs(count[rank] - expected[rank]) < 1500);
}

TEST_CASE("The most popular page depends on the seed") {
  std::set<std::uint64_t> favourites;
  for (std::uint64_t key = 0; key < 20; ++key) {
    const PageOrder order(Pattern::zipf, 64, 4, key);
    std::vector<unsigned> count(64, 0);
    for (std::uint64_t n = 0; n < 1000; ++n) ++count[order.of_random(draw(1, n))];
    favourites.insert(static_cast<std::uint64_t>(std::max_element(count.begin(), count.end()) - count.begin()));
  }
  CHECK(favourites.size() > 10);
}

TEST_CASE("A stream is the same in one piece and in any pieces") {
  CHECK(rc::check([](std::uint64_t key) {
    const auto pattern = static_cast<Pattern>(*rc::gen::inRange(0, 4));
    const PageOrder order(pattern, *rc::gen::inRange<std::uint64_t>(1, 40), 2, key);
    const auto stream = stream_over(order, *rc::gen::inRange<std::uint64_t>(1, 60), *rc::gen::inRange<std::uint32_t>(1, 5),
                                    *rc::gen::inRange<std::uint32_t>(0, 101));
    const auto whole = words_of(stream, key);
    std::vector<std::uint64_t> pieces(whole.size());
    for (std::uint64_t at = 0; at < pieces.size();) {
      const std::uint64_t count = std::min<std::uint64_t>(*rc::gen::inRange<std::uint64_t>(1, 9), pieces.size() - at);
      stream.fill(key, at, count, &pieces[at]);
      at += count;
    }
    RC_ASSERT(pieces == whole);
    for (const std::uint64_t word : whole) {
      const std::uint64_t page = (word & ~AccessBuffer::store_bit) >> 12;
      RC_ASSERT(page >= 512U);
      RC_ASSERT(page < 512 + order.pages());
    }
  }));
}

TEST_CASE("A sequential stream touches page after page, 64 bytes apart, and starts over") {
  const PageOrder order(Pattern::sequential, 2, 2, 0);
  CHECK(words_of(stream_over(order, 3, 2), 5) ==
        std::vector<std::uint64_t>{512 << 12, (512 << 12) + 64, 513 << 12, (513 << 12) + 64, 512 << 12, (512 << 12) + 64});
}

TEST_CASE("The share of stores is what was asked for") {
  const PageOrder order(Pattern::sequential, 8, 2, 0);
  for (const std::uint32_t percent : {0U, 30U, 100U}) {
    const auto words = words_of(stream_over(order, 100000, 1, percent), 5);
    const auto stores = std::count_if(words.begin(), words.end(), [](std::uint64_t w) { return (w & AccessBuffer::store_bit) != 0; });
    // Standard deviation of the middle one: sqrt(100000 * 0.3 * 0.7) = 145.
    CHECK(std::abs(stores - 1000 * static_cast<std::int64_t>(percent)) < (percent % 100 == 0 ? 1 : 900));
  }
}

TEST_CASE("Different keys make different random streams, the same key the same") {
  const PageOrder order(Pattern::uniform, 1000, 2, 0);
  CHECK(words_of(stream_over(order, 100), 1) == words_of(stream_over(order, 100), 1));
  CHECK(words_of(stream_over(order, 100), 1) != words_of(stream_over(order, 100), 2));
}
