// SPDX-License-Identifier: MIT
#include "sim/cli/completion.h"

#include <algorithm>

#include "sim/cli/app.h"
#include "sim/cli/manual.h"
#include "sim/lab/schema.h"
#include "tests/cli/shelf.h"
#include "tests/support/catch.h"

using namespace mmulab;
using cli::complete;
using Files = cli::Completion::Files;

namespace {

std::vector<std::string> words(const std::vector<std::string>& typed) {
  std::vector<std::string> names;
  for (const auto& item : complete(typed).words) names.push_back(item.name);
  return names;
}

bool offers(const std::vector<std::string>& typed, const std::string& name) {
  const auto all = words(typed);
  return std::count(all.begin(), all.end(), name) == 1;
}

}  // namespace

TEST_CASE("Every verb and every option of every verb is completed") {
  for (const auto& verb : cli::verbs()) {
    CHECK(offers({""}, verb.name));
    for (const auto& option : verb.options.declared()) CHECK(offers({verb.name, "--"}, "--" + option.name));
  }
}

TEST_CASE("Every key can be set, and what a choice allows is offered, as it is for an option that stands for a key") {
  const auto schema = lab::schema();
  for (const auto& path : schema.paths())
    if (schema.find_key(path) != nullptr) CHECK(offers({"run", "--set", path}, path + "="));
  CHECK(words({"run", "--set", "check.engine=b"}) == std::vector<std::string>{"check.engine=bfs"});
  CHECK(words({"check", "--engine", "b"}) == std::vector<std::string>{"bfs"});
  CHECK(words({"run", "--set", "sim.lookahead="}) ==
        std::vector<std::string>{"sim.lookahead=true", "sim.lookahead=false"});
}

TEST_CASE("What was given once is not offered again, unless it may be repeated") {
  CHECK_FALSE(offers({"run", "x", "--until", "5", "--"}, "--until"));
  CHECK(offers({"run", "x", "--set", "sim.seed=1", "--"}, "--set"));
  CHECK(words({"run", "x", "--color=ne"}) == std::vector<std::string>{"--color=never"});
}

TEST_CASE("Operands are completed by their place") {
  CHECK(complete({"run", ""}).files == Files::toml);
  CHECK(complete({"run", "x.toml", ""}).files == Files::none);
  CHECK(complete({"lint", "a.toml", "b.toml", ""}).files == Files::toml);
  CHECK(complete({"run", "--json", ""}).files == Files::any);
  CHECK(complete({"run", "--until", ""}).words.empty());
  CHECK(offers({"show", ""}, "invariant"));
  CHECK(offers({"show", "invariant", ""}, "no-duplicate-hpte"));
  CHECK(complete({"show", "config", ""}).files == Files::toml);
  CHECK(complete({"completion", "bash", ""}).words.empty());
  CHECK(offers({"help", "l"}, "lint"));
}

TEST_CASE("Verbs that read results complete files, and say in help and manual what results are") {
  unsigned readers = 0;
  for (const auto& verb : cli::verbs()) {
    if (verb.options.operands().rfind("RESULTS", 0) != 0) continue;
    ++readers;
    INFO(verb.name);
    CHECK(complete({verb.name, ""}).files == Files::any);
    CHECK_THAT(verb.details, Catch::Contains("`compare` wrote with --json"));
    CHECK_THAT(cli::manual_of(verb), Catch::Contains("wrote with"));
  }
  CHECK(readers == 4);
}

TEST_CASE("What makes no sense completes to nothing") {
  for (const auto& typed : std::vector<std::vector<std::string>>{
           {"nonsense", ""}, {"run", "--nonsense="}, {"run", "--set", "no.such.key="}, {"show", "nothing", ""}}) {
    CHECK(complete(typed).words.empty());
    CHECK(complete(typed).files == Files::none);
  }
}

TEST_CASE("Every verb has an example that begins as it is typed") {
  for (const auto& verb : cli::verbs()) {
    INFO(verb.name);
    CHECK_THAT("\n" + verb.details, Catch::Contains("\n  mmulab " + verb.name));
    const std::string page = cli::manual_of(verb);
    const auto examples = page.find("\n.SH EXAMPLES\n");
    REQUIRE(examples != std::string::npos);
    CHECK(page.find("\n.B mmulab " + verb.name, examples) != std::string::npos);
  }
}

TEST_CASE("A shell that is not known is refused with the nearest") {
  std::ostringstream out;
  std::ostringstream err;
  CHECK(cli::run_command({"completion", "zhs"}, {out, err}) == 2);
  CHECK(err.str() == "error: there is no completion for `zhs`\n  = help: did you mean `zsh`?\n");
}
