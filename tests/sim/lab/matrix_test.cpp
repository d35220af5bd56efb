// SPDX-License-Identifier: MIT
#include "sim/lab/matrix.h"

#include <algorithm>

#include "tests/cli/shelf.h"
#include "tests/support/catch.h"

using namespace mmulab;
using namespace mmulab::lab;

namespace {

CellVerdict explored(const std::string& name) {
  MatrixOptions options;
  options.only = {name};
  const MatrixPlan plan = plan_matrix(options);
  REQUIRE(plan.values.size() == 1);
  REQUIRE(plan.values[0].has_value());
  return explore_cell(*plan.values[0], name, nullptr);
}

std::string reason(const Matrix& matrix, const std::string& name) {
  for (const MatrixCell& cell : matrix.cells)
    if (cell.name() == name) return cell.reason;
  return "no such cell";
}

const char* small = R"(
[[architecture]]
name = "ppc64"
machine = "ppc64-tiny"
[[row]]
name = "a"
strategy = "STRATEGY"
kernel = "2.6.20"
what = "x"
[[caller]]
name = "zap"
workload = "race-munmap"
what = "x"
)";

MatrixPlan planned(const std::string& strategy, const std::string& known = "") {
  cli::Shelf shelf;
  std::string text = small;
  text.replace(text.find("STRATEGY"), 8, strategy);
  shelf.write("matrix.toml", text);
  if (!known.empty()) shelf.write("known-violations.toml", known);
  MatrixOptions options;
  options.description = shelf.file("matrix.toml");
  return plan_matrix(options);
}

}  // namespace

TEST_CASE("The shipped matrix has every row, architecture and caller, and a sentence where there is no combination") {
  const MatrixPlan plan = plan_matrix({});
  const Matrix& m = plan.matrix;
  CHECK(m.cells.size() == m.rows.size() * m.architectures.size() * m.callers.size());
  CHECK(m.architectures == std::vector<std::string>{"ppc64", "x86", "sparc64", "tagged"});
  for (std::size_t i = 0; i < m.cells.size(); ++i) {
    INFO(m.cells[i].name());
    CHECK(plan.values[i].has_value() == m.cells[i].reason.empty());
  }
  CHECK_THAT(reason(m, "linux-modern/ppc64/munmap"), Catch::Contains("slot bits"));
  CHECK_THAT(reason(m, "linux-modern/x86/zero-read"), Catch::Contains("stores zeroes"));
  CHECK_THAT(reason(m, "safe-deferral-settle/x86/munmap"), Catch::Contains("only ppc64"));
}

TEST_CASE("A cell names its size, its agents and its memory model, and the class that refutes it") {
  const CellVerdict old = explored("ppc64-2.6.20/ppc64/zero-read");
  CHECK(old.verdict == CheckVerdict::violated);
  REQUIRE(old.classes.size() == 1);
  CHECK(old.classes[0].class_id == "D1");
  CHECK(old.cpus == 2);
  CHECK(old.pages == 1);
  CHECK(old.memory_model == "sc");
  CHECK(std::count(old.agents.begin(), old.agents.end(), "ppc64.tlbie_snoop") == 1);
  const CellVerdict closed = explored("ppc64-2.6.22/ppc64/zero-read");
  CHECK(closed.verdict == CheckVerdict::proved);
  CHECK(closed.end.empty());
  CHECK(closed.classes.empty());
}

TEST_CASE("A budget of states that does not suffice is told") {
  MatrixOptions options;
  options.only = {"ppc64-2.6.22/ppc64/munmap"};
  options.states_max = 50;
  const MatrixPlan plan = plan_matrix(options);
  const CellVerdict cut = explore_cell(*plan.values[0], "cut", nullptr);
  CHECK(cut.verdict == CheckVerdict::undecided);
  CHECK(cut.end == "states");
}

TEST_CASE("A verdict crosses a pipe whole, or not at all") {
  CellVerdict v;
  v.verdict = CheckVerdict::violated;
  v.states = 3;
  v.transitions = 4;
  v.depth = 5;
  v.cpus = 2;
  v.pages = 1;
  v.memory_model = "sc";
  v.agents = {"one", "two"};
  v.classes = {{"no-leak", "frame", ""}};
  const std::string text = encode(v);
  const auto back = decode_cell(text);
  REQUIRE(back.has_value());
  CHECK(encode(*back) == text);
  CHECK(back->agents == v.agents);
  CHECK(back->classes.at(0).class_id == "frame");
  for (std::size_t n = 0; n + 1 < text.size(); ++n) CHECK_FALSE(decode_cell(text.substr(0, n)).has_value());
}

TEST_CASE("Known violations that stand beside a description name its rows, architectures and callers") {
  const std::string entry =
      "[[known]]\nname = \"D1\"\ninvariant = \"no-duplicate-hpte\"\nclass = \"D1\"\nrows = [\"ROW\"]\n"
      "architectures = [\"ppc64\"]\ncallers = [\"zap\"]\nwhy = \"x\"\nsource = \"x\"\n";
  const auto with_row = [&](const std::string& row) { return std::string(entry).replace(entry.find("ROW"), 3, row); };
  CHECK(planned("ppc64-2.6.20", with_row("a")).matrix.known.size() == 1);
  CHECK_THROWS_WITH(planned("ppc64-2.6.20", with_row("b")), Catch::Contains("there is no row `b`"));
}

TEST_CASE("A description that is wrong in itself is refused, not shown as absent") {
  CHECK(planned("ppc64-2.6.20").matrix.cells.size() == 1);
  CHECK_THROWS_WITH(planned("ppc64-2.6.21"), Catch::Contains("there is no preset `ppc64-2.6.21`"));
  CHECK_THROWS_WITH(planned("generic-2.6.22"), Catch::Contains("slot bits"));
  MatrixOptions nobody;
  nobody.only = {"nobody/*"};
  CHECK_THROWS_WITH(plan_matrix(nobody), Catch::Contains("no cell matches `nobody/*`"));
  MatrixOptions wrong;
  wrong.overrides = {"sim.sede=1"};
  CHECK_THROWS_AS(plan_matrix(wrong), config::Error);
}
