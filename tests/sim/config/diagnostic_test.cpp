// SPDX-License-Identifier: MIT
#include "sim/config/diagnostic.h"

#include "sim/config/nearest.h"
#include "tests/support/catch.h"

using namespace mmulab::config;

namespace {

Diagnostic on_line(const std::string& line, unsigned column, unsigned width) {
  Diagnostic problem;
  problem.file = "a.toml";
  problem.line = 3;
  problem.column = column;
  problem.width = width;
  problem.message = "wrong";
  problem.source_line = line;
  return problem;
}

}  // namespace

TEST_CASE("A diagnostic without a place is its message and hint") {
  Diagnostic problem;
  problem.message = "no such file";
  problem.hint = "look elsewhere";
  CHECK(render(problem) == "error: no such file\n  = help: look elsewhere\n");
}

TEST_CASE("The caret stands below the column, and the gutter is as wide as the line's number") {
  auto problem = on_line("foo = 1", 7, 1);
  CHECK(render(problem) == "error: wrong\n --> a.toml:3:7\n  |\n3 | foo = 1\n  |       ^\n");
  problem.line = 120;
  CHECK(render(problem) == "error: wrong\n   --> a.toml:120:7\n    |\n120 | foo = 1\n    |       ^\n");
}

TEST_CASE("Columns are code points, so a caret after non-ASCII text is in its place") {
  CHECK(render(on_line("# äöü x", 7, 1)) == "error: wrong\n --> a.toml:3:7\n  |\n3 | # äöü x\n  |       ^\n");
}

TEST_CASE("A very long line is cut on both sides of the caret") {
  const auto text = render(on_line(std::string(5000, 'a') + "X" + std::string(5000, 'b'), 5001, 1));
  CHECK(text.size() < 400);
  const auto shown = text.find("3 | ");
  const auto caret = text.rfind("  | ");
  REQUIRE(shown != std::string::npos);
  CHECK(text[shown + (text.find('^') - caret)] == 'X');
  CHECK(text.find("3 | ...a") != std::string::npos);
}

TEST_CASE("Control characters and broken UTF-8 never reach the terminal") {
  const auto text = render(on_line("a\x1b[31m\tb\xff\xc2\x9b", 1, 1));
  CHECK(text == "error: wrong\n --> a.toml:3:1\n  |\n3 | a?[31m b??\n  | ^\n");
}

TEST_CASE("A caret beyond the end of the line stays next to it") {
  CHECK(render(on_line("ab", 900, 50)) == "error: wrong\n --> a.toml:3:900\n  |\n3 | ab\n  |   ^\n");
}

TEST_CASE("Color only adds escapes") {
  auto plain = render(on_line("foo = 1", 1, 3));
  auto colored = render(on_line("foo = 1", 1, 3), Color::On);
  CHECK(colored.find("\033[1;31merror\033[0m: wrong") == 0);
  for (auto at = colored.find('\033'); at != std::string::npos; at = colored.find('\033'))
    colored.erase(at, colored.find('m', at) - at + 1);
  CHECK(colored == plain);
}

TEST_CASE("The distance counts inserted, deleted, replaced and swapped letters") {
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("cores", "cores") == 0);
  CHECK(edit_distance("coers", "cores") == 1);
  CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("Only a word that is close enough is suggested") {
  const std::vector<std::string> names = {"cores", "sockets", "threads"};
  CHECK(nearest("coers", names) == "cores");
  CHECK(nearest("socket", names) == "sockets");
  CHECK(nearest("frequency", names).empty());
  CHECK(nearest("", names).empty());
  CHECK(suggestion("frequency", names) == "known here: cores, sockets, threads");
}
