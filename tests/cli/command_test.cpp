// SPDX-License-Identifier: MIT
#include "sim/cli/app.h"
#include "tests/cli/shelf.h"
#include "tests/support/catch.h"

using namespace mmulab;
using cli::Outcome;
using cli::Shelf;

namespace {

Outcome mmulab_with(const std::vector<std::string>& words) {
  std::ostringstream out;
  std::ostringstream err;
  const int code = cli::run_command(words, {out, err});
  return {code, out.str(), err.str()};
}

}  // namespace

TEST_CASE("Without a verb the overview goes to stderr and the exit code is 2") {
  const auto outcome = mmulab_with({});
  CHECK(outcome.code == 2);
  CHECK(outcome.out.empty());
  CHECK_THAT(outcome.err, Catch::Contains("usage: mmulab VERB"));
}

TEST_CASE("Asked-for help and the version go to stdout") {
  CHECK_THAT(mmulab_with({"--version"}).out, Catch::StartsWith("mmulab 0."));
  CHECK(mmulab_with({"--help"}).out == mmulab_with({"help"}).out);
  CHECK(mmulab_with({"lint", "--help"}).out == mmulab_with({"help", "lint"}).out);
  CHECK(mmulab_with({"help"}).code == 0);
}

TEST_CASE("Every verb is explained") {
  for (const auto& verb : cli::verbs()) {
    CHECK_FALSE(verb.help.empty());
    CHECK_THAT(mmulab_with({"help", verb.name}).out,
               Catch::StartsWith("mmulab " + verb.name + ": " + verb.help));
  }
}

TEST_CASE("A misspelt verb is refused with the nearest") {
  const auto outcome = mmulab_with({"lnit"});
  CHECK(outcome.code == 2);
  CHECK(outcome.out.empty());
  CHECK(outcome.err == "error: there is no verb `lnit`\n  = help: did you mean `lint`?\n");
}

TEST_CASE("A verb that is planned is told from one that is misspelt") {
  for (const char* verb : {"report"}) {
    const auto outcome = mmulab_with({verb, "x.toml"});
    CHECK(outcome.code == 2);
    CHECK(outcome.err == std::string("error: there is no verb `") + verb +
                             "` yet: it is planned and not built\n"
                             "  = help: `mmulab help` lists the verbs that there are\n");
  }
  for (const auto& verb : cli::verbs()) CHECK_THAT(mmulab_with({verb.name}).err, !Catch::Contains("planned"));
}

TEST_CASE("lint accepts a right file and reports every problem of a wrong one") {
  const Shelf shelf;
  const auto good =
      mmulab_with({"lint", shelf.file("scenarios/good.toml"), shelf.file("machines/tiny.toml")});
  CHECK(good.code == 0);
  CHECK(good.out ==
        shelf.file("scenarios/good.toml") + ": ok\n" + shelf.file("machines/tiny.toml") + ": ok\n");
  CHECK(good.err.empty());

  const auto bad = mmulab_with({"lint", shelf.file("scenarios/bad.toml"), shelf.file("scenarios/none.toml")});
  CHECK(bad.code == 2);
  CHECK_THAT(bad.err, Catch::Contains("did you mean `seed`?") && Catch::Contains("found -1") &&
                          Catch::Contains("there is no such file") && Catch::EndsWith("3 problems\n"));
}

TEST_CASE("show config prints what lint would accept again, with the same hash") {
  const Shelf shelf;
  const auto first =
      mmulab_with({"show", "config", shelf.file("scenarios/good.toml"), "--set", "machine.cores=3"});
  REQUIRE(first.code == 0);
  CHECK_THAT(first.out,
             Catch::Contains("cores = 3  # --set\n") && Catch::Contains("arch = \"ppc64\"  # preset tiny ("));
  std::ofstream(shelf.file("again.toml")) << first.out;
  const auto second = mmulab_with({"show", "config", shelf.file("again.toml")});
  CHECK(second.code == 0);
  CHECK(second.out.substr(0, second.out.find('\n')) == first.out.substr(0, first.out.find('\n')));
}

TEST_CASE("show and list find presets in $MMULAB_CONFIG_PATH") {
  const Shelf shelf;
  setenv("MMULAB_CONFIG_PATH", shelf.file("").c_str(), 1);
  CHECK_THAT(mmulab_with({"list", "machines"}).out, Catch::Contains("A very small machine\n"));
  CHECK_THAT(mmulab_with({"show", "machine", "tiny"}).out,
             Catch::StartsWith("[machine]\n") && !Catch::Contains("[sim]"));
  CHECK_THAT(mmulab_with({"show", "machine", "tinny"}).err, Catch::Contains("did you mean `tiny`?"));
  unsetenv("MMULAB_CONFIG_PATH");
}

TEST_CASE("list gives the first sentence of a preset's comment, over as many lines as it takes") {
  const Shelf shelf;
  shelf.write("machines/long.toml", "# A sentence of 2.6.20 that\n# goes on. Another one.\narch = 'x86'\n");
  shelf.write("machines/titled.toml", "# A title\n#\n# A paragraph.\narch = 'x86'\n");
  shelf.write("machines/mute.toml", "arch = 'x86' # no title\n");
  setenv("MMULAB_CONFIG_PATH", shelf.file("").c_str(), 1);
  const std::string out = mmulab_with({"list", "machines"}).out;
  unsetenv("MMULAB_CONFIG_PATH");
  CHECK_THAT(out, Catch::Contains("  A sentence of 2.6.20 that goes on.\n") && !Catch::Contains("Another"));
  CHECK_THAT(out, Catch::Contains("  A title\n") && !Catch::Contains("A paragraph"));
  CHECK_THAT(out, Catch::Contains("mute\n") && !Catch::Contains("no title"));
}

TEST_CASE("show key explains keys and sections") {
  CHECK_THAT(mmulab_with({"show", "key", "machine.cores"}).out, Catch::StartsWith("machine.cores: "));
  CHECK_THAT(mmulab_with({"show", "key", "machine"}).out, Catch::Contains("cores"));
  CHECK_THAT(mmulab_with({"show", "key", "machine.coers"}).err,
             Catch::Contains("did you mean `machine.cores`?"));
}

TEST_CASE("An unknown topic or kind is refused with the nearest") {
  CHECK_THAT(mmulab_with({"list", "machine"}).err, Catch::Contains("did you mean `machines`?"));
  CHECK_THAT(mmulab_with({"show", "machines", "x"}).err, Catch::Contains("did you mean `machine`?"));
  for (const auto& words :
       std::vector<std::vector<std::string>>{{"list", "x"}, {"show", "x", "y"}, {"show"}, {"lint"}})
    CHECK(mmulab_with(words).code == 2);
}

TEST_CASE("The option --color=always colors messages, and only those") {
  CHECK_THAT(mmulab_with({"lint", "none.toml", "--color=always"}).err, Catch::Contains("\033["));
  CHECK_THAT(mmulab_with({"lint", "none.toml", "--color=never"}).err, !Catch::Contains("\033["));
}
