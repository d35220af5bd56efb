// SPDX-License-Identifier: MIT
// Exhibits whose full consequence no random walk reaches: the schedule of the history, step by step. The same schedule
// leads nowhere in the fixed twin, because somebody waits.
#include "sim/config/load.h"
#include "sim/lab/schema.h"
#include "tests/support/catch.h"
#include "tests/twins/schedule.h"

using namespace mmulab;

namespace {

constexpr std::uint32_t mover = 0, user = 1, other = 2;

config::Values load(const std::string& exhibit, bool broken) {
  return config::load_file(lab::schema(), MMULAB_SOURCE_DIR "/configs/bugs/" + exhibit +
                                              (broken ? "/broken.toml" : "/fixed.toml"), {});
}

/// The user has touched the page; the others stand before their calls.
void warm_up(test::Schedule& s) {
  while (s.step(mover)) {
  }
  s.run(other, "workload.barrier_wait");
  s.run(user, "workload.barrier_wait");
  s.run(mover, "syscall.enter");
  s.run(other, "syscall.enter");
}

/// The other one does all of its work between the unlock of mremap and the flush of the old place, which the user has
/// in its TLB.
test::WalkResult between_unlock_and_flush(const config::Values& values) {
  test::Schedule s(values);
  warm_up(s);
  s.run(user, "x86.access");
  s.run(mover, "mremap.read_pte");
  if (s.run(mover, "ptl.unlock")) s.step(mover);
  s.run(other, "syscall.return_to_user", {user, mover});
  s.step(user);
  return s.finish();
}

}  // namespace

TEST_CASE("E07: a store through the old place after a writeback that saw the new one is lost") {
  for (const bool broken : {true, false}) {
    const test::WalkResult result = between_unlock_and_flush(load("e07-mremap-mkclean", broken));
    CHECK(result.finished);
    CHECK(result.violated.count({"dirty-kept", "lost"}) == (broken ? 1 : 0));
    CHECK(result.violated.empty() != broken);
  }
}

TEST_CASE("E08: a page that truncation freed at its new place is in use at the old one") {
  for (const bool broken : {true, false}) {
    const test::WalkResult result = between_unlock_and_flush(load("e08-mremap-truncate", broken));
    CHECK(result.finished);
    CHECK(result.violated.count({"no-stale-frame", "freed"}) == (broken ? 1 : 0));
    CHECK(result.violated.empty() != broken);
  }
}

TEST_CASE("E09: reclaim has found the table, which moves, and the page is used at the new place") {
  for (const bool broken : {true, false}) {
    test::Schedule s(load("e09-mremap-table-move", broken));
    warm_up(s);
    s.run(mover, "mremap.read_entry");
    s.run(mover, "page_table_lock.lock");
    s.step(mover);
    const bool found = s.run(other, "rmap.check_pte") && s.run(other, "ptl.lock");
    CHECK(found == broken);
    s.run(mover, "page_table_lock.unlock", {user});
    s.run(user, "x86.access");
    s.step(mover);
    s.run(other, "syscall.return_to_user", {user, mover});
    s.step(user);
    const test::WalkResult result = s.finish();
    CHECK(result.finished);
    CHECK(result.violated.count({"no-stale-frame", "freed"}) == (broken ? 1 : 0));
    CHECK(result.violated.empty() != broken);
  }
}
