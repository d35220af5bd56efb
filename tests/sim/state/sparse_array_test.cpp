// SPDX-License-Identifier: MIT
// A sparse array is zero, keeps what was written to it as it grows, and has memory only for that.
#include <unistd.h>

#include <cstdint>
#include <limits>
#include <vector>

#include "sim/state/sparse_array.h"
#include "tests/support/catch.h"

using namespace mmulab;

namespace {

std::size_t resident_pages(SparseArray<std::uint64_t>& array) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  std::vector<unsigned char> present((array.size() * sizeof(std::uint64_t) + page - 1) / page);
  REQUIRE(mincore(array.data(), array.size() * sizeof(std::uint64_t), present.data()) == 0);
  std::size_t pages = 0;
  for (const unsigned char flags : present) pages += flags & 1U;
  return pages;
}

}  // namespace

TEST_CASE("A sparse array has memory for what was written, however often it grows") {
  // Page sizes are at most 64 KiB, that is, 8,192 words: 100 places far apart are on 100 pages.
  constexpr std::size_t apart = 8192, places = 100;
  SparseArray<std::uint64_t> array;
  for (std::size_t n = 0; n < places; ++n) {
    array.grow((n + 1) * apart);
    array[n * apart] = n + 1;
  }
  CHECK(resident_pages(array) == places);
  array.grow(1000 * apart);
  CHECK(resident_pages(array) == places);
  for (std::size_t n = 0; n < places; ++n) {
    REQUIRE(array[n * apart] == n + 1);
    REQUIRE(array[n * apart + 1] == 0);
  }
  CHECK(array[1000 * apart - 1] == 0);
}

TEST_CASE("A sparse array that nobody can provide is refused, and the old one stays") {
  SparseArray<std::uint64_t> array(8);
  array[7] = 3;
  CHECK_THROWS_AS(array.grow(std::numeric_limits<std::size_t>::max() / 16), std::bad_alloc);
  CHECK(array.size() == 8);
  CHECK(array[7] == 3);
  const SparseArray<std::uint64_t> moved = std::move(array);
  CHECK(moved[7] == 3);
}
