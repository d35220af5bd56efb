// SPDX-License-Identifier: MIT
#include <nlohmann/json.hpp>

#include "sim/results/matrix_result.h"
#include "tests/support/catch.h"

using namespace mmulab;

namespace {

MatrixCell cell(const std::string& row, const std::string& caller, std::vector<CellVerdict::Class> classes = {}) {
  MatrixCell c{row, row, "2.6.20", "ppc64", "tiny", caller, CellOutcome::explored, "", {}};
  c.found.verdict = classes.empty() ? CheckVerdict::proved : CheckVerdict::violated;
  c.found.cpus = 2;
  c.found.pages = 1;
  c.found.states = 12;
  c.found.memory_model = "sc";
  c.found.agents = {"bus", "ipi"};
  c.found.classes = std::move(classes);
  return c;
}

Matrix sample() {
  Matrix m;
  m.rows = {{"old", "old", "2.6.20", "the old one"}, {"safe", "safe", "2.6.20", "the safe one"}};
  m.architectures = {"ppc64"};
  m.callers = {{"zap", "a zap"}, {"rehash", "a rehash"}};
  m.known = {{"D1", "no-duplicate-hpte", "D1", {"old"}, {"ppc64"}, {"zap"}, "it is so", "the mail", {"a.b=1"}},
             {"D2", "no-duplicate-hpte", "D2", {"old"}, {"ppc64"}, {"rehash"}, "it is so too", "the mail", {}}};
  m.cells = {cell("old", "zap", {{"no-duplicate-hpte", "D1", ""}}), cell("safe", "zap"),
             cell("old", "rehash", {{"no-duplicate-hpte", "D2", ""}}), cell("safe", "rehash")};
  for (MatrixCell& c : m.cells) mark_known(c, m.known);
  return m;
}

}  // namespace

TEST_CASE("A class is known only under the rows, architectures and callers of its entry") {
  const Matrix m = sample();
  CHECK(m.cells[0].found.classes[0].known == "D1");
  CHECK(m.cells[2].found.classes[0].known == "D2");
  MatrixCell elsewhere = cell("safe", "zap", {{"no-duplicate-hpte", "D1", ""}, {"no-duplicate-hpte", "D2", ""}});
  mark_known(elsewhere, m.known);
  CHECK(elsewhere.found.classes[0].known.empty());
  CHECK(elsewhere.found.classes[1].known.empty());
  CHECK(elsewhere.has_finding());
}

TEST_CASE("What is known of a cell and not there is stale, unless its search was cut") {
  Matrix m = sample();
  CHECK(stale_violations(m).empty());
  m.cells[0] = cell("old", "zap");
  REQUIRE(stale_violations(m).size() == 1);
  CHECK(stale_violations(m)[0].cell == "old/ppc64/zap");
  CHECK(exit_code(m) == 1);
  CHECK_THAT(matrix_report(m), Catch::Contains("old/ppc64/zap: STALE D1: no-duplicate-hpte D1"));
  CHECK(nlohmann::json::parse(to_json(m)).at("stale")[0].at("name") == "D1");
  m.cells[0].found.verdict = CheckVerdict::undecided;
  m.cells[0].found.end = "states";
  CHECK(stale_violations(m).empty());
  m.cells[0].outcome = CellOutcome::absent;
  CHECK(stale_violations(m).size() == 1);
  m.cells.erase(m.cells.begin());
  CHECK(stale_violations(m).empty());
}

TEST_CASE("A matrix ends with 0, with 1 for a finding, with 3 for what is not decided, with 130 if interrupted") {
  Matrix m = sample();
  CHECK(exit_code(m) == 0);
  m.cells[1].found.verdict = CheckVerdict::undecided;
  CHECK(exit_code(m) == 3);
  CHECK_THAT(matrix_report(m), Catch::Contains("safe/ppc64/zap: NOT A PROOF"));
  m.cells[1] = cell("safe", "zap", {{"no-leak", "frame", ""}});
  CHECK(exit_code(m) == 1);
  CHECK_THAT(matrix_report(m), Catch::Contains("safe/ppc64/zap: FINDING no-leak frame"));
  m.interrupted = true;
  CHECK(exit_code(m) == 130);
}

TEST_CASE("A cell whose process died is undecided, one that does not exist is decided") {
  Matrix m = sample();
  m.cells[1].outcome = CellOutcome::absent;
  m.cells[1].reason = "no such call";
  CHECK(exit_code(m) == 0);
  CHECK_THAT(matrix_page(m), Catch::Contains("| no such call | safe on ppc64 | zap |"));
  m.cells[1].outcome = CellOutcome::failed;
  CHECK(exit_code(m) == 3);
}

TEST_CASE("The page answers D1 and D2 in columns of their own, and states what each cell rests on") {
  const std::string page = matrix_page(sample());
  CHECK_THAT(page, Catch::Contains("| old | 2.6.20 | **D1**: zap | **D2**: rehash |  |"));
  CHECK_THAT(page, Catch::Contains("| safe | 2.6.20 | none: 2 callers decided | none: 2 callers decided |  |"));
  CHECK_THAT(page, Catch::Contains("| zap | **D1** | proved |"));
  CHECK_THAT(page, Catch::Contains("| safe | zap | PROVED |  | 2 x 1 | bus, ipi | sc | 12 | 0 |"));
  CHECK_THAT(page, Catch::Contains("| old | zap | VIOLATED | no-duplicate-hpte D1 (known: D1) | 2 x 1 |"));
  CHECK_THAT(page, Catch::Contains("| D1 | no-duplicate-hpte | D1 | it is so | the mail | `a.b=1` |"));
}

TEST_CASE("A caller that is not decided is no proof that a class is absent") {
  Matrix m = sample();
  m.cells[1].found.verdict = CheckVerdict::undecided;
  m.cells[1].found.end = "states";
  const std::string page = matrix_page(m);
  CHECK_THAT(page, Catch::Contains("| none found: 1 caller decided, 1 not |"));
  CHECK_THAT(page, Catch::Contains("NOT A PROOF, cut by states"));
}

TEST_CASE("The JSON of a matrix has a line for each cell") {
  const auto json = nlohmann::json::parse(to_json(sample()));
  CHECK(json.at("schema") == "mmulab.matrix/1");
  CHECK(json.at("known").size() == 2);
  REQUIRE(json.at("cells").size() == 4);
  CHECK(json.at("cells")[0].at("cell") == "old/ppc64/zap");
  CHECK(json.at("cells")[0].at("result").at("classes")[0].at("known") == "D1");
  CHECK(json.at("cells")[1].at("result").at("verdict") == "proved");
}
