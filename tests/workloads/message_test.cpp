// SPDX-License-Identifier: MIT
// The exact text of messages: a user reads nothing else.
#include "tests/workloads/sample.h"

#include "tests/support/catch.h"

using namespace mmulab::workload;
using sample::op_problems;
using sample::problems;

namespace {

/// The message of one wrong operation, which stands in line 4 from column 9 on.
std::string message(const std::string& op, unsigned column, const std::string& carets, const std::string& text,
                    const std::string& help) {
  std::string all = "error: " + text + "\n --> w.toml:4:" + std::to_string(column) + "\n  |\n4 | ops = ['" + op +
                    "']\n  | " + std::string(column - 1, ' ') + carets + "\n";
  if (!help.empty()) all += "  = help: " + help + "\n";
  return all;
}

struct Wrong {
  const char* op;
  unsigned column;
  const char* carets;
  const char* text;
  const char* help;
};

const std::string script = "[workload]\nkind = 'script'\n";
std::string task(const std::string& name, const std::string& ops, const std::string& more = "cpu = 0\n") {
  return "[[workload.task]]\nname = '" + name + "'\n" + more + "ops = [" + ops + "]\n";
}

}  // namespace

TEST_CASE("A wrong operation is refused at the word that is wrong") {
  const Wrong all[] = {
      {"lod heap", 9, "^^^", "there is no operation `lod`", "did you mean `load`?"},
      {"7", 9, "^", "expected an operation, found `7`", ""},
      {"load", 13, "^", "expected a region's name, found the end", ""},
      {"load haep", 14, "^^^^", "there is no region `haep`", "did you mean `heap`?"},
      {"load heap+64", 19, "^^", "page 64 lies past the end of `heap`", "its pages are 0 to 63"},
      {"load heap[3..64]", 22, "^^", "page 64 lies past the end of `heap`", "its pages are 0 to 63"},
      {"load heap[3..1]", 22, "^", "the range ends at 1, before it begins at 3", ""},
      {"load heap+x", 19, "^", "expected a page's number, found `x`", ""},
      {"load heap[1", 20, "^", "expected `]`, found the end", ""},
      {"load heap 4", 19, "^", "expected the end of the operation, found `4`", ""},
      {"load heap ü", 19, "^", "expected the end of the operation, found `ü`", ""},
      {"mprotect heap rq", 23, "^^", "there are no rights `rq`", "did you mean `r`?"},
      {"mprotect heap", 22, "^", "expected rights, found the end", ""},
      {"munmap heap by", 23, "^", "expected the pages of each call, found the end", ""},
      {"munmap heap by 0", 24, "^", "0 is out of range", "1 to 9223372036854775807"},
      {"zero_read data", 19, "^^^^", "zero_read needs anonymous memory, and `data` is a file's", ""},
      {"unmap_mapping data", 23, "^^^^", "there is no file `data`", "known here: log"},
      {"fork d", 14, "^", "there is no task `d`", "did you mean `a`?"},
      {"barrier", 16, "^", "expected the barrier's name, found the end", ""},
      {"think 5000000000", 15, "^^^^^^^^^^", "5000000000 is out of range", "0 to 4000000000"},
      {"delay 99999999999999999999", 15, "^^^^^^^^^^^^^^^^^^^^",
       "expected a number of cycles, found `99999999999999999999`", ""},
      {"access heap 10", 23, "^", "expected a pattern, found the end", ""},
      {"access heap zifp", 21, "^^^^", "there is no pattern `zifp`", "did you mean `zipf`?"},
      {"access heap zipf 101%", 26, "^^^", "101 is out of range", "0 to 100"},
      {"access heap zipf 10", 28, "^", "expected `%`, found the end", ""},
      {"repeat { yield }", 16, "^", "expected how many times, found `{`", ""},
      {"repeat 0 { yield }", 16, "^", "0 is out of range", "1 to 9223372036854775807"},
      {"repeat 3 yield", 18, "^^^^^", "expected `{`, found `yield`", ""},
      {"repeat 3 { yield", 9, "^^^^^^", "this `repeat` is never closed", "write }"},
      {"yield }", 15, "^", "`}` closes nothing", ""},
      {"load other", 9, "^^^^", "`a` runs in mm 0, and `other` lies in mm 1", ""},
      {"fork a", 9, "^^^^", "`a` would be forked by its own child or by itself", ""},
      {"barrier go", 17, "^^", "only `a` comes to the barrier `go`", ""},
  };
  for (const Wrong& wrong : all) {
    if (std::string(wrong.op) == "fork a") continue;  // said where the task stands
    CHECK(op_problems(wrong.op) == message(wrong.op, wrong.column, wrong.carets, wrong.text, wrong.help));
  }
}

