// SPDX-License-Identifier: MIT
#include "sim/results/json.h"

#include <nlohmann/json.hpp>

#include "tests/sim/results/golden.h"
#include "tests/sim/results/sample_results.h"

namespace mmulab {
namespace {

using Json = nlohmann::json;

TEST_CASE("The JSON of a run holds everything, in a fixed order") {
  check_golden("refault.json", to_json(samples::refault()));
  check_golden("quiet.json", to_json(samples::quiet()));
}

TEST_CASE("Outside `host` nothing tells where or how the simulation ran") {
  RunResult other = samples::refault();
  other.subject.file = "/elsewhere/x.toml";
  other.wall_seconds = 17;
  other.steps = 4;
  other.stats->counter({"host.heap", "bytes", ""}).add(3);
  Json a = Json::parse(to_json(samples::refault()));
  Json b = Json::parse(to_json(other));
  CHECK(a != b);
  a.erase("host");
  b.erase("host");
  CHECK(a == b);
}

TEST_CASE("A text that is not UTF-8 still makes a JSON text") {
  RunResult r = samples::quiet();
  r.subject.title = "caf\xE9";
  CHECK(Json::accept(to_json(r)));
}

TEST_CASE("A summary read back says what the run said") {
  const auto summary = read_summary(to_json(samples::refault()));
  REQUIRE(summary);
  CHECK(summary->verdict == "violated");
  CHECK(summary->end_cycle == 48213);
  REQUIRE(summary->violated.size() == 1);
  CHECK(summary->violated[0].class_id == "D1");
  CHECK(summary->violated[0].expected);
  CHECK(summary->numbers.at("flush.full.count") == 1234567);
  CHECK(summary->numbers.count("host.events") == 0);
  CHECK(summary->spreads.at("call.munmap.latency").p50 == 50);
  CHECK(summary->spreads.at("call.munmap.latency").max == 100);
}

TEST_CASE("A result that was cut short, or is none, has no summary") {
  const std::string whole = to_json(samples::refault());
  CHECK_FALSE(read_summary(whole.substr(0, whole.size() / 2)));
  CHECK_FALSE(read_summary(""));
  CHECK_FALSE(read_summary("{}"));
  CHECK_FALSE(read_summary("{\"schema\": \"another\"}"));
}

}  // namespace
}  // namespace mmulab
