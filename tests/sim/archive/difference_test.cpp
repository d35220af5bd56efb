// SPDX-License-Identifier: MIT
// In both directions: what did change is found, what only looks so is not.
#include "sim/archive/difference.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "sim/archive/opened.h"
#include "tests/sim/archive/results_folder.h"
#include "tests/support/catch.h"

namespace mmulab::archive {
namespace {

using test::MadeUp;
using test::ResultsFolder;

Difference compared(const std::string& a, const std::string& b, const std::vector<std::string>& metrics = {}) {
  Opened left({a}), right({b});
  return difference(left.database(), right.database(), {metrics});
}

/// So many seeds, with noise of a part in `noise`; latencies are `base` thousand cycles.
std::vector<MadeUp> noisy(std::uint64_t base, std::uint64_t noise, unsigned salt, std::uint64_t seeds,
                          std::uint64_t first = 1) {
  std::vector<MadeUp> runs;
  std::mt19937_64 random(salt);
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    MadeUp run;
    run.seed = seed;
    run.latencies.clear();
    for (int i = 0; i < 5; ++i) run.latencies.push_back(base * 1000 + random() % (base * 1000 / noise));
    run.ipis = base * 1000 + random() % (base * 1000 / noise);
    runs.push_back(run);
  }
  return runs;
}

bool has(const Difference& d, const std::string& metric) {
  return std::any_of(d.real.begin(), d.real.end(), [&](const Change& c) { return c.metric == metric; });
}

TEST_CASE("Results that are equal differ in nothing") {
  const ResultsFolder folder;
  const auto d = compared(folder.sweep("A", test::twelve()), folder.sweep("B", test::twelve()));
  CHECK(d.compared == 40);
  CHECK(d.equal == 40);
  CHECK(d.real.empty());
  CHECK_FALSE(exceeds(d, 0));
}

TEST_CASE("A tenth more is found among noise of a hundredth, with an interval that holds it") {
  const ResultsFolder folder;
  for (const std::uint64_t first : {1U, 100U}) {  // the same seeds, which are compared one by one, and others
    const auto d = compared(folder.sweep("A", noisy(1000, 100, 1, 10)),
                            folder.sweep("B" + std::to_string(first), noisy(1100, 100, 2, 10, first)), {"ipi.sent"});
    REQUIRE(has(d, "ipi.sent"));
    const Change& c = d.real.front();
    CHECK(c.paired == (first == 1));
    CHECK(c.runs_a == 10);
    CHECK(c.change.low < 0.1 * c.mean_a);
    CHECK(c.change.high > 0.1 * c.mean_a);
    CHECK(exceeds(d, 0.08));
    CHECK_FALSE(exceeds(d, 0.11));
  }
}

TEST_CASE("Noise is not taken for news: 5 % of 200 comparisons of whole results, at most") {
  const ResultsFolder folder;
  unsigned alarms = 0;
  for (unsigned trial = 0; trial < 200; ++trial) {
    const std::string name = std::to_string(trial);
    const auto d = compared(folder.sweep("A" + name, noisy(1000, 10, 2 * trial, 6)),
                            folder.sweep("B" + name, noisy(1000, 10, 2 * trial + 1, 6, trial % 2 == 0 ? 1 : 50)));
    alarms += d.real.empty() ? 0U : 1U;
  }
  CHECK(alarms <= 16);
}

TEST_CASE("Without repeats every difference counts, and that is said") {
  const ResultsFolder folder;
  MadeUp more;
  more.ipis = 6;
  const auto d = compared(folder.write("a.json", test::json_of({})), folder.write("b.json", test::json_of(more)));
  REQUIRE(d.real.size() == 1);
  CHECK(d.without_repeats == 1);
  CHECK(d.real.front().metric == "ipi.sent");
  CHECK(d.real.front().least() == Approx(0.2));
  CHECK(exceeds(d, 0.19));
  CHECK_FALSE(exceeds(d, 0.21));
}

TEST_CASE("One result a side is compared, whatever they are called") {
  const ResultsFolder folder;
  MadeUp other;
  other.strategy = "linux-modern";
  other.latencies = {50};
  const auto d = compared(folder.write("a.json", test::json_of({})), folder.write("b.json", test::json_of(other)));
  CHECK(d.only_a.empty());
  CHECK(has(d, "call.munmap.latency.p50"));
  CHECK(d.real.front().least() < 0);
}

TEST_CASE("What came from nothing exceeds every limit") {
  const ResultsFolder folder;
  MadeUp none;
  none.ipis = 0;
  const auto d = compared(folder.write("a.json", test::json_of(none)), folder.write("b.json", test::json_of({})));
  CHECK(exceeds(d, 1e9));
  CHECK(std::isinf(d.real.front().least()));
}

TEST_CASE("Another verdict and a missing setting exceed every limit") {
  const ResultsFolder folder;
  auto runs = test::twelve();
  const std::string a = folder.sweep("A", runs);
  runs[4].verdict = RunVerdict::violated;
  const auto worse = compared(a, folder.sweep("B", runs));
  REQUIRE(worse.verdicts.size() == 2);
  CHECK(worse.verdicts[0].verdict == "clean");
  CHECK(worse.verdicts[0].runs_b == 2);
  CHECK(exceeds(worse, 1e9));
  auto fewer = test::twelve();
  fewer.resize(9);
  const auto less = compared(a, folder.sweep("C", fewer));
  REQUIRE(less.only_a.size() == 1);
  CHECK(less.only_a.front() == "machine.cores=8 strategy=linux-modern");
  CHECK(exceeds(less, 1e9));
}

TEST_CASE("A metric that nobody measured is refused with the nearest, so that a guard does not pass for ever") {
  const ResultsFolder folder;
  const std::string a = folder.write("a.json", test::json_of({})), b = folder.write("b.json", test::json_of({}));
  CHECK_THROWS_WITH(compared(a, b, {"ipi.sent", "ipi.snet"}),
                    Catch::Contains("no result has the metric `ipi.snet`") &&
                        Catch::Contains("did you mean `ipi.sent`?"));
  CHECK_THROWS_WITH(compared(a, b, {"call.fork.*"}), Catch::Contains("no result has the metric `call.fork.*`"));
  CHECK(compared(a, b, {"call.*.p50", "ipi.*"}).compared == 2);
}

TEST_CASE("What one side alone has measured is no misspelling") {
  const ResultsFolder folder;
  const auto d = compared(folder.write("a.json", test::json_of({})), folder.write("b.json", test::proof_json()),
                          {"check.states"});
  CHECK(d.compared == 0);
  CHECK(d.only_b.size() == 1);
}

TEST_CASE("Where nothing can be compared, every limit is exceeded") {
  CHECK(exceeds(Difference{}, 1e9));
  Difference same;
  same.compared = same.equal = 1;
  CHECK_FALSE(exceeds(same, 0));
}

}  // namespace
}  // namespace mmulab::archive
