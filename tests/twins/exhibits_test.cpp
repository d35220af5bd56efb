// SPDX-License-Identifier: MIT
// Exhibits, each a broken and a fixed file that differ in one key: random walks catch what the broken one expects, and
// nothing in the fixed one. A walk is no proof; that is what `check` is for.
#include <algorithm>
#include <cstdlib>

#include "sim/config/load.h"
#include "sim/lab/schema.h"
#include "tests/support/catch.h"
#include "tests/support/patience.h"
#include "tests/twins/random_walk.h"

using namespace mmulab;

namespace {

struct Exhibit {
  const char* name;
  const char* invariant;
  const char* class_id;
  unsigned walks = 2000;
  /// For what takes too many switches to be met by chance: how the schedule begins, in both variants.
  std::vector<test::Turn> beginning{};
};

const Exhibit exhibits[] = {
    {"e14-numa-migrate", "copy-isolation", "after"},
    {"e15b-pending-bool", "copy-isolation", "during", 2000,
     {{0, "ptl.unlock"}, {2, "syscall.return_to_user"}, {1, "fault.copy_begin"}}},
    {"e15c-pending-read-early", "copy-isolation", "during", 2000,
     {{1, "flush_pending.read"}, {0, "ptl.unlock"}, {1, "fault.copy_begin"}}},
    {"e16-reclaim-batch", "no-stale-right", "found-pending"},
    {"e16b-reclaim-flag", "post-condition", "found-pending", 2000,
     {{0, "reclaim.tell_mm"},
      {0, "swap.free"},
      {0, "ptl.unlock"},
      {1, "reclaim.ask_mm"},
      {1, "x86.flush.return"},
      {2, "x86.fill"},
      {0, "reclaim.tell_mm"},
      {0, "ptl.unlock"}}},
    {"e17a-dontneed-race", "post-condition", "found-pending"},
    {"e17b-madv-free", "dirty-kept", "lost"},
    {"e18-ksm", "copy-isolation", "during", 2000, {{1, "ptl.unlock"}, {2, "ptl.unlock"}, {3, "ksm.compare"}}},
    {"e20-clear-refs", "no-stale-right", "write", 200},
    {"e21-migrate-vma", "post-condition", "found-pending"},
    {"e22-threaded-cow", "one-view", "behind"},
    {"reclaim-frees-unflushed", "no-stale-frame", "freed"},
    {"reclaim-writes-unflushed", "dirty-kept", "lost"},
};

struct Tally {
  std::map<std::pair<std::string, std::string>, unsigned> violated;
  unsigned made = 0;
  unsigned violating = 0;
  unsigned finished = 0;
  std::uint64_t exercised = 0;
};

/// `walks` of them, or fewer if as many as `enough` show what the exhibit is for.
Tally walk(const Exhibit& exhibit, const config::Values& values, bool with_beginning, unsigned walks, unsigned enough) {
  Tally tally;
  const std::pair<std::string, std::string> wanted{exhibit.invariant, exhibit.class_id};
  while (tally.made < walks && tally.violated[wanted] < enough) {
    const test::WalkResult result = test::RandomWalk(values).run(
        ++tally.made, 100'000, with_beginning ? exhibit.beginning : std::vector<test::Turn>{});
    for (const auto& pair : result.violated) ++tally.violated[pair];
    tally.violating += result.violated.empty() ? 0U : 1U;
    tally.finished += result.finished ? 1U : 0U;
    tally.exercised += result.exercised.at(exhibit.invariant);
  }
  return tally;
}

config::Values load(const Exhibit& exhibit, const char* variant) {
  const config::Schema schema = lab::schema();
  const std::string file = std::string(MMULAB_SOURCE_DIR "/configs/bugs/") + exhibit.name + "/" + variant + ".toml";
  return config::load_file(schema, file, {});
}

}  // namespace

TEST_CASE("Random walks catch the broken variant of each exhibit, and nothing in the fixed one") {
  for (const Exhibit& exhibit : exhibits) {
    INFO(exhibit.name);
    const unsigned all = exhibit.walks;
    const Tally broken = walk(exhibit, load(exhibit, "broken"), true, all, test::repetitions(all, 1U));
    const unsigned caught = broken.violated.at({exhibit.invariant, exhibit.class_id});
    INFO("caught by " << caught << " of " << broken.made);
    CHECK(caught > 0);
    for (const bool with_beginning : {false, true}) {
      if (with_beginning && exhibit.beginning.empty()) continue;
      const unsigned walks = test::repetitions(all, std::min(all, 100U));
      const Tally fixed = walk(exhibit, load(exhibit, "fixed"), with_beginning, walks, walks);
      CHECK(fixed.violating == 0);
      CHECK(fixed.finished == walks);
      CHECK(fixed.exercised > 0);
    }
    if (std::getenv("MMULAB_TALLY") != nullptr)
      for (const auto& [pair, times] : broken.violated)
        WARN(exhibit.name << ": " << pair.first << " " << pair.second << " " << times << " of " << broken.made);
  }
}
