// SPDX-License-Identifier: MIT
#include "sim/cli/topics.h"

#include <sstream>

#include "models/invariants/register.h"
#include "sim/config/load.h"
#include "sim/lab/architecture.h"

namespace mmulab::cli {
namespace {

/// The first sentence of the comment that a file begins with, or the first paragraph if that has no full stop.
std::string first_remark(const std::string& text) {
  std::string remark;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line) && !line.empty() && line.front() == '#';) {
    const auto from = line.find_first_not_of("# ");
    if (from == std::string::npos) break;
    remark += (remark.empty() ? "" : " ") + line.substr(from);
  }
  if (const auto stop = remark.find(". "); stop != std::string::npos) remark.resize(stop + 1);
  return remark;
}

std::string remark_of(const config::SearchPath& search, const std::string& folder, const std::string& name) {
  try {
    const auto file = search.find(folder, name);
    return file ? first_remark(config::read_source(*file)->text) : "";
  } catch (const config::Error&) {
    return "(cannot be read)";
  }
}

std::function<std::vector<Item>(const config::Schema&)> files_in(std::string folder) {
  return [folder](const config::Schema& schema) {
    const auto search = config::SearchPath::standard();
    std::vector<Item> items;
    for (const auto& name : search.names(folder)) items.push_back({name, remark_of(search, folder, name)});
    for (const auto& [name, text] : schema.built_in_presets(folder))
      items.push_back({name, first_remark(text)});
    return items;
  };
}

std::vector<Item> keys(const config::Schema& schema) {
  std::vector<Item> items;
  for (const auto& path : schema.paths())
    if (const auto* key = schema.find_key(path)) items.push_back({path, key->help});
  return items;
}

std::vector<Item> invariants(const config::Schema&) {
  std::vector<Item> items;
  for (const auto& invariant : make_invariants(LedgerConfig{}))
    items.push_back({invariant->text().name, invariant->text().help});
  return items;
}

std::vector<Item> goals(const config::Schema&) {
  std::vector<Item> items;
  for (const auto& goal : make_goals(LedgerConfig{})) items.push_back({goal->name(), goal->help()});
  return items;
}

std::vector<Item> architectures(const config::Schema&) {
  std::vector<Item> items;
  for (const auto* entry : lab::architectures().entries()) items.push_back({entry->name, entry->help});
  return items;
}

}  // namespace

const std::vector<Topic>& topics() {
  static const std::vector<Topic> table = {
      {"machines", "Presets of simulated hardware", files_in("machines")},
      {"kernels", "Presets of kernels", files_in("kernels")},
      {"strategies", "Presets of gather strategies", files_in("strategies")},
      {"workloads", "Presets of workloads", files_in("workloads")},
      {"scenarios", "Shipped configurations that can be run", files_in("scenarios")},
      {"sweeps", "Shipped plans for `mmulab sweep`", files_in("sweeps")},
      {"invariants", "What can be checked", invariants},
      {"goals", "What a scenario can demand to be possible (`sometimes`)", goals},
      {"architectures", "Architectures of machines", architectures},
      {"keys", "Every key of a configuration", keys},
  };
  return table;
}

}  // namespace mmulab::cli
