// SPDX-License-Identifier: MIT
#include "tests/workloads/sample.h"

#include "tests/support/catch.h"

using namespace mmulab;
using namespace mmulab::workload;
using sample::parsed;

namespace {

Operation one(const std::string& text) {
  const auto all = parsed(text);
  REQUIRE(all.size() == 1);
  return all[0];
}

void check_range(const Operation& op, OperationKind kind, std::uint32_t target, std::uint64_t first,
                 std::uint64_t pages) {
  CHECK(op.kind == kind);
  CHECK(op.target == target);
  CHECK(op.first == first);
  CHECK(op.pages == pages);
}

}  // namespace

TEST_CASE("A range is one page, some pages with the last included, or a whole region") {
  check_range(one("load heap+3"), OperationKind::load, 0, 3, 1);
  check_range(one("load heap[3]"), OperationKind::load, 0, 3, 1);
  check_range(one("load heap[4..7]"), OperationKind::load, 0, 4, 4);
  check_range(one("load heap [ 4 .. 7 ]"), OperationKind::load, 0, 4, 4);
  check_range(one("load data"), OperationKind::load, 1, 0, 16);
}

TEST_CASE("Accesses of each page: load, touch (the same), store, fetch") {
  check_range(one("touch heap"), OperationKind::load, 0, 0, 64);
  check_range(one("store heap+63"), OperationKind::store, 0, 63, 1);
  check_range(one("fetch heap"), OperationKind::fetch, 0, 0, 64);
}

TEST_CASE("Calls on a range are one call, or one for every so many pages") {
  check_range(one("munmap heap[4..7]"), OperationKind::munmap, 0, 4, 4);
  CHECK(one("munmap heap[4..7]").step == 0);
  CHECK(one("munmap heap by 8").step == 8);
  check_range(one("mmap heap"), OperationKind::mmap, 0, 0, 64);
  check_range(one("dontneed heap by 2"), OperationKind::dontneed, 0, 0, 64);
  check_range(one("zero_read heap[0..31]"), OperationKind::zero_read, 0, 0, 32);
}

TEST_CASE("mprotect says all rights that remain besides reading") {
  CHECK(one("mprotect heap r").rights == Rights{false, false});
  CHECK(one("mprotect heap rw").rights == Rights{true, false});
  CHECK(one("mprotect heap rx").rights == Rights{false, true});
  const Operation op = one("mprotect heap+1 rwx by 1");
  CHECK(op.rights == Rights{true, true});
  CHECK(op.step == 1);
  check_range(op, OperationKind::mprotect, 0, 1, 1);
}

TEST_CASE("unmap_mapping names pages of a file, not of a region") {
  check_range(one("unmap_mapping log[2..3]"), OperationKind::unmap_mapping, 0, 2, 2);
  check_range(one("unmap_mapping log"), OperationKind::unmap_mapping, 0, 0, 16);
}

TEST_CASE("fork names a task, even one that comes later") {
  check_range(one("fork c"), OperationKind::fork, 2, 0, 0);
}

TEST_CASE("think and delay without a number take the workload's") {
  CHECK(one("think").amount == 90);
  CHECK(one("think 7").amount == 7);
  CHECK(one("delay").amount == 80);
  CHECK(one("delay 0").amount == 0);
}

TEST_CASE("A barrier's name is the same barrier throughout") {
  const auto ops = parsed("barrier go; barrier stop; barrier go");
  REQUIRE(ops.size() == 3);
  CHECK(ops[0].target == ops[2].target);
  CHECK(ops[0].target != ops[1].target);
}

TEST_CASE("access has visits, a pattern, a share of stores and touches, of which the pattern alone must be said") {
  Operation op = one("access heap 1000 zipf 30% x 8");
  check_range(op, OperationKind::access, 0, 0, 64);
  CHECK(op.amount == 1000);
  CHECK(op.pattern == Pattern::zipf);
  CHECK(op.store_percent == 30);
  CHECK(op.touches == 8);
  op = one("access heap[0..9] chase");
  CHECK(op.amount == 10);
  CHECK(op.pattern == Pattern::chase);
  CHECK(op.store_percent == 0);
  CHECK(op.touches == 1);
  CHECK(one("access heap sequential").pattern == Pattern::sequential);
  CHECK(one("access heap uniform").pattern == Pattern::uniform);
}

TEST_CASE("yield and exit stand alone") {
  CHECK(one("yield").kind == OperationKind::yield);
  CHECK(one("exit").kind == OperationKind::exit);
}

TEST_CASE("Loops nest, in one line or over several") {
  const auto flat = parsed("repeat 10 { load heap; repeat 2 { yield } }; exit");
  std::vector<OperationKind> kinds;
  for (const auto& op : flat) kinds.push_back(op.kind);
  CHECK(kinds == std::vector<OperationKind>{OperationKind::repeat, OperationKind::load, OperationKind::repeat,
                                            OperationKind::yield, OperationKind::end, OperationKind::end,
                                            OperationKind::exit});
  CHECK(flat[0].amount == 10);
  CHECK(parsed("repeat 10 {\n load heap\n repeat 2 {\n yield\n }\n }\n exit").size() == flat.size());
}

TEST_CASE("Nothing is a list of no operations") {
  CHECK(parsed("").empty());
  CHECK(parsed(" ; ;").empty());
}

TEST_CASE("Every operation of the grammar is known to the parser") {
  const std::vector<std::string> all = {
      "load",         "store",    "fetch",    "touch",     "access",        "munmap",    "mmap",      "dontneed",
      "madv_free",    "clear_refs", "discard", "reclaim_anon", "protnone",  "migrate",   "migrate_vma", "ksm_merge",
      "gup",          "demote",   "zero_read", "mprotect", "mremap",        "unmap_mapping", "truncate", "writeback",
      "reclaim",      "fork",     "barrier",  "sleep",     "await",         "wake",      "think",     "delay",
      "yield",        "exit",     "repeat"};
  CHECK(operation_names() == all);
}
