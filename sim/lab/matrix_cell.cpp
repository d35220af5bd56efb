// SPDX-License-Identifier: MIT
// One cell: explored in a process of its own, and told to the one that asked for it.
#include <algorithm>
#include <sstream>
#include <tuple>

#include "models/machine/config.h"
#include "sim/lab/check.h"
#include "sim/lab/matrix.h"

namespace mmulab::lab {
namespace {

constexpr const char* last_line = "whole";

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : "\t") + name;
  return text;
}

std::vector<std::string> parted(const std::string& text) {
  std::vector<std::string> names;
  std::istringstream in(text);
  for (std::string name; std::getline(in, name, '\t');) names.push_back(name);
  return names;
}

std::uint64_t pages_of(const config::Values& values) {
  std::uint64_t pages = 0;
  for (const auto& region : values.tables("workload.region")) pages += region.integer("pages");
  return pages;
}

}  // namespace

CellVerdict explore_cell(const config::Values& values, const std::string& name, const std::atomic<bool>* interrupt) {
  CheckControl control;
  control.all_classes = true;
  control.shrinks = false;
  control.interrupt = interrupt;
  const CheckResult result = check(values, name, control);
  CellVerdict cell;
  cell.verdict = result.verdict;
  const SearchResult& search = result.engines.back().result;
  if (search.end != SearchEnd::complete) cell.end = name_of(search.end);
  cell.states = search.states;
  cell.transitions = search.transitions;
  cell.depth = search.depth;
  cell.cpus = topology(values).cpus();
  cell.pages = pages_of(values);
  cell.memory_model = result.memory_model;
  cell.agents = result.agents;
  for (const auto& c : result.counterexamples)
    cell.classes.push_back({c.violation.invariant, c.violation.class_id, ""});
  std::sort(cell.classes.begin(), cell.classes.end(), [](const auto& a, const auto& b) {
    return std::tie(a.invariant, a.class_id) < std::tie(b.invariant, b.class_id);
  });
  return cell;
}

std::string encode(const CellVerdict& v) {
  std::ostringstream out;
  out << static_cast<unsigned>(v.verdict) << ' ' << v.states << ' ' << v.transitions << ' ' << v.depth << ' ' << v.cpus
      << ' ' << v.pages << '\n' << v.end << '\n' << v.memory_model << '\n' << joined(v.agents) << '\n';
  for (const auto& c : v.classes) out << c.invariant << '\t' << c.class_id << '\n';
  out << last_line << '\n';
  return out.str();
}

std::optional<CellVerdict> decode_cell(const std::string& text) {
  std::istringstream in(text);
  CellVerdict v;
  unsigned verdict = 0;
  std::string line;
  if (!(in >> verdict >> v.states >> v.transitions >> v.depth >> v.cpus >> v.pages)) return std::nullopt;
  v.verdict = static_cast<CheckVerdict>(verdict);
  std::getline(in, line);
  std::getline(in, v.end);
  std::getline(in, v.memory_model);
  std::getline(in, line);
  v.agents = parted(line);
  while (std::getline(in, line)) {
    if (line == last_line) return v;
    const auto parts = parted(line);
    if (parts.size() != 2) return std::nullopt;
    v.classes.push_back({parts[0], parts[1], ""});
  }
  return std::nullopt;
}

}  // namespace mmulab::lab
