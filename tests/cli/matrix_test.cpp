// SPDX-License-Identifier: MIT
#include <map>

#include <nlohmann/json.hpp>

#include "tests/cli/fake_lab.h"
#include "tests/support/catch.h"

namespace mmulab::cli {
namespace {

using Json = nlohmann::json;

Outcome matrix(std::vector<std::string> words) {
  words.insert(words.begin(), "--matrix");
  return act(check_verb(), words);
}

const std::vector<std::string> d1{"--only=ppc64-2.6.2[02]/ppc64/zero-read", "--only=generic-2.6.22/ppc64/munmap"};

std::vector<std::string> with(std::vector<std::string> words, const std::vector<std::string>& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST_CASE("check --matrix explores the cells that match, whatever the number of jobs, to the same bytes") {
  const auto one = matrix(with(d1, {"--jobs=1", "--json=-"}));
  const auto many = matrix(with(d1, {"--jobs=4", "--json=-"}));
  CHECK(one.code == 0);
  CHECK(one.out == many.out);
  CHECK(one.err == many.err);
  CHECK_THAT(one.err, Catch::Contains("3 cells: 1 proved, 1 violated, 0 not a proof, 1 that do not exist"));
  const Json cells = Json::parse(one.out).at("cells");
  REQUIRE(cells.size() == 3);
  CHECK(cells[0].at("outcome") == "absent");
  CHECK(cells[1].at("result").at("classes")[0].at("known") == "D1");
  CHECK(cells[2].at("result").at("verdict") == "proved");
}

TEST_CASE("A cell that its budget cuts is no proof, and the matrix is undecided") {
  const auto cut = matrix({"--only=ppc64-2.6.22/ppc64/munmap", "--max-states=50"});
  CHECK(cut.code == 3);
  CHECK_THAT(cut.out, Catch::Contains("ppc64-2.6.22/ppc64/munmap: NOT A PROOF, cut by its budget of states"));
}

TEST_CASE("A violation that is not in known-violations.toml is a finding") {
  const auto found = matrix({"--only=ppc64-2.6.22/ppc64/mprotect", "--set", "strategy.triggers=[\"end\"]"});
  CHECK(found.code == 1);
  CHECK_THAT(found.out, Catch::Contains("FINDING batch-empty-at-unlock pending"));
}

TEST_CASE("A known violation that a cell does not show is stale") {
  const auto gone = matrix({"--only=ppc64-2.6.22/ppc64/rehash", "--set", "strategy.modify_in_place=true"});
  CHECK(gone.code == 1);
  CHECK_THAT(gone.out, Catch::Contains("ppc64-2.6.22/ppc64/rehash: STALE D2: no-duplicate-hpte D2"));
}

TEST_CASE("What a record holds is not explored again, and is marked anew") {
  const Shelf shelf;
  const std::string record = shelf.file("matrix.json");
  CHECK(matrix(with(d1, {"--json", record})).code == 0);
  const auto again = matrix({"--record", record, "--only=ppc64-2.6.22/ppc64/rehash", "--json=-"});
  CHECK(again.code == 3);
  std::map<std::string, Json> cells;
  const Json all = Json::parse(again.out);
  for (const Json& cell : all.at("cells")) cells[cell.at("cell").get<std::string>()] = cell;
  CHECK(cells["ppc64-2.6.20/ppc64/zero-read"].at("result").at("classes")[0].at("known") == "D1");
  CHECK(cells["ppc64-2.6.22/ppc64/rehash"].at("result").at("classes")[0].at("known") == "D2");
  CHECK_THAT(cells["per-pte/ppc64/munmap"].at("reason").get<std::string>(), Catch::StartsWith("it is not in "));
  CHECK(matrix({"--record", shelf.file("nothing.json"), "--only=ppc64-2.6.22/ppc64/rehash"}).code == 2);
}

TEST_CASE("The page keeps what people wrote before its mark") {
  const Shelf shelf;
  const std::string file = shelf.file("page.md");
  CHECK(matrix(with(d1, {"--output", file})).code == 0);
  CHECK_THAT(shelf.read("page.md"), Catch::StartsWith("# Verdicts\n") && Catch::Contains("**D1**: zero-read"));
  shelf.write("page.md", "# Mine\n\nWords.\n\n<!-- generated: mmulab check --matrix -->\nold\n");
  CHECK(matrix(with(d1, {"--output", file})).code == 0);
  CHECK_THAT(shelf.read("page.md"),
             Catch::StartsWith("# Mine\n\nWords.\n\n<!-- generated") && !Catch::Contains("\nold\n"));
  shelf.write("page.md", "# Mine\n");
  CHECK(matrix(with(d1, {"--output", file})).code == 2);
  CHECK(shelf.read("page.md") == "# Mine\n");
}

TEST_CASE("A budget of memory is that of each cell") {
  const std::vector<std::string> cell{"--only=safe-deferral/x86/switch"};
  CHECK(matrix(cell).code == 0);
  const auto cut = matrix(with(cell, {"--max-memory=1"}));
  CHECK(cut.code == 3);
  CHECK_THAT(cut.out, Catch::Contains("NOT A PROOF, cut by its budget of memory"));
}

TEST_CASE("What makes no sense with or without --matrix is 2, and says so") {
  CHECK_THAT(act(check_verb(), {}).err, Catch::Contains("an operand is missing: FILE"));
  CHECK_THAT(act(check_verb(), {"x.toml", "--output=y"}).err, Catch::Contains("--output is for --matrix"));
  for (const char* word : {"--jobs=0", "--max-states=0", "--max-states=many", "--max-time=many", "--max-memory=0",
                           "--seed=-1", "--expect", "--engine=bfs", "--only=none"}) {
    INFO(word);
    CHECK(matrix({word}).code == 2);
  }
  CHECK(matrix({"missing.toml"}).code == 2);
}

}  // namespace
}  // namespace mmulab::cli
