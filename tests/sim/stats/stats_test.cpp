// SPDX-License-Identifier: MIT
#include "tests/support/catch.h"

#include "sim/stats/stat_registry.h"

namespace mmulab {
namespace {

TEST_CASE("An empty histogram has nothing, and says so without dividing") {
  const Histogram h;
  CHECK(h.count() == 0);
  CHECK(h.min() == 0);
  CHECK(h.percentile(50) == 0);
  CHECK(h.buckets().empty());
}

TEST_CASE("Small values have exact percentiles") {
  Histogram h;
  for (std::uint64_t v = 1; v <= 100; ++v) h.add(v);
  CHECK(h.count() == 100);
  CHECK(h.sum() == 5050);
  CHECK(h.min() == 1);
  CHECK(h.max() == 100);
  CHECK(h.percentile(50) == 50);
  CHECK(h.percentile(90) == 90);
  CHECK(h.percentile(99) == 99);
  CHECK(h.percentile(100) == 100);
}

TEST_CASE("The percentile of few values is a value that enough of them do not exceed") {
  Histogram h;
  h.add(3);
  h.add(7);
  h.add(9);
  // ceil(0.5 * 3) = 2nd smallest; ceil(0.9 * 3) = 3rd.
  CHECK(h.percentile(50) == 7);
  CHECK(h.percentile(90) == 9);
}

TEST_CASE("Buckets tile the integers: each value lies in one bucket, whose width is at most 1/64 of it") {
  for (unsigned shift = 0; shift < 63; ++shift) {
    for (const std::uint64_t offset : {std::uint64_t{0}, std::uint64_t{1}, (std::uint64_t{1} << shift) - 1}) {
      const std::uint64_t value = (std::uint64_t{1} << shift) + offset % (std::uint64_t{1} << shift);
      Histogram h;
      h.add(value);
      const auto b = h.buckets();
      REQUIRE(b.size() == 1);
      CHECK(b[0].first <= value);
      CHECK(value <= b[0].last);
      CHECK((b[0].last - b[0].first) <= value / 64);
    }
  }
}

TEST_CASE("Neighbouring buckets touch") {
  Histogram h;
  for (std::uint64_t v = 0; v < 5000; ++v) h.add(v);
  const auto b = h.buckets();
  for (std::size_t i = 1; i < b.size(); ++i) CHECK(b[i].first == b[i - 1].last + 1);
}

TEST_CASE("A large value's percentile errs by less than 1/64 upwards") {
  Histogram h;
  h.add(1'000'003, 10);
  h.add(5'000'000);
  // 10 of 11 values: the median is 1000003; its bucket is 2^19..2^20 split in 64, 8192 wide.
  const std::uint64_t median = h.percentile(50);
  CHECK(median >= 1'000'003);
  CHECK(median < 1'000'003 + 1'000'003 / 64);
  CHECK(h.max() == 5'000'000);
}

TEST_CASE("A gauge remembers its greatest level") {
  Gauge g;
  g.set(4);
  g.set(9);
  g.set(2);
  CHECK(g.value() == 2);
  CHECK(g.max() == 9);
}

TEST_CASE("A registry is iterated in the order in which statistics were made, and references stay valid") {
  StatRegistry registry;
  Counter& z = registry.counter({"z", "1", "last letter, first made"});
  Histogram& a = registry.histogram({"a", "cycles", ""});
  for (int i = 0; i < 100; ++i) registry.gauge({"g" + std::to_string(i), "1", ""});
  z.add(5);
  a.add(1);
  REQUIRE(registry.all().size() == 102);
  CHECK(registry.all()[0].text.name == "z");
  CHECK(registry.all()[0].counter->value() == 5);
  CHECK(registry.find("a")->histogram->count() == 1);
  CHECK(registry.find("nothing") == nullptr);
}

}  // namespace
}  // namespace mmulab
