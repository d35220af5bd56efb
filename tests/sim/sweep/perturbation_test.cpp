// SPDX-License-Identifier: MIT
#include "sim/sweep/perturbation.h"

#include <fmt/format.h>

#include "sim/config/diagnostic.h"
#include "sim/lab/schema.h"
#include "sim/sweep/plan.h"
#include "tests/support/catch.h"
#include "tests/support/folder.h"

namespace mmulab::sweep {
namespace {

using test::Folder;

PointRecord record(const std::string& strategy, const std::string& constants, std::uint64_t cycle) {
  PointRecord r;
  r.parameters = {{"strategy", strategy}, {"machine.cores", "2"}, {constants_axis, constants}, {"sim.seed", "1"}};
  r.result = fmt::format(R"({{"end":{{"cycle":{}}},"stats":{{"call.munmap.latency":{{"kind":"histogram","count":{},)"
                         R"("sum":{}}},"call.quiet.latency":{{"kind":"histogram","count":0,"sum":0}}}}}})",
                         cycle, 2, 10);
  return r;
}

constexpr const char* base = "machine = 'x86-tiny'\nkernel = 'modern'\nstrategy = 'linux-modern'\n"
                             "workload = 'unmap-tiny'\n";

TEST_CASE("A perturbation names a confidence and factors") {
  const Perturbation low = parse_perturbation("low = x0.5, x2,x1.25");
  CHECK(low.confidence == config::Confidence::Low);
  CHECK(low.percents == std::vector<std::uint64_t>{50, 200, 125});
  CHECK(parse_perturbation("medium=x10").confidence == config::Confidence::Medium);
  for (const char* text : {"", "low", "lo=x2", "low=2", "low=x0", "low=x", "low=x-1", "low=x1.555", "low=x1e3",
                           "low=1..3", "low=x2 & high=x2", "unstated=x2", "low=x99999"})
    CHECK_THROWS_AS(parse_perturbation(text), config::Error);
}

TEST_CASE("Each constant of the confidence is scaled alone, then all are, and others keep their values") {
  static const config::Schema schema = lab::schema();
  const Folder folder;
  folder.write("p.toml", base);
  PlanOptions options;
  options.vary = {"strategy=per-pte,linux-modern"};
  options.vary_confidence = "low=x2";
  const Plan plan(schema, folder.file("p.toml"), options);
  const config::Values before = config::load_file(schema, folder.file("p.toml"));
  std::vector<std::string> low;
  for (const auto& path : before.constants())
    if (before.constant(path).confidence == config::Confidence::Low && before.constant(path).value > 0)
      low.push_back(path);
  REQUIRE(low.size() > 10);
  CHECK(plan.points() == 2 * (low.size() + 2));
  Points points(plan);
  std::size_t scaled = 0;
  for (std::size_t i = 0; i < low.size() + 2; ++i) {
    const auto point = points.next();
    const std::string& name = point->parameters.back().second;
    const auto values = plan.settle(*point).values;
    REQUIRE(values);
    for (const auto& path : before.constants()) {
      const std::uint64_t old = before.constant(path).value;
      const bool is_low = before.constant(path).confidence == config::Confidence::Low;
      const bool meant = name == path + " x2" || (name == "all x2" && is_low);
      CHECK(values->constant(path).value == (meant ? 2 * old : old));
      scaled += meant && old > 0 ? 1U : 0U;
    }
  }
  CHECK(scaled == 2 * low.size());
}

TEST_CASE("Without strategies there is nothing to rank") {
  static const config::Schema schema = lab::schema();
  const Folder folder;
  folder.write("p.toml", base);
  PlanOptions options;
  options.vary_confidence = "low=x2";
  CHECK_THROWS_WITH(Plan(schema, folder.file("p.toml"), options), Catch::Contains("no strategies to rank"));
}

TEST_CASE("A check has no cycles to rank") {
  static const config::Schema schema = lab::schema();
  const Folder folder;
  folder.write("p.toml", base);
  PlanOptions options;
  options.vary = {"strategy=per-pte,linux-modern"};
  options.vary_confidence = "low=x2";
  CHECK_NOTHROW(Plan(schema, folder.file("p.toml"), options));
  options.set = {"sweep.verb=check"};
  CHECK_THROWS_WITH(Plan(schema, folder.file("p.toml"), options), Catch::Contains("a check takes no time"));
}

TEST_CASE("A ranking says which constants turn it round, over the mean of the seeds") {
  Rankings rankings;
  for (const std::uint64_t cycle : {90U, 110U}) rankings.add(record("slow", "as is", 2 * cycle));
  rankings.add(record("fast", "as is", 100));
  for (const auto& [constants, fast, slow] : {std::tuple<const char*, std::uint64_t, std::uint64_t>{"a x2", 150, 140},
                                              {"b x2", 150, 150},
                                              {"c x2", 100, 300}}) {
    rankings.add(record("fast", constants, fast));
    rankings.add(record("slow", constants, slow));
  }
  PointRecord failed = record("fast", "c x2", 9999);
  failed.status = PointStatus::failed;
  rankings.add(failed);
  CHECK(rankings.text() == "Rankings at machine.cores=2, in cycles\n"
                           "  end.cycle: fast (100) before slow (200): holds in 2 of 3; not with a x2\n");
  CHECK(Rankings().text() == "There is no ranking: no two strategies differ\n");
}

}  // namespace
}  // namespace mmulab::sweep
