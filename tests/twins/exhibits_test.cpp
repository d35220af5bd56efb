// SPDX-License-Identifier: MIT
// Exhibits, each a broken and a fixed file that differ in one key: random walks catch what the broken one expects, and
// nothing in the fixed one. A walk is no proof; that is what `check` is for.
#include "sim/config/load.h"
#include "sim/lab/schema.h"
#include "tests/support/catch.h"
#include "tests/twins/random_walk.h"

using namespace mmulab;

namespace {

struct Exhibit {
  const char* name;
  const char* invariant;
  const char* class_id;
};

const Exhibit exhibits[] = {
    {"e17a-dontneed-race", "post-condition", "found-pending"},
    {"e22-threaded-cow", "one-view", "behind"},
};

struct Tally {
  std::map<std::pair<std::string, std::string>, unsigned> violated;
  unsigned violating = 0;
  unsigned finished = 0;
  std::uint64_t exercised = 0;
};

Tally walk(const Exhibit& exhibit, const char* variant, unsigned walks) {
  const config::Schema schema = lab::schema();
  const std::string file = std::string(MMULAB_SOURCE_DIR "/configs/bugs/") + exhibit.name + "/" + variant + ".toml";
  const config::Values values = config::load_file(schema, file, {});
  Tally tally;
  for (std::uint64_t seed = 1; seed <= walks; ++seed) {
    const test::WalkResult result = test::RandomWalk(values).run(seed, 100'000);
    for (const auto& pair : result.violated) ++tally.violated[pair];
    tally.violating += result.violated.empty() ? 0U : 1U;
    tally.finished += result.finished ? 1U : 0U;
    tally.exercised += result.exercised.at(exhibit.invariant);
  }
  return tally;
}

}  // namespace

TEST_CASE("Random walks catch the broken variant of each exhibit, and nothing in the fixed one") {
  constexpr unsigned walks = 2000;
  for (const Exhibit& exhibit : exhibits) {
    INFO(exhibit.name);
    const Tally broken = walk(exhibit, "broken", walks);
    const Tally fixed = walk(exhibit, "fixed", walks);
    const auto caught = broken.violated.find({exhibit.invariant, exhibit.class_id});
    CHECK(caught != broken.violated.end());
    CHECK(broken.violated.size() == 1);
    CHECK(fixed.violating == 0);
    CHECK(fixed.finished == walks);
    CHECK(fixed.exercised > 0);
  }
}