TEST_CASE("Repeats deeper than seven are refused") {
  std::string op;
  for (int i = 0; i < 8; ++i) op += "repeat 2 {";
  CHECK_THAT(op_problems(op), Catch::Contains("repeat nests more than 7 deep"));
}

TEST_CASE("Every wrong operation of a list is reported, and its place is found in lists over several lines") {
  CHECK(problems(script + "[[workload.task]]\nname = 'a'\ncpu = 0\nops = [\n  'yield',  # 'lod'\n  \"lod heap\",\n"
                          "  '''\n  yield; stoer heap\n''', 'think 1 2',\n]\n") ==
        R"(error: there is no operation `lod`
 --> w.toml:8:4
  |
8 |   "lod heap",
  |    ^^^
  = help: did you mean `load`?

error: there is no operation `stoer`
  --> w.toml:10:10
   |
10 |   yield; stoer heap
   |          ^^^^^
   = help: did you mean `store`?

error: expected the end of the operation, found `2`
  --> w.toml:11:15
   |
11 | ''', 'think 1 2',
   |               ^
)");
}

TEST_CASE("An operation whose string has escapes is refused where the list begins") {
  CHECK_THAT(problems(script + task("a", "\"lod\\u0020heap\"")), Catch::Contains("w.toml:6:7"));
}

TEST_CASE("A task on a cpu that does not exist is refused with the cpus that do") {
  CHECK(problems(script + task("a", "'yield'", "cpu = 2\n")) == R"(error: there is no cpu 2
 --> w.toml:5:7
  |
5 | cpu = 2
  |       ^
  = help: this machine's cpus are 0 to 1
)");
  CHECK_THAT(problems("[workload]\nkind = 'unmap'\ncpus = [0, 7]\n"), Catch::Contains("there is no cpu 7"));
}

TEST_CASE("Names are plain and given once") {
  CHECK_THAT(problems(script + task("a", "'yield'") + task("a", "'yield'", "cpu = 1\n")),
             Catch::Contains("there is a task `a` already"));
  CHECK_THAT(problems(script + task("a b", "'yield'")), Catch::Contains("`a b` is no name"));
  CHECK_THAT(problems(script), Catch::Contains("a script has no task"));
}

TEST_CASE("Forks that cannot be are refused: two parents, a circle, a warm-up, an mm of one's own, too many") {
  const std::string child = task("c", "'yield'", "cpu = 1\n");
  CHECK_THAT(problems(script + task("a", "'fork c'") + task("b", "'fork c'", "cpu = 1\n") + child),
             Catch::Contains("`c` is forked by `a` already") && Catch::Contains("a task has one parent"));
  CHECK_THAT(problems(script + task("a", "'fork a'")),
             Catch::Contains("`a` would be forked by its own child or by itself"));
  CHECK_THAT(problems(script + task("c", "'yield'", "cpu = 0\nwarmup = ['yield']\n") + task("a", "'fork c'")),
             Catch::Contains("`c` is forked by `a`, so it takes no part in the warm-up"));
  CHECK_THAT(problems(script + task("c", "'yield'", "cpu = 0\nmm = 0\n") + task("a", "'fork c'")),
             Catch::Contains("`c` is forked by `a`, so its mm is a new one"));
  CHECK_THAT(problems(script + task("a", "'repeat 5000 { fork c }'") + child),
             Catch::Contains("more than 4096 tasks"));
}

TEST_CASE("Barriers that would never open are refused") {
  CHECK_THAT(problems(script + task("a", "'barrier x; barrier x'") + task("b", "'barrier x'", "cpu = 1\n")),
             Catch::Contains("`a` comes to the barrier `x` 2 times, `b` 1 times"));
  CHECK_THAT(problems(script + task("a", "'barrier x'") + task("b", "'barrier x'")),
             Catch::Contains("`a` and `b` share cpu 0 and cannot meet at the barrier `x`"));
}

TEST_CASE("Regions that cannot lie where they should are refused") {
  const auto region = [](const std::string& name, const std::string& more) {
    return "[[workload.region]]\nname = '" + name + "'\n" + more;
  };
  const std::string one = task("a", "'yield'");
  CHECK_THAT(problems(script + one + region("x", "pages = 4\nfirst_page = 8\n") +
                      region("y", "pages = 1\nfirst_page = 11\n")),
             Catch::Contains("`y` overlaps `x`"));
  CHECK_THAT(
      problems(script + one + region("x", "pages = 17\n"), sample::tiny()),
      Catch::Contains("`x` ends at page 17, beyond the address space") && Catch::Contains("reach 16 pages"));
  CHECK_THAT(problems(script + one + region("x", "pages = 1\nstraddle = true\n")),
             Catch::Contains("one page cannot lie on both sides of a border"));
  CHECK_THAT(problems(script + one + region("x", "pages = 2\nstraddle = true\nfirst_page = 3\n")),
             Catch::Contains("`first_page` says already where `x` lies"));
  CHECK_THAT(problems(script + one + region("x", "pages = 2\nfile = 'f'\n")), Catch::Contains("`x` is anonymous"));
  CHECK_THAT(problems(script + one + region("x", "pages = 2\nmm = 1\n")),
             Catch::Contains("no task runs in mm 1, where `x` lies"));
  CHECK_THAT(problems(script + task("a", "'yield'", "cpu = 0\nmm = 1\n")),
             Catch::Contains("mm 1 is used, and no task runs in mm 0"));
}

TEST_CASE("Keys without effect are refused") {
  CHECK_THAT(problems(script + "threads = 3\n" + task("a", "'yield'")),
             Catch::Contains("`workload.threads` is for generators; scripts and traces say it themselves"));
  CHECK_THAT(problems("[workload]\nkind = 'unmap'\n" + task("a", "'yield'")),
             Catch::Contains("[workload.task] applies only when workload.kind is \"script\""));
  CHECK_THAT(problems("[workload]\nkind = 'unmap'\nzipf_exponent = 900\n"),
             Catch::Contains("is no multiple of 500"));
}

TEST_CASE("A kernel thread has neither pages nor children nor an address space") {
  const std::string kthread = "cpu = 0\nkthread = true\n";
  const std::string region = "[[workload.region]]\nname = 'heap'\npages = 1\n";
  const std::string user = task("user", "'load heap'");
  const auto says = [](const std::string& all, const std::string& message) {
    return all.find(message) != std::string::npos;
  };
  CHECK(problems(script + region + user + task("kworker", "'yield', 'think 3'", kthread)).empty());
  CHECK(says(problems(script + region + user + task("kworker", "'load heap'", kthread)),
             "`kworker` is a kernel thread, which has no pages and no children"));
  CHECK(says(problems(script + region + user + task("kworker", "'yield'", kthread + "mm = 0\n")),
             "`kworker` is a kernel thread, which has no address space"));
  CHECK(says(problems(script + task("kworker", "'yield'", kthread)), "every task is a kernel thread"));
}
