// SPDX-License-Identifier: MIT
#include "sim/lab/selection.h"

#include <algorithm>

#include "models/invariants/register.h"
#include "sim/config/diagnostic.h"
#include "sim/config/nearest.h"

namespace mmulab::lab {

void select_checks(Checker& checker, const config::Values& values, const Ledger& ledger) {
  const bool all = !values.contains("invariants");
  std::vector<std::string> wanted, known;
  if (!all) wanted = values.texts("invariants");
  for (auto& invariant : make_invariants(ledger)) {
    const std::string name = invariant->name();
    known.push_back(name);
    const bool named = std::find(wanted.begin(), wanted.end(), name) != wanted.end();
    if (all || named) checker.add(std::move(invariant), named ? Selection::named : Selection::by_default);
  }
  for (const std::string& name : wanted)
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw config::Error(config::diagnose(values.position("invariants"), "there is no invariant `" + name + "`",
                                           config::suggestion(name, known)));
  if (values.contains("goals")) {
    std::vector<std::string> goal_names;
    const auto& goals = values.texts("goals");
    for (auto& goal : make_goals(ledger)) {
      goal_names.push_back(goal->name());
      if (std::find(goals.begin(), goals.end(), goal->name()) != goals.end())
        checker.add_goal(std::move(goal), Selection::named);
    }
    for (const std::string& name : goals)
      if (std::find(goal_names.begin(), goal_names.end(), name) == goal_names.end())
        throw config::Error(config::diagnose(values.position("goals"), "there is no goal `" + name + "`",
                                             config::suggestion(name, goal_names)));
  }
  for (const config::Values& e : values.tables("expect"))
    checker.expect(
        {e.text("invariant"), e.contains("class") ? e.text("class") : "", e.contains("why") ? e.text("why") : ""});
  const auto unknown = checker.unknown_expectations();
  if (!unknown.empty())
    throw config::Error(config::diagnose(values.tables("expect").front().position("invariant"),
                                         "there is no selected invariant `" + unknown.front() + "`",
                                         config::suggestion(unknown.front(), known)));
}

}  // namespace mmulab::lab
