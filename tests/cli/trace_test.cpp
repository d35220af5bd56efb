// SPDX-License-Identifier: MIT
// `trace import`, `info`, `cut` and `convert` on the command line. What importers understand is tested beside them.
#include "sim/cli/app.h"
#include "tests/cli/shelf.h"
#include "tests/support/catch.h"
#include "tests/support/folder.h"

using namespace mmulab;
using cli::Outcome;

namespace {

Outcome trace(std::vector<std::string> words) {
  words.insert(words.begin(), "trace");
  std::ostringstream out;
  std::ostringstream err;
  const int code = cli::run_command(words, {out, err});
  return {code, out.str(), err.str()};
}

void refuses(const std::vector<std::string>& words, const std::string& message) {
  const Outcome outcome = trace(words);
  CHECK(outcome.code == 2);
  CHECK(outcome.out.empty());
  CHECK_THAT(outcome.err, Catch::StartsWith("error: " + message));
}

/// Two pages of code, four fetches that come to another of them only twice; two loads, a store, an munmap.
const std::string lackey_log =
    "==70== Lackey, an example Valgrind tool\n==70== Command: ./a\n==70== Parent PID: 3\n==70== \n"
    "--70--   SCHED[1]:  acquired lock (thread_wrapper(starting new thread))\n"
    "I  04001000,3\nI  04001003,3\n L 1fff000718,8\nI  04002000,4\n L 1fff001718,8\nI  04002004,4\n S 1fff000720,8\n"
    "SYSCALL[70,1](11) sys_munmap ( 0x5000000, 8192 )[sync] --> Success(0x0) \n";

/// A folder with that log in it, and the trace that it makes.
struct Imported : test::Folder {
  Imported() : lackey(file("lackey.70")), app(file("app.mmt")) {
    write("lackey.70", lackey_log);
    REQUIRE(trace({"import", lackey, "-o", app}).code == 0);
  }
  std::string lackey, app;
};

}  // namespace

TEST_CASE("trace import: says what it has written, and trace info what that holds") {
  const Imported folder;
  CHECK(trace({"import", folder.lackey, "-o", folder.app}).err ==
        folder.app + ": 7 accesses, 4 calls, 1 tasks\n");
  // execve; an mmap around the code, one around the data; the munmap; the end, which the log does not show.
  const std::string info = trace({"info", folder.app}).out;
  CHECK_THAT(info, Catch::Contains("\naccesses  7 (2 loads, 1 stores, 4 fetches), from 0x4001000 to 0x1fff001718\n"));
  CHECK_THAT(info, Catch::Contains("  mmap     2 (2 concluded from accesses)\n  munmap   1\n"));
  CHECK_THAT(info, Catch::Contains("     0  thread 70 of process 70: 7 accesses, "));
}

TEST_CASE("trace import, convert: fetches can be left out, all or those to the same page") {
  const Imported folder;
  const std::string out = folder.file("out.mmt");
  const auto accesses = [&](const std::vector<std::string>& words) {
    REQUIRE(trace(words).code == 0);
    const std::string info = trace({"info", out}).out;
    const auto at = info.find("accesses  ");
    return info.substr(at + 10, info.find(',', info.find("stores")) - at - 10);
  };
  CHECK(accesses({"import", folder.lackey, "--no-fetch", "-o", out}) == "3 (2 loads, 1 stores");
  CHECK(accesses({"convert", folder.app, "--no-fetch", "-o", out}) == "3 (2 loads, 1 stores");
  CHECK(accesses({"convert", folder.app, "--page-fetches", "-o", out}) == "5 (2 loads, 1 stores");
  CHECK(accesses({"convert", folder.app, "--level", "19", "-o", out}) == "7 (2 loads, 1 stores");
}

TEST_CASE("trace cut: keeps so many accesses of each task, and every call") {
  const Imported folder;
  const std::string out = folder.file("out.mmt");
  const std::string calls = "\ncalls     ";
  const auto info = [&](const std::string& file) { return trace({"info", file}).out; };
  CHECK(trace({"cut", folder.app, "--from", "2", "--accesses", "3", "-o", out}).code == 0);
  CHECK_THAT(info(out), Catch::Contains("\naccesses  3 (2 loads, 0 stores, 1 fetches)"));
  const auto line = [&](const std::string& text) { return text.substr(text.find(calls), calls.size() + 2); };
  CHECK(line(info(out)) == line(info(folder.app)));
}

TEST_CASE("trace: what is missing, or makes no sense, is said") {
  const Imported folder;
  refuses({"import", "-o", "x"}, "a log to import is missing");
  refuses({"import", folder.lackey}, "the trace to write is missing");
  refuses({"inof", folder.app}, "`trace` cannot `inof`\n  = help: did you mean `info`?\n");
  refuses({"info"}, "one trace is wanted, and 0 are given");
  refuses({"info", folder.app, "--level", "3"}, "`trace info` has no option `--level`");
  refuses({"convert", folder.app, "--accesses", "1", "-o", "x"}, "`trace convert` has no option `--accesses`");
  refuses({"convert", folder.app, "--level", "20", "-o", "x"}, "`--level` is 1 to 19");
  refuses({"info", folder.lackey}, "`" + folder.lackey + "` is no trace of mmulab");
  refuses({"import", folder.app, "-o", folder.file("y")}, "`" + folder.app + "` is a trace already");
  const std::string nothing = folder.file("nothing");
  refuses({"import", nothing, "-o", folder.file("y")}, "`" + nothing + "` cannot be read");
}

TEST_CASE("What a command reads it does not replace") {
  const Imported folder;
  refuses({"import", folder.lackey, "-o", folder.lackey}, "`" + folder.lackey + "` is read here, and --output would");
  CHECK(folder.read("lackey.70") == lackey_log);
  std::filesystem::create_symlink("app.mmt", folder.file("link"));
  refuses({"cut", folder.app, "-o", folder.file("link")}, "`" + folder.file("link") + "` is read here");
  CHECK(trace({"info", folder.app}).code == 0);
}
