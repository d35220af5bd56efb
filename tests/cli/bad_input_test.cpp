// SPDX-License-Identifier: MIT
// What a user can get wrong in a file: each mistake has one exact message with its place and, where there is one,
// what to do about it; the exit code is 2, nothing runs and stdout stays empty. The whole command runs, with the
// shipped presets.
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "sim/cli/app.h"
#include "tests/cli/shelf.h"
#include "tests/support/catch.h"

namespace mmulab::cli {
namespace {

const std::string presets = "machine = \"core2\"\nkernel = \"2.6.22\"\nstrategy = \"generic-2.6.22\"\n";
const std::string good = presets + "workload = \"unmap\"\n";
const std::string own_machine =
    "kernel = \"2.6.22\"\nstrategy = \"generic-2.6.22\"\nworkload = \"unmap\"\n[machine]\npreset = \"core2\"\n";

/// Runs the command on a file of this content; what it says, with the file's name reduced to lab.toml.
class Attempt {
 public:
  Attempt() { setenv("MMULAB_CONFIG_PATH", MMULAB_SOURCE_DIR "/configs", 1); }
  ~Attempt() { unsetenv("MMULAB_CONFIG_PATH"); }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  std::string run(const std::string& verb, const std::string& content,
                  const std::vector<std::string>& options = {}) {
    shelf_.write("lab.toml", content);
    return run_file(verb, shelf_.file("lab.toml"), options);
  }
  std::string run_file(const std::string& verb, const std::string& file,
                       const std::vector<std::string>& options = {}) {
    std::vector<std::string> words = {verb, file};
    words.insert(words.end(), options.begin(), options.end());
    std::ostringstream out, err;
    CHECK(run_command(words, {out, err}) == 2);
    CHECK(out.str().empty());
    return without(without(err.str(), shelf_.file("")), MMULAB_SOURCE_DIR "/");
  }
  [[nodiscard]] const Shelf& shelf() const { return shelf_; }

