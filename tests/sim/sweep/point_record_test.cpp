// SPDX-License-Identifier: MIT
#include "sim/sweep/point_record.h"

#include "sim/config/diagnostic.h"
#include "sim/config/hash.h"
#include "tests/support/catch.h"

namespace mmulab::sweep {
namespace {

PointRecord sample() {
  PointRecord r;
  r.hash = std::string(32, 'a');
  r.content = std::string(32, 'b');
  r.plan = std::string(32, 'c');
  r.version = "0.1.0";
  r.number = 7;
  r.parameters = {{"strategy", "per-pte"}, {"machine.cores", "4"}, {"sim.seed", "1"}};
  r.status = PointStatus::failed;
  r.exit_code = 4;
  r.reason = "killed";
  r.complaint = "first\n\xff\"second\"\n";
  r.result = R"({"z":1,"a":[18446744073709551615,null,true]})";
  return r;
}

TEST_CASE("A point comes back from its text as it was, keys in their order and numbers exact") {
  const PointRecord before = sample();
  const std::string text = to_text(before);
  const PointRecord after = read_point(text, "p.json");
  CHECK(after.hash == before.hash);
  CHECK(after.content == before.content);
  CHECK(after.plan == before.plan);
  CHECK(after.version == before.version);
  CHECK(after.number == before.number);
  CHECK(after.parameters == before.parameters);
  CHECK(after.status == before.status);
  CHECK(after.exit_code == before.exit_code);
  CHECK(after.reason == before.reason);
  CHECK(after.complaint == "first\n\xEF\xBF\xBD\"second\"\n");
  CHECK(after.result == before.result);
  CHECK(to_text(after) == text);
}

TEST_CASE("Every prefix and every changed byte of a point is noticed") {
  const std::string text = to_text(sample());
  for (std::size_t n = 0; n < text.size(); ++n) {
    CHECK_THROWS_AS(read_point(text.substr(0, n), "p.json"), config::Error);
    std::string changed = text;
    changed[n] = static_cast<char>(changed[n] ^ 1);
    CHECK_THROWS_AS(read_point(changed, "p.json"), config::Error);
  }
  CHECK_THROWS_WITH(read_point(text.substr(0, 9), "p.json"), Catch::Contains("p.json: byte 9: it is cut short"));
}

TEST_CASE("A point that never ran has no result, and a sweep is no point") {
  PointRecord refused = sample();
  refused.result.clear();
  refused.status = PointStatus::refused;
  CHECK(read_point(to_text(refused), "p.json").result.empty());
  SweepRecord sweep;
  sweep.verb = "check";
  sweep.overrides = {"sim.seed=2"};
  sweep.axes = {"strategy"};
  sweep.points = 1'000'000'000'000;
  sweep.plan = "[sweep]\n";
  CHECK_THROWS_WITH(read_point(to_text(sweep), "s.json"), Catch::Contains("its schema is not mmulab.point.2"));
  const SweepRecord back = read_sweep(to_text(sweep), "s.json");
  CHECK(to_text(back) == to_text(sweep));
  CHECK(back.points == sweep.points);
}

TEST_CASE("A text of brackets with the right checksum is refused, not walked through") {
  const std::string line = std::string(1'000'000, '[') + "\n";
  CHECK_THROWS_WITH(read_point(line + config::digest_text(line) + "\n", "p.json"), Catch::Contains("nests too deeply"));
}

TEST_CASE("Points lie in 256 folders") { CHECK(point_file("ab12") == "points/ab/ab12.json"); }

}  // namespace
}  // namespace mmulab::sweep
