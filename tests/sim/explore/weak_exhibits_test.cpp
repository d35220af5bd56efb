// SPDX-License-Identifier: MIT
// Exhibits that need a weak memory need it: with every store visible at once nothing is wrong. What a verdict says of
// memory, and of machines that are weaker.
#include <algorithm>

#include "sim/config/diagnostic.h"
#include "sim/config/load.h"
#include "sim/lab/check.h"
#include "sim/lab/schema.h"
#include "tests/sim/explore/small_systems.h"
#include "tests/support/catch.h"
#include "tests/support/patience.h"

using namespace mmulab;
using namespace mmulab::test;

namespace {

config::Values exhibit(const std::string& name, const config::Overrides& overrides) {
  return config::load_file(lab::schema(), MMULAB_SOURCE_DIR "/configs/bugs/" + name + "/broken.toml", overrides);
}

void check_clean(const std::string& name, const config::Overrides& overrides) {
  if (searching_takes_too_long()) return;
  INFO(name << (overrides.empty() ? "" : " " + overrides.front()));
  const SearchResult result = find(exhibit(name, overrides), SearchWay{});
  CHECK(result.end == SearchEnd::complete);
  CHECK(result.counterexamples.empty());
  CHECK(result.states > 200);
}

/// What a check that is cut after a few states assumes.
std::vector<std::string> assumptions(const std::string& machine, const std::string& memory) {
  const config::Values values = small_system("machine = '" + machine + "'\nkernel = 'modern'\nstrategy = 'per-pte'\n" +
                                             "[check]\nmemory = '" + memory + "'\nengine = 'dfs'\nstates_max = 10\n" +
                                             heap_script(1, {"ops = ['load heap']"}));
  return lab::check(values, "small.toml", lab::CheckControl{}).subject.assumptions;
}

bool says(const std::vector<std::string>& list, const std::string& text) {
  return std::any_of(list.begin(), list.end(), [&](const std::string& a) { return a.find(text) != std::string::npos; });
}

}  // namespace

TEST_CASE("Without the barrier nothing is wrong as long as every store is visible at once") {
  for (const char* name : {"e15-pending-barrier", "e25-lazy-return", "e29d-tlbi-barrier"})
    check_clean(name, {"check.memory=sc"});
}

TEST_CASE("The flag's barrier is needed only where stores change places, and only by who looks without the lock") {
  check_clean("e15-pending-barrier", {"check.memory=tso"});
  check_clean("e15-pending-barrier", {"kernel.pending_read=locked"});
}

TEST_CASE("A grace period does not begin before it is known for whom it waits") {
  if (!Fiber::can_restore()) return;
  const char* const file = MMULAB_SOURCE_DIR "/configs/bugs/gup-fast-broadcast/fixed.toml";
  for (const char* memory : {"tso", "pso"}) {
    INFO(memory);
    const std::string model = std::string("check.memory=") + memory;
    const SearchResult result = find(config::load_file(lab::schema(), file, {model}), SearchWay{});
    CHECK(result.end == SearchEnd::complete);
    CHECK(result.counterexamples.empty());
  }
}

TEST_CASE("A verdict names its memory model, and says if the machine is weaker") {
  for (const char* memory : {"sc", "tso", "pso"}) {
    INFO(memory);
    const bool sc = std::string(memory) == "sc";
    const auto x86 = assumptions("x86-tiny", memory);
    CHECK(says(x86, std::string("memory model: ") + memory));
    CHECK(says(x86, "x86 is weaker") == sc);
    CHECK(says(assumptions("sparc64-tiny", memory), "sparc64 is weaker") == sc);
    CHECK(says(assumptions("ppc64-tiny", memory), "ppc64 is weaker"));
    CHECK(says(assumptions("tagged-tiny", memory), "tagged is weaker"));
    CHECK(says(x86, "a store buffer holds 8 stores") == !sc);
  }
}
