// SPDX-License-Identifier: MIT
#include <algorithm>
#include <sstream>

#include "sim/archive/opened.h"
#include "sim/archive/tidy_rows.h"
#include "tests/sim/archive/results_folder.h"
#include "tests/support/catch.h"

#include <nlohmann/json.hpp>

namespace mmulab::archive {
namespace {

using test::MadeUp;
using test::ResultsFolder;

std::string exported(const std::vector<std::string>& paths, const ExportOptions& options) {
  Opened archive(paths);
  std::ostringstream out;
  write_rows(archive.database(), options, out);
  return out.str();
}

TEST_CASE("A table has a line an observation, its fields quoted where they must be") {
  const ResultsFolder folder;
  const std::string sweep = folder.sweep("S", {MadeUp{}});
  const std::string table = exported({sweep}, {Format::csv, "observations", {"ipi.sent", "call.*.p?0"}});
  const std::string hash = config::hash_text("per-pte2");
  const std::string run = test::point_of(MadeUp{}, 1, "").hash;
  const std::string common =
      run + ",0.1.0,run,ran,clean," + hash + ",made up,tiny,modern,\"script, 1 task\",1,2,1,per-pte,";
  CHECK(table ==
        "hash,version,verb,status,verdict,config_hash,title,machine,kernel,workload,seed,machine.cores,sim.seed,"
        "strategy,metric,unit,value\n" +
            common + "call.munmap.latency.p50,cycles,100\n" + common + "call.munmap.latency.p90,cycles,300\n" + common +
            "ipi.sent,1,5\n");
}

TEST_CASE("A metric that nobody measured is refused with the nearest") {
  const ResultsFolder folder;
  const std::string sweep = folder.sweep("S", {MadeUp{}});
  const auto of = [&](const std::string& metric) {
    return exported({sweep}, {Format::csv, "observations", {metric}});
  };
  CHECK_THROWS_WITH(of("ipi.snet"), Catch::Contains("did you mean `ipi.sent`?"));
  CHECK_THROWS_WITH(of("x*"), Catch::Contains("no result has the metric `x*`"));
}

TEST_CASE("JSON Lines say the same as the table, numbers as numbers") {
  const ResultsFolder folder;
  const std::string sweep = folder.sweep("S", test::twelve());
  std::istringstream lines(exported({sweep}, {Format::jsonl, "observations", {}}));
  std::istringstream rows(exported({sweep}, {Format::csv, "observations", {}}));
  std::string line, row;
  REQUIRE(std::getline(rows, row));
  std::size_t count = 0;
  while (std::getline(lines, line)) {
    ++count;
    const auto json = nlohmann::json::parse(line);
    CHECK(json.size() == 17);
    CHECK(json.at("value").is_number());
    CHECK(json.at("seed").is_number_integer());
    CHECK(json.at("machine.cores").is_string());
    REQUIRE(std::getline(rows, row));
    CHECK_THAT(row, Catch::Contains(json.at("metric").get<std::string>()));
  }
  CHECK(count == 12 * 10);
  CHECK_FALSE(std::getline(rows, row));
}

TEST_CASE("Goals and assumptions are tables of their own, and a run without any has no row there") {
  const ResultsFolder folder;
  const std::string sweep = folder.sweep("S", {MadeUp{}});
  const std::string proof = folder.write("proof.json", test::proof_json());
  const auto table = [&](const std::string& name) {
    return exported({sweep, proof}, {Format::csv, name, {}});
  };
  CHECK_THAT(table("goals"), Catch::Contains(",goal,reached,vacuous\n") && Catch::Contains(",copy-meets-store,0,1\n") &&
                                 Catch::Contains(",refault-meets-pending,7,0\n"));
  CHECK_THAT(table("goals"), !Catch::Contains("made up"));
  CHECK_THAT(table("assumptions"), Catch::Contains(",1,memory model: sc\n"));
  for (const std::string& name : tidy_tables()) {
    std::istringstream lines(exported({sweep, proof}, {Format::jsonl, name, {}}));
    std::istringstream heading(table(name));
    std::string names;
    REQUIRE(std::getline(heading, names));
    const auto columns = static_cast<std::size_t>(std::count(names.begin(), names.end(), ',')) + 1;
    for (std::string line; std::getline(lines, line);) CHECK(nlohmann::json::parse(line).size() == columns);
  }
}

TEST_CASE("A folder, its archive and a second archive of it export the same") {
  const ResultsFolder folder;
  const std::string sweep = folder.sweep("S", test::twelve());
  merge({sweep}, folder.file("a.db"), Versions::one);
  const std::string direct = exported({sweep}, {});
  CHECK(direct.size() > 1000);
  CHECK(exported({folder.file("a.db")}, {}) == direct);
  CHECK(exported({folder.file("a.db"), sweep}, {}) == direct);
}

}  // namespace
}  // namespace mmulab::archive
