// SPDX-License-Identifier: MIT
#include "sim/cli/options.h"

#include "sim/cli/common_options.h"
#include "sim/config/diagnostic.h"
#include "tests/support/catch.h"

using namespace mmulab;
using cli::Options;

namespace {

Options options() {
  Options declared;
  add_set(declared);
  add_json(declared);
  add_until(declared);
  add_expect(declared);
  return declared.operands("FILE", 1, 1);
}

std::string refusal(const std::vector<std::string>& words) {
  try {
    (void)options().parse(words);
    return {};
  } catch (const config::Error& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("Options are read in any order, with and without an equals sign") {
  const auto given =
      options().parse({"--until", "500", "a.toml", "--set=x=1", "--expect", "--set", "y=2", "--json", "-"});
  CHECK(given.number("until") == 500u);
  CHECK(given.all("set") == std::vector<std::string>{"x=1", "y=2"});
  CHECK(given.has("expect"));
  CHECK(given.text("json") == "-");
  CHECK(given.positionals() == std::vector<std::string>{"a.toml"});
}

TEST_CASE("An option that was not given has no value") {
  const auto given = options().parse({"a.toml"});
  CHECK_FALSE(given.has("expect"));
  CHECK_FALSE(given.number("until"));
  CHECK_FALSE(given.text("json"));
  CHECK(given.all("set").empty());
}

TEST_CASE("An unknown option is refused with the nearest") {
  CHECK(refusal({"a.toml", "--unitl", "3"}) ==
        "error: unknown option `--unitl`\n  = help: did you mean `--until`?\n");
  CHECK_THAT(refusal({"a.toml", "--exepct=1"}), Catch::Contains("did you mean `--expect`?"));
  CHECK_THAT(refusal({"a.toml", "-x"}), Catch::Contains("unknown option `-x`"));
}

TEST_CASE("An abbreviated option is not guessed") {
  CHECK_THAT(refusal({"a.toml", "--unt", "3"}), Catch::Contains("unknown option `--unt`"));
}

TEST_CASE("A number is digits only: no sign, no overflow, no fraction") {
  for (const char* number : {"-1", "+1", "1.5", "1e3", "0x10", "", " 1", "18446744073709551616", "many"})
    CHECK_THAT(refusal({"a.toml", std::string("--until=") + number}),
               Catch::StartsWith("error: option `--until` needs"));
  CHECK_THAT(refusal({"a.toml", "--until", "-1"}), Catch::StartsWith("error: option `--until` needs"));
  CHECK(cli::parse_number("18446744073709551615") == UINT64_MAX);
  CHECK(cli::parse_number("0") == 0u);
}

TEST_CASE("A value that is missing, superfluous or given twice is refused") {
  CHECK_THAT(refusal({"a.toml", "--until"}), Catch::Contains("option `--until` needs a value"));
  CHECK_THAT(refusal({"a.toml", "--expect=yes"}), Catch::Contains("option `--expect` takes no value"));
  CHECK_THAT(refusal({"a.toml", "--until=1", "--until=2"}),
             Catch::Contains("option `--until` is given 2 times"));
  CHECK_THAT(refusal({"a.toml", "--color=blue"}), Catch::Contains("option `--color` has no choice `blue`"));
}

TEST_CASE("Operands too few and too many are refused") {
  CHECK_THAT(refusal({}), Catch::Contains("an operand is missing: FILE"));
  CHECK_THAT(refusal({"a.toml", "b.toml"}), Catch::Contains("unexpected operand `b.toml`"));
  CHECK(refusal({"--", "--until"}).empty());
  CHECK(refusal({"--help"}).empty());
}

TEST_CASE("Reading an option that was not declared is a mistake of ours") {
  CHECK_THROWS_AS(options().parse({"a.toml"}).has("plugin"), config::Misuse);
}
