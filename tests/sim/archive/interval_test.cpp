// SPDX-License-Identifier: MIT
// Against tables and a worked example, not against the library that computes them.
#include "sim/archive/interval.h"

#include <cmath>

#include "tests/support/catch.h"

namespace mmulab::archive {
namespace {

TEST_CASE("A mean's interval reaches as far as Student's table says") {
  // Mean 3, standard deviation sqrt(2.5), t(4, 0.975) = 2.776445.
  const Interval i = mean_of({1, 2, 3, 4, 5}, 0.05);
  CHECK(i.known);
  CHECK(i.mean == 3);
  CHECK(i.high - 3 == Approx(2.776445 * std::sqrt(2.5 / 5)).epsilon(1e-6));
  CHECK(3 - i.low == Approx(i.high - 3));
  // t(4, 0.995) = 4.604095.
  CHECK(mean_of({1, 2, 3, 4, 5}, 0.01).high - 3 == Approx(4.604095 * std::sqrt(2.5 / 5)).epsilon(1e-6));
}

TEST_CASE("Welch's interval has the degrees of freedom that the samples' spreads leave") {
  const std::vector<double> a = {10, 12, 14}, b = {14, 16, 15, 19};
  const Interval i = difference_of(a, b, 0.05);
  const double va = 4.0 / 3, vb = (4 + 0 + 1 + 9) / 3.0 / 4;
  const double freedom = (va + vb) * (va + vb) / (va * va / 2 + vb * vb / 3);
  CHECK(i.mean == 4);
  CHECK(freedom == Approx(4.655).epsilon(0.001));
  // t lies between those of 4 and of 5 degrees of freedom.
  CHECK(i.high - 4 < 2.776445 * std::sqrt(va + vb));
  CHECK(i.high - 4 > 2.570582 * std::sqrt(va + vb));
}

TEST_CASE("Equal values have no spread, one value has no interval") {
  const Interval same = mean_of({0.1, 0.1, 0.1}, 0.05);
  CHECK(same.known);
  CHECK(same.low == 0.1);
  CHECK(same.high == 0.1);
  CHECK_FALSE(mean_of({7}, 0.05).known);
  CHECK_FALSE(difference_of({7}, {8, 9}, 0.05).known);
  CHECK(difference_of({7}, {8, 10}, 0.05).mean == 2);
  CHECK_FALSE(mean_of({}, 0.05).known);
}

}  // namespace
}  // namespace mmulab::archive
