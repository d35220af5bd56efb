// SPDX-License-Identifier: MIT
// Layout, numbering and limits of plans, without running them.
#include "tests/support/catch.h"
#include "tests/workloads/sample.h"

using namespace mmulab;
using namespace mmulab::workload;

namespace {

const std::string script =
    "[workload]\nkind = 'script'\n[[workload.task]]\nname = 'a'\ncpu = 0\nops = ['yield']\n";
std::string region(const std::string& name, std::uint64_t pages, const std::string& more = {}) {
  return "[[workload.region]]\nname = '" + name + "'\npages = " + std::to_string(pages) + "\n" + more;
}
std::uint64_t first(const Plan& plan, std::size_t n) { return plan.regions.at(n).first.raw(); }
std::uint32_t vmas(const std::string& ops) {
  const auto plan =
      sample::plan("[workload]\nkind = 'script'\n[[workload.task]]\nname = 'a'\ncpu = 0\nrounds = 100\nops = [" +
                   ops + "]\n" + region("heap", 64));
  return plan.limits.vmas_per_mm;
}

}  // namespace

TEST_CASE("Regions follow one another from the second leaf table, one that fits a table does not cross a border") {
  const Plan plan = sample::plan(script + region("a", 500) + region("b", 12) + region("c", 1) + region("d", 600) +
                                 region("e", 512));
  CHECK(first(plan, 0) == 512);
  CHECK(first(plan, 1) == 1012);  // exactly fills the table
  CHECK(first(plan, 2) == 1024);
  CHECK(first(plan, 3) == 1536);  // too large for one table: from a border on
  CHECK(first(plan, 4) == 2560);  // 2136 .. 2648 would cross
}

TEST_CASE("A straddling region has its middle on a border of leaf tables") {
  const Plan plan = sample::plan(script + region("a", 3) + region("b", 132, "straddle = true\n"));
  CHECK(first(plan, 1) + 66 == 1024);
  CHECK(first(sample::plan(script + region("a", 2, "straddle = true\n"), sample::tiny()), 0) + 1 == 8);
}

TEST_CASE("A region stays where its first page says, and the others go round it") {
  const Plan plan = sample::plan(script + region("a", 4) + region("b", 4, "first_page = 514\n"));
  CHECK(first(plan, 1) == 514);
  CHECK(first(plan, 0) == 518);
  CHECK(plan.mms[0].vmas[0].first.raw() == 514);
}

TEST_CASE("A small address space is used from page 0 on") {
  CHECK(first(sample::plan(script + region("a", 16), sample::tiny()), 0) == 0);
  CHECK(first(sample::plan(script + region("a", 12), sample::tiny()), 0) == 4);
}

/// ppc64 with pages of 4 KiB, or of 64 KiB that have parts.
PlanEnvironment several_sizes(unsigned shift) {
  return {TableGeometry{PageShift{shift}, {9, 7, 7, 5, 0}, 4, OtherSizes{24 - shift, shift - 12}}, 2, 1};
}

TEST_CASE("Huge pages lie where huge pages can, in slices of their own, and count for themselves") {
  const std::string text = script + region("a", 4) + region("big", 3, "huge_pages = true\n") + region("b", 4);
  const Plan plan = sample::plan(text, several_sizes(12));
  CHECK(first(plan, 0) == 512);
  CHECK(first(plan, 1) == 65536);
  CHECK(first(plan, 2) == 131072);
  CHECK(plan.regions[1].pages == Pages{3 * 4096});
  CHECK(plan.mms[0].vmas[1].huge);
  CHECK(plan.limits.huge_pages);
  CHECK(plan.limits.frames < 100);
  CHECK(sample::plan(text, several_sizes(16)).regions[1].pages == Pages{3 * 256});
}

TEST_CASE("Huge pages and parts of pages are refused where there are none, or where they cannot be") {
  const std::string big = region("a", 1, "huge_pages = true\n");
  CHECK(sample::problems(script + big).find("this machine has no huge pages") != std::string::npos);
  const auto wrong = [](const std::string& text) { return sample::problems(text, several_sizes(12)); };
  CHECK(wrong(script + region("a", 1, "huge_pages = true\nfirst_page = 4097\n")).find("border of huge pages") !=
        std::string::npos);
  CHECK(wrong(script + region("a", 1, "huge_pages = true\nkind = 'file_shared'\n")).find("only anonymous memory") !=
        std::string::npos);
  CHECK(wrong(script + region("a", 1, "huge_pages = true\nfirst_page = 4096\n") +
              region("b", 1, "first_page = 0\n"))
            .find("lies in one slice with `a`") != std::string::npos);
  const auto with = [](const std::string& op) {
    return "[workload]\nkind = 'script'\n[[workload.task]]\nname = 'a'\ncpu = 0\nops = ['" + op + "']\n";
  };
  CHECK(wrong(with("mprotect a r") + big).find("`a` has huge pages") != std::string::npos);
  CHECK(wrong(with("load a part 3") + region("a", 1)).find("have no parts") != std::string::npos);
  CHECK(wrong(with("demote a") + region("a", 1)).find("have no parts") != std::string::npos);
  CHECK(sample::problems(with("demote a; load a part 15") + region("a", 1), several_sizes(16)).empty());
}

