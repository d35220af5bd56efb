// SPDX-License-Identifier: MIT
// Steps of a cpu that are no moves of their own: references that come and go while some are sure to be left, returns to
// user mode, and the way into the kernel after a lookup that found nothing. Where an order can be told, they stay.
#include <map>

#include "tests/support/patience.h"
#include "tests/sim/explore/small_systems.h"
#include "tests/support/catch.h"

using namespace mmulab;
using namespace mmulab::test;

namespace {

config::Values system(const std::string& region, const std::string& first, const std::string& second,
                      const std::string& strategy = "ppc64-2.6.22") {
  return small_system("machine = 'ppc64-tiny'\nkernel = '2.6.22'\nstrategy = '" + strategy +
                      "'\n[workload]\nkind = 'script'\n[[workload.region]]\nname = 'r'\npages = 1\n" +
                      region + "[[workload.task]]\nname = 'a'\ncpu = 0\n" + first +
                      "[[workload.task]]\nname = 'b'\ncpu = 1\n" + second);
}

const std::string file = "kind = 'file_shared'\n";
const std::string loaded = "warmup = ['load r']\n";

config::Values refault() {
  return system(file, "mm = 1\nops = ['unmap_mapping r']\n", loaded + "ops = ['store r']\n");
}

/// The first steps of all moves of all states.
std::map<std::string, std::size_t> first_steps(const config::Values& values) {
  std::map<std::string, std::size_t> steps;
  visit_moves(values, [&](Cursor& cursor, const Move& move) {
    if (const Label* label = cursor.info(move).label) ++steps[std::string(label->name())];
  });
  return steps;
}

void check_all_is_seen(const config::Values& values) {
  SearchWay every_step;
  every_step.cursor = CursorOptions::plain();
  const SearchResult all = exhaust(values, every_step);
  for (const Engine engine : {Engine::dfs, Engine::bfs}) {
    SearchWay way;
    way.engine = engine;
    const SearchResult few = exhaust(values, way);
    CHECK(few.end == SearchEnd::complete);
    CHECK(few.final_states == all.final_states);
    CHECK(few.counterexamples.size() == all.counterexamples.size());
    CHECK(few.states * 4 < all.states);
  }
}

}  // namespace

TEST_CASE("References to a page of a file come and go unnoticed: the file's own is left") {
  if (searching_takes_too_long()) return;
  auto steps = first_steps(refault());
  CHECK(steps["page.put"] == 0);
  CHECK(steps["page_cache.get"] == 0);
  check_all_is_seen(refault());
}

TEST_CASE("Who drops the last reference is told: a page that is given back while another thread has pinned it") {
  if (searching_takes_too_long()) return;
  const config::Values values = system("", "warmup = ['store r']\nops = ['dontneed r']\n", "ops = ['gup r']\n");
  CHECK(first_steps(values)["page.put"] > 0);
  check_all_is_seen(values);
}

TEST_CASE("A return to user mode is no move, unless its call answers for what others may still do") {
  if (searching_takes_too_long()) return;
  auto steps = first_steps(refault());
  CHECK(steps["ppc64.hash.return"] == 0);
  CHECK(steps["fault.return_to_user"] == 0);
  CHECK(steps["syscall.return_to_user"] == 0);
  const std::string twice = loaded + "ops = ['dontneed r']\n";
  // Flushed when the lock has been given back: the other call finds the page gone and its flush pending.
  const config::Values both = system("", twice, twice, "ppc64-2.6.20");
  CHECK(first_steps(both)["syscall.return_to_user"] > 0);
  check_all_is_seen(both);
}

TEST_CASE("Who finds nothing in the hash table enters the kernel in the same move") {
  if (searching_takes_too_long()) return;
  auto steps = first_steps(refault());
  CHECK(steps["ppc64.walk_primary"] > 0);
  CHECK(steps["ppc64.dsi"] == 0);
}
