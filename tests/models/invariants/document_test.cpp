// SPDX-License-Identifier: MIT
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "models/invariants/register.h"
#include "tests/support/catch.h"

namespace mmulab {
namespace {

TEST_CASE("docs/invariants.md is what the invariants say of themselves") {
  const std::string path = std::string(MMULAB_SOURCE_DIR) + "/docs/invariants.md";
  if (const char* update = std::getenv("UPDATE_SNAPSHOTS"); update != nullptr && std::string(update) == "1")
    std::ofstream(path) << invariants_document();
  std::ifstream file(path);
  std::stringstream committed;
  committed << file.rdbuf();
  CHECK(committed.str() == invariants_document());
}

TEST_CASE("Every row of the table is there once, with all its texts") {
  std::set<std::string> names;
  for (const auto& invariant : make_invariants(LedgerConfig{})) {
    const InvariantText& t = invariant->text();
    names.insert(t.name);
    for (const char* line : {t.help, t.evaluated_at, t.statement, t.classes, t.applies_to})
      CHECK(std::string(line) != "");
  }
  CHECK(names == std::set<std::string>{"no-duplicate-hpte", "hpt-tracked", "no-stale-frame", "no-stale-right",
                                       "pte-within-vma", "copy-isolation", "dirty-kept", "table-alive", "tag-unique",
                                       "post-condition", "one-view", "one-size", "no-irqs-off-wait",
                                       "batch-empty-at-unlock", "context-clean-at-free", "lock-order",
                                       "no-deadlock", "no-leak"});
}

TEST_CASE("What a machine does not have does not apply to it") {
  LedgerConfig config;
  config.hash_table = true;
  for (const auto& invariant : make_invariants(config)) {
    if (invariant->name() == "hpt-tracked") CHECK(invariant->applicable());
    if (invariant->name() == "table-alive") CHECK_FALSE(invariant->applicable());
    if (invariant->name() == "batch-empty-at-unlock") CHECK_FALSE(invariant->applicable());
  }
}

}  // namespace
}  // namespace mmulab