TEST_CASE("Address spaces are laid out separately") {
  const Plan plan = sample::plan(script + "[[workload.task]]\nname = 'b'\ncpu = 1\nmm = 1\nops = ['yield']\n" +
                                 region("x", 4) + region("y", 4, "mm = 1\n"));
  CHECK(first(plan, 0) == first(plan, 1));
  CHECK(plan.mms.size() == 2);
  CHECK(plan.mms[1].users == 1);
  CHECK(plan.page_name(MmId{1}, VirtPage{513}) == "y+1");
  CHECK(plan.page_name(MmId{1}, VirtPage{600}) == "page 600");
}

TEST_CASE("A region's mapping says kind, rights, file and offset, one that is not mapped has a place only") {
  const Plan plan =
      sample::plan(script + region("x", 4, "kind = 'file_private'\nrights = 'rx'\nfile = 'f'\noffset = 2\n") +
                   region("y", 8, "kind = 'file_shared'\nfile = 'f'\n") + region("z", 1, "mapped = false\n"));
  REQUIRE(plan.mms[0].vmas.size() == 2);
  const VmaRecord& x = plan.mms[0].vmas[0];
  CHECK(x.kind == VmaKind::file_private);
  CHECK(x.rights == Rights{false, true});
  CHECK(x.file == FileId{0});
  CHECK(x.offset_pages == 2);
  CHECK((x.end - x.first).raw() == 4);
  CHECK(plan.files == std::vector<std::string>{"f"});
  CHECK(plan.limits.files == 1);
  CHECK(plan.limits.file_pages == 8);
}

TEST_CASE("VMAs are counted as one task's calls leave them at worst") {
  CHECK(vmas("'yield'") == 1);
  CHECK(vmas("'munmap heap by 1', 'mmap heap'") == 2);  // [0,1) and the rest, just before the removal
  CHECK(vmas("'munmap heap+9', 'mmap heap+9'") == 3);
  CHECK(vmas("'mprotect heap r by 16'") == 4);  // splits stay
  CHECK(vmas("'mprotect heap r by 16', 'munmap heap', 'mmap heap'") == 4);
  CHECK(vmas("'repeat 9 { repeat 9 { mprotect heap+3 r } }'") == 3);
  // From the second round on mmap fails, because the first page is still there.
  CHECK(vmas("'munmap heap[1..63]', 'mmap heap'") == 2);
}

TEST_CASE("VMAs that several tasks change count every border") {
  const auto plan = sample::plan(
      "[workload]\nkind = 'script'\n[[workload.task]]\nname = 'a'\ncpu = 0\nops = ['munmap heap[0..9]']\n"
      "[[workload.task]]\nname = 'b'\ncpu = 1\nops = ['munmap heap[5..19]']\n" +
      region("heap", 64));
  CHECK(plan.limits.vmas_per_mm == 4);  // borders at 5, 10, 20
}

TEST_CASE("Frames and tables allow for every page mapped, and waiting in the gather of each task that zaps") {
  const auto plan = sample::plan(
      "[workload]\nkind = 'script'\n[[workload.task]]\nname = 'a'\ncpu = 0\nops = ['dontneed heap', 'load "
      "log']\n" +
      region("heap", 64) + region("log", 16, "kind = 'file_shared'\n"));
  // The zero page; 64 mapped, in a's gather, in the exit's; 16 of the file; two in the hands of a fault.
  CHECK(plan.limits.frames == 1 + 3 * 64 + 16 + 2);
  // heap and log share one table of each of four levels, three times over; one in the hands of a fault.
  CHECK(plan.limits.tables == 3 * 4 + 1);
  CHECK(plan.limits.tasks == 1);
  CHECK(plan.limits.mms == 1);
  CHECK(plan.limits.cpus == 2);
}

TEST_CASE("A workload that asks for too much is refused, not attempted") {
  CHECK_THAT(sample::problems("[workload]\nkind = 'fork'\nrounds = 2000\npages = 4096\n"),
             Catch::Contains("page frames"));
  CHECK_THAT(sample::problems("[workload]\nkind = 'mprotect'\npages = 65536\ncall_pages = [1]\n"),
             Catch::Contains("more than 4096 VMAs"));
}

TEST_CASE("Generators take one caller a cpu unless told otherwise, and the cpus that they are told") {
  CHECK(sample::plan("workload.kind = 'unmap'", sample::wide(3)).tasks.size() == 3);
  const Plan plan = sample::plan("[workload]\nkind = 'mprotect'\nthreads = 3\nbystanders = 1\ncpus = [1, 0]\n");
  std::vector<std::uint32_t> cpus;
  for (const auto& task : plan.tasks) cpus.push_back(task.cpu.raw());
  CHECK(cpus == std::vector<std::uint32_t>{1, 0, 1, 0});
  CHECK(plan.tasks[3].name == "bystander0");
}

TEST_CASE("The fork generator makes one process a caller and one child a round, on the next cpu") {
  const Plan plan = sample::plan("[workload]\nkind = 'fork'\nrounds = 2\nwarmup_rounds = 1\n");
  REQUIRE(plan.tasks.size() == 2 * (3 + 1));
  CHECK(plan.tasks[0].name == "child0.0");
  CHECK(plan.tasks[0].started_by_fork);
  CHECK(plan.tasks[0].cpu == CpuId{1});
  CHECK(plan.tasks[0].mm == MmId{2});
  CHECK(plan.tasks[3].name == "parent0");
  CHECK(plan.tasks[3].mm == MmId{0});
  CHECK(plan.mms[2].parent == MmId{0});
  CHECK(plan.warms_up);
}
