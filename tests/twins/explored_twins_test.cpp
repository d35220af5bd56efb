// SPDX-License-Identifier: MIT
// Twins whose race is too narrow for timing: the faulty one is caught by some of the random walks, the clean one, which
// differs in one key, by none. A walk is no proof; that is what `check` is for.
#include <algorithm>

#include "sim/config/load.h"
#include "sim/lab/schema.h"
#include "tests/support/catch.h"
#include "tests/support/patience.h"
#include "tests/twins/random_walk.h"

using namespace mmulab;

namespace {

struct Twin {
  const char* invariant;
  const char* class_id;
  const char* scenario;
  const char* key;
  const char* faulty;
  const char* clean;
};

const Twin twins[] = {
    {"no-duplicate-hpte", "D1", "scenarios/ppc64-refault-small.toml", "strategy", "ppc64-2.6.20", "ppc64-2.6.22"},
    {"post-condition", "own", "bugs/sparc64-pte-unchecked.toml", "kernel.sparc64.check_pte_under_tsb_lock",
     "false", "true"},
    {"post-condition", "own", "bugs/sparc64-growth-unflushed.toml", "kernel.sparc64.flush_replaced_tsb", "false",
     "true"},
    {"no-stale-frame", "freed", "bugs/x86-gen-read-early.toml", "kernel.x86.gen_before_mask", "true", "false"},
    {"table-alive", "cached", "bugs/x86-mask-cleared-early.toml", "kernel.x86.clear_mask_first", "true", "false"},
};

/// Of configs/bugs/NAME: broken.toml and fixed.toml, which differ in one key.
struct Exhibit {
  const char* name;
  std::set<std::pair<std::string, std::string>> violated;  ///< by broken.toml, which expects this
  /// Expected, too, but too many switches away for a random walk (schedule_test.cpp), or often silent in one.
  std::set<std::pair<std::string, std::string>> rarely;
};

const Exhibit exhibits[] = {
    {"e01-batch-past-unlock", {{"no-duplicate-hpte", "D1"}}, {}},
    {"e02-huge-hash", {{"hpt-tracked", "absent"}, {"context-clean-at-free", "hpte"}, {"no-leak", "hpte"}}, {}},
    {"e03-demote",
     {{"no-duplicate-hpte", "D2"},
      {"hpt-tracked", "untracked"},
      {"context-clean-at-free", "hpte"},
      {"no-leak", "hpte"}},
     {{"one-size", "overlap"}, {"post-condition", "own"}, {"no-stale-frame", "freed"}}},
    {"e03b-demote-in-flight",
     {{"no-duplicate-hpte", "D2"},
      {"hpt-tracked", "untracked"},
      {"context-clean-at-free", "hpte"},
      {"no-leak", "hpte"}},
     {}},
    {"e04-posted-batch", {{"post-condition", "own"}}, {{"no-stale-frame", "freed"}, {"one-view", "behind"}}},
    {"e05-tsb-after-tlb", {}, {{"post-condition", "own"}, {"no-stale-frame", "freed"}}},
    {"e06-zap-mkclean", {{"dirty-kept", "lost"}}, {}},
    {"e06-rmap-removed-early", {{"dirty-kept", "lost"}}, {}},
    {"e06-mkclean-unlocked", {{"dirty-kept", "lost"}}, {}},
    {"e07-mremap-mkclean", {{"post-condition", "moved"}}, {{"dirty-kept", "lost"}}},
    {"e08-mremap-truncate", {{"post-condition", "moved"}}, {{"no-stale-frame", "freed"}}},
    {"e09-mremap-table-move", {}, {{"no-stale-frame", "freed"}}},
    {"e11-pfnmap-revoke", {{"post-condition", "own"}, {"no-stale-frame", "freed"}}, {}},
    {"e12-unshare", {{"table-alive", "cached"}, {"post-condition", "own"}}, {}},
    {"e12b-unshare-lazy", {{"table-alive", "cached"}}, {}},
    {"e13-unshare-gup", {{"table-alive", "walked"}}, {}},
    {"e20b-clear-refs-young", {}, {{"no-stale-right", "write"}}},
    {"e23-table-batch", {{"table-alive", "cached"}}, {}},
    {"e23a-single-user", {{"table-alive", "cached"}}, {}},
    {"gup-fast-broadcast", {{"table-alive", "walked"}}, {}},
};

struct Tally {
  unsigned made = 0;
  unsigned caught = 0;
  unsigned violating = 0;
  unsigned finished = 0;
  std::uint64_t exercised = 0;
};

config::Values load(const std::string& file, const config::Overrides& overrides) {
  return config::load_file(lab::schema(), MMULAB_SOURCE_DIR "/configs/" + file, overrides);
}

/// `walks` of them, or fewer if as many as `enough` catch the fault.
Tally walk(const Twin& twin, const char* value, unsigned walks, unsigned enough) {
  const config::Values values = load(twin.scenario, {std::string(twin.key) + "=" + value});
  Tally tally;
  while (tally.made < walks && tally.caught < enough) {
    const test::WalkResult result = test::RandomWalk(values).run(++tally.made, 100'000);
    tally.caught += result.violated.count({twin.invariant, twin.class_id}) != 0 ? 1U : 0U;
    tally.violating += result.violated.empty() ? 0U : 1U;
    tally.finished += result.finished ? 1U : 0U;
    tally.exercised += result.exercised.at(twin.invariant);
  }
  return tally;
}

}  // namespace

TEST_CASE("What timing cannot reach, random walks do, with the fault and not without it") {
  constexpr unsigned walks = 2000;
  const unsigned clean_walks = test::repetitions(walks, 100U);
  for (const Twin& twin : twins) {
    INFO(twin.scenario << ", " << twin.key);
    const Tally faulty = walk(twin, twin.faulty, walks, test::repetitions(walks, 1U));
    const Tally clean = walk(twin, twin.clean, clean_walks, clean_walks);
    INFO(twin.invariant << ": caught by " << faulty.caught << " of " << faulty.made << " walks, of which "
                        << faulty.finished << " ended; clean twin: " << clean.violating << " violating, "
                        << clean.finished << " ended");
    CHECK(faulty.caught > 0);
    CHECK(clean.violating == 0);
    CHECK(clean.finished == clean_walks);
    CHECK(clean.exercised > 0);
  }
}

/// What walks of the file violate: until all of `wanted` has been seen, or for `walks` walks.
std::set<std::pair<std::string, std::string>> found_in(const std::string& file, const Exhibit& exhibit, unsigned walks,
                                                       bool wanted) {
  const config::Values values = load(file, {});
  std::set<std::pair<std::string, std::string>> found;
  std::map<std::string, std::uint64_t> exercised;
  unsigned finished = 0, made = 0;
  const auto& violated = exhibit.violated;
  while (made < walks && !(wanted && std::includes(found.begin(), found.end(), violated.begin(), violated.end()))) {
    const test::WalkResult result = test::RandomWalk(values).run(++made, 100'000);
    found.insert(result.violated.begin(), result.violated.end());
    for (const auto& [name, times] : result.exercised) exercised[name] += times;
    finished += result.finished ? 1U : 0U;
  }
  INFO(file << ": " << made << " walks, of which " << finished << " ended");
  CHECK(finished == made);
  for (const auto& [invariant, class_id] : exhibit.violated) CHECK(exercised[invariant] > 0);
  return found;
}

TEST_CASE("Random walks find in each broken exhibit what it is there for, and nothing in the fixed one") {
  for (const Exhibit& exhibit : exhibits) {
    INFO(exhibit.name);
    const std::string folder = std::string("bugs/") + exhibit.name;
    auto found = found_in(folder + "/broken.toml", exhibit, 40'000, true);
    for (const auto& rare : exhibit.rarely) found.erase(rare);
    for (const auto& [invariant, class_id] : found) UNSCOPED_INFO("found " << invariant << " " << class_id);
    CHECK(found == exhibit.violated);
    CHECK(found_in(folder + "/fixed.toml", exhibit, test::repetitions(2000U, 100U), false).empty());
  }
}