 private:
  static std::string without(std::string text, const std::string& folder) {
    for (std::size_t at = text.find(folder); at != std::string::npos; at = text.find(folder))
      text.erase(at, folder.size());
    return text;
  }
  Shelf shelf_;
};

std::string refusal(const std::string& content, const std::vector<std::string>& options = {}) {
  return Attempt().run("run", content, options);
}

TEST_CASE("Bad input: a misspelt key, table or verb of the script") {
  CHECK(refusal(good + "sim.sede = 1\n") == R"(error: unknown key `sede` in [sim]
 --> lab.toml:5:5
  |
5 | sim.sede = 1
  |     ^^^^
  = help: did you mean `seed`?
)");
  CHECK(refusal(good + "[machin.line]\nbytes = 64\n") == R"(error: unknown key `machin` at the top level
 --> lab.toml:5:2
  |
5 | [machin.line]
  |  ^^^^^^
  = help: did you mean `machine`?
)");
  const std::string script = presets +
                             "[workload]\nkind = \"script\"\n[[workload.region]]\nname = \"heap\"\npages = "
                             "4\n[[workload.task]]\nname = \"t\"\n";
  CHECK(refusal(script + "cpu = 0\nops = [\"stroe heap\"]\n") == R"(error: there is no operation `stroe`
  --> lab.toml:12:9
   |
12 | ops = ["stroe heap"]
   |         ^^^^^
   = help: did you mean `store`?
)");
  CHECK(refusal(script + "cpu = 99\nops = [\"store heap\"]\n") == R"(error: there is no cpu 99
  --> lab.toml:11:7
   |
11 | cpu = 99
   |       ^^
   = help: this machine's cpus are 0 to 7
)");
}

TEST_CASE("Bad input: a value of the wrong kind, out of range, negative or huge") {
  CHECK(refusal(good + "sim.seed = \"one\"\n") == R"(error: `sim.seed`: expected an integer, found a string
 --> lab.toml:5:12
  |
5 | sim.seed = "one"
  |            ^^^^^
)");
  CHECK(refusal(own_machine + "cores = 0\n") == R"(error: `machine.cores`: 0 is out of range
 --> lab.toml:6:9
  |
6 | cores = 0
  |         ^
  = help: 1 to 1024
)");
  CHECK(refusal(good + "sim.seed = -1\n") == R"(error: `sim.seed`: expected a non-negative integer, found -1
 --> lab.toml:5:12
  |
5 | sim.seed = -1
  |            ^^
)");
  CHECK(refusal(presets + "[workload]\nkind = \"unmap\"\npages = -4\n") ==
        R"(error: `workload.pages`: expected a non-negative integer, found -4
 --> lab.toml:6:9
  |
6 | pages = -4
  |         ^^
)");
  CHECK(refusal(good + "sim.max_cycles = 99999999999999999999\n") ==
        R"(error: Error while parsing decimal integer: '99999999999999999999' is not representable in 64 bits
 --> lab.toml:5:38
  |
5 | sim.max_cycles = 99999999999999999999
  |                                      ^
)");
}

TEST_CASE("Bad input: a machine that cannot be") {
  CHECK(refusal(own_machine + "x86.dtlb_4k_sets = 12\n") == R"(error: 12 is not a power of two
 --> lab.toml:6:20
  |
6 | x86.dtlb_4k_sets = 12
  |                    ^^
  = help: use 1, 2, 4, 8 ...
)");
  CHECK(refusal(own_machine + "sockets = 64\ncores = 1024\n") == R"(error: the machine has 65536 cpus
 --> lab.toml:7:9
  |
7 | cores = 1024
  |         ^^^^
  = help: sockets x cores x threads is at most 1024
)");
  CHECK(refusal(own_machine + "x86.stlb_sets = 65536\nx86.stlb_ways = 1024\nsockets = 4\ncores = 1\n") ==
        R"(error: the machine and its workload are too large
  = help: x86.core1.stlb would bring the simulated state to 2049 MiB; at most 2048 MiB are possible
)");
  CHECK(refusal(own_machine + "table_bits = [16, 16, 16]\n") == R"(error: page numbers would have 48 bits
 --> lab.toml:6:14
  |
6 | table_bits = [16, 16, 16]
  |              ^^^^^^^^^^^^
  = help: the levels' bits add up to at most 44
)");
  CHECK(refusal(own_machine + "ppc64.tlb_sets = 4\n") ==
        R"(error: [machine.ppc64] applies only when machine.arch is "ppc64"; it is "x86" here
 --> lab.toml:6:1
  |
6 | ppc64.tlb_sets = 4
  | ^^^^^
)");
  CHECK(refusal(own_machine + "memory.model = \"flta\"\n") == R"(error: there is no memory target `flta`
 --> lab.toml:6:16
  |
6 | memory.model = "flta"
  |                ^^^^^^
  = help: did you mean `flat`?
)");
}

TEST_CASE("Bad input: what an architecture cannot be built with is refused before it is built") {
  const auto machine = [](const std::string& preset, const std::string& strategy, const std::string& rest) {
    return refusal("kernel = \"2.6.22\"\nworkload = \"unmap\"\nstrategy = \"" + strategy +
                   "\"\n[machine]\npreset = \"" + preset + "\"\n" + rest);
  };
  CHECK_THAT(machine("ultrasparc-iiii", "sparc64-2013", "sparc64.context_bits = 2\n"),
             Catch::StartsWith("error: 2 context numbers are fewer than 4 cpus\n --> lab.toml:6:24\n"));
  CHECK_THAT(machine("ultrasparc-iiii", "sparc64-2013", "page_shift = 12\n"),
             Catch::StartsWith("error: sparc64's smallest pages have 8 KiB\n --> lab.toml:6:14\n"));
  CHECK_THAT(machine("ppc970", "ppc64-2.6.22", "page_shift = 13\n"),
             Catch::StartsWith("error: the ppc64 port has pages of 4 or of 64 KiB\n --> lab.toml:6:14\n"));
  CHECK_THAT(machine("ppc970", "ppc64-2.6.22", "table_bits = [9, 9, 9, 9]\n"),
             Catch::StartsWith(
                 "error: the tables reach beyond the segments that a VSID can name\n --> lab.toml:6:14\n") &&
                 Catch::Contains("add up to at most 32"));
  CHECK_THAT(refusal("machine = \"ppc970\"\nkernel = \"2.6.22\"\nworkload = \"unmap\"\n[strategy]\npreset = "
                     "\"ppc64-2.6.22\"\nbatch_entries = 2000\n"),
             Catch::StartsWith("error: ppc64 flushes at most 1024 entries at once\n --> lab.toml:6:17\n"));
  CHECK_THAT(machine("core2", "generic-2.6.22", "page_shift = 13\n"),
             Catch::StartsWith("error: the x86 port has 4 KiB pages\n --> lab.toml:6:14\n"));
  CHECK_THAT(machine("core2", "generic-2.6.22", "x86.itlb_4k_ways = 0\n"),
             Catch::StartsWith("error: a core has a TLB of 4K pages on either side\n --> lab.toml:6:20\n"));
  CHECK_THAT(machine("core2", "generic-2.6.22", "x86.broadcast = true\nx86.pcid = false\n"),
             Catch::StartsWith("error: broadcast invalidation names PCIDs\n --> lab.toml:6:17\n"));
}

TEST_CASE("Bad input: a workload that is missing or empty") {
  CHECK(refusal(presets) == R"(error: missing key `kind` in [workload]
 --> lab.toml:1:1
  |
1 | machine = "core2"
  | ^
  = help: What the tasks do: what the tables below say, one of the generators, or a recording
)");
  CHECK(refusal(presets + "workload.kind = \"script\"\n") == R"(error: a script has no task
 --> lab.toml:4:17
  |
4 | workload.kind = "script"
  |                 ^^^^^^^^
  = help: write [[workload.task]]
)");
}

TEST_CASE("Bad input: a preset that is missing, or presets in a circle") {
  Attempt attempt;
  attempt.shelf().write("machines/ouroboros.toml", "preset = \"tail\"\narch = \"x86\"\n");
  attempt.shelf().write("machines/tail.toml", "preset = \"ouroboros\"\n");
  CHECK_THAT(attempt.run("run", "machine = \"core3\"\n" + good.substr(good.find('\n') + 1)),
             Catch::StartsWith("error: there is no machine preset `core3`\n --> lab.toml:1:11\n") &&
                 Catch::Contains("  = help: did you mean `core2`? known: core2, "));
  const std::string circle = attempt.run("run", "machine = \"ouroboros\"\n" + good.substr(good.find('\n') + 1));
  CHECK_THAT(
      circle,
      Catch::StartsWith("error: machine presets form a cycle: ouroboros -> tail -> ouroboros\n --> ") &&
          Catch::Contains("machines/tail.toml:1:10\n  |\n1 | preset = \"ouroboros\"\n  |          ^^^^^^^^^^^\n"));
}

TEST_CASE("Bad input: invariants, goals and expectations that do not exist") {
  CHECK(refusal(good + "invariants = [\"no-leek\"]\n") == R"(error: there is no invariant `no-leek`
 --> lab.toml:5:14
  |
5 | invariants = ["no-leek"]
  |              ^^^^^^^^^^^
  = help: did you mean `no-leak`?
)");
  CHECK_THAT(refusal(good + "goals = [\"win\"]\n"),
             Catch::StartsWith("error: there is no goal `win`\n --> lab.toml:5:9\n") &&
                 Catch::Contains("= help: known here: "));
  CHECK(refusal(good + "[[expect]]\ninvariant = \"no-leek\"\n") ==
        R"(error: there is no selected invariant `no-leek`
 --> lab.toml:6:13
  |
6 | invariant = "no-leek"
  |             ^^^^^^^^^
  = help: did you mean `no-leak`?
)");
}

TEST_CASE("Bad input: text that is no TOML") {
  CHECK(
      refusal("machine = \"core2\n") ==
      "error: Error while parsing string: unescaped control characters other than TAB (U+0009) are explicitly "
      R"(prohibited
 --> lab.toml:1:17
  |
1 | machine = "core2
  |                 ^
)");
  CHECK(refusal(good + "machine = \"k8\"\n") ==
        R"(error: Error while parsing key-value pair: cannot redefine existing string 'machine'
 --> lab.toml:5:11
  |
5 | machine = "k8"
  |           ^
)");
  CHECK(refusal(std::string("sim.seed = 1\0\n", 14)) ==
        R"(error: Error while parsing decimal integer: expected digit, saw '\u0000'
 --> lab.toml:1:13
  |
1 | sim.seed = 1?
  |             ^
)");
  CHECK(refusal(good + "# \xff\xfe\n") == R"(error: Encountered invalid utf-8 sequence
 --> lab.toml:5:2
  |
5 | # ??
  |  ^
)");
  CHECK_THAT(refusal("a = " + std::string(2000, '[') + "\n"),
             Catch::StartsWith("error: Error while parsing value: exceeded maximum nested value depth of 256"
                               " (TOML_MAX_NESTED_VALUES)\n --> lab.toml:1:261\n"));
  std::string deep;
  for (int i = 0; i < 2000; ++i) deep += "a.";
  CHECK_THAT(refusal(deep + "b = 1\n"),
             Catch::StartsWith("error: a key nests more than 64 levels deep\n --> lab.toml:1:130\n"));
}

TEST_CASE("Bad input: a megabyte of random bytes") {
  std::mt19937 random(1);
  std::string bytes;
  for (std::size_t i = 0; i < 1U << 20; ++i) bytes += static_cast<char>(random() & 0xff);
  const std::string text = refusal(bytes);
  CHECK_THAT(text, Catch::StartsWith("error: ") && Catch::Contains("\n --> lab.toml:1:"));
  CHECK(text.size() < 1000);
}

TEST_CASE("Bad input: a file that is not there, a directory, an endless one") {
  Attempt attempt;
  CHECK(attempt.run_file("run", attempt.shelf().file("none.toml")) ==
        "error: cannot read none.toml: there is no such file\n");
  CHECK(attempt.run_file("run", attempt.shelf().file("machines")) ==
        "error: cannot read machines: it is a directory\n");
  CHECK(attempt.run_file("run", "/dev/zero") == "error: cannot read /dev/zero: it is larger than 16 MiB\n");
}

TEST_CASE("Bad input: an override that is none") {
  CHECK_THAT(refusal(good, {"--set", "sim.seed"}), Catch::StartsWith("error: ") && Catch::Contains("sim.seed"));
  CHECK_THAT(refusal(good, {"--set", "sim.sede=1"}),
             Catch::Contains("did you mean `seed`?") || Catch::Contains("did you mean `sim.seed`?"));
  CHECK_THAT(refusal(good, {"--set", "sim.seed=x"}),
             Catch::Contains("`sim.seed`: expected an integer, found a string"));
}

TEST_CASE("Bad input: a TLB whose tree would have no leaf for each way") {
  const std::string machine =
      "kernel = \"modern\"\nstrategy = \"linux-modern\"\nworkload = \"unmap\"\n[machine]\npreset = \"niagara2\"\n";
  const std::string hint = "write sets x ways, sizes, replacement: \"512x2 8K\", \"1x128 8K 4M random\"";
  for (const char* text : {"1x12 8K 4M tree", "1x128 8K 4M tree"})
    CHECK_THAT(refusal(machine + "sparc64.dtlb = [\"" + text + "\"]\n"),
               Catch::Contains(std::string("`") + text + "` is no TLB") && Catch::Contains(hint));
}

TEST_CASE("Bad input: lint finds what only the workload's plan shows") {
  CHECK_THAT(
      Attempt().run("lint", presets + "workload.kind = \"script\"\n"),
      Catch::StartsWith("error: a script has no task\n --> lab.toml:4:17\n") && Catch::EndsWith("1 problem\n"));
}

}  // namespace
}  // namespace mmulab::cli
