// SPDX-License-Identifier: MIT
#include "sim/lab/matrix.h"

#include <fnmatch.h>

#include <algorithm>
#include <filesystem>

#include "sim/config/diagnostic.h"
#include "sim/config/nearest.h"
#include "sim/lab/schema.h"

namespace mmulab::lab {
namespace {

config::Schema matrix_schema() {
  config::Schema s;
  auto top = s.section("");
  top.integer("states_max").default_to(400'000).range(1, INT64_MAX).help("Budget of states of a cell");
  auto architecture = s.tables("architecture", "A machine");
  architecture.text("name").required().help("What its cells are called");
  architecture.text("machine").required().help("Preset");
  architecture.texts("set").default_to_texts({}).help("Keys, as for --set");
  auto row = s.tables("row", "A strategy under a kernel");
  row.text("name").required().help("What its cells are called");
  row.text("strategy").required().help("Preset");
  row.text("kernel").required().help("Preset");
  row.text("what").required().help("What it is");
  row.texts("set").default_to_texts({}).help("Keys, as for --set");
  auto caller = s.tables("caller", "Who tears translations down, and who uses them meanwhile");
  caller.text("name").required().help("What its cells are called");
  caller.text("workload").required().help("Preset");
  caller.text("what").required().help("What happens");
  caller.texts("set").default_to_texts({}).help("Keys, as for --set");
  auto absent = s.tables("absent", "Combinations that no kernel has, though they could be run");
  absent.texts("rows").default_to_texts({}).help("Under these; none: all");
  absent.texts("kernels").default_to_texts({}).help("Under these; none: all");
  absent.texts("architectures").default_to_texts({}).help("On these; none: all");
  absent.texts("callers").default_to_texts({}).help("For these; none: all");
  absent.text("why").required().help("One sentence");
  return s;
}

config::Schema known_schema() {
  config::Schema s;
  auto known = s.tables("known", "A violation that is known");
  known.text("name").required().help("What reports call it");
  known.text("invariant").required().help("Which invariant");
  known.text("class").required().help("Which class of it");
  known.texts("rows").required().help("Under each of these rows");
  known.texts("architectures").required().help("On each of these");
  known.texts("callers").required().help("For each of these");
  known.text("why").required().help("One sentence");
  known.text("source").required().help("Where it is told");
  known.texts("cure").default_to_texts({}).help("Keys, as for --set, that take its cause away");
  return s;
}

/// The first folder of presets that has it.
std::string shipped(const std::string& name) {
  std::error_code failure;
  const auto standard = config::SearchPath::standard();
  for (const auto& folder : standard.folders())
    if (const auto file = std::filesystem::path(folder) / name; std::filesystem::exists(file, failure))
      return file.string();
  throw config::Error(config::diagnose({}, "there is no " + name + " among the shipped configurations", "name a file"));
}

bool listed(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

class Planner {
 public:
  explicit Planner(const MatrixOptions& options)
      : options_(options),
        file_(options.description.empty() ? shipped("matrix.toml") : options.description),
        search_(config::SearchPath::beside(file_)),
        description_(config::load_file(matrix_schema(), file_)),
        schema_(schema()) {}

  MatrixPlan operator()() {
    Matrix& matrix = plan_.matrix;
    matrix.states_max = options_.states_max.value_or(description_.integer("states_max"));
    read_known();
    for (const auto& row : description_.tables("row")) {
      known_preset(row, "strategy", "strategies");
      known_preset(row, "kernel", "kernels");
      matrix.rows.push_back({row.text("name"), row.text("strategy"), row.text("kernel"), row.text("what")});
    }
    for (const auto& caller : description_.tables("caller")) {
      known_preset(caller, "workload", "workloads");
      matrix.callers.push_back({caller.text("name"), caller.text("what")});
    }
    for (const auto& architecture : description_.tables("architecture")) {
      known_preset(architecture, "machine", "machines");
      matrix.architectures.push_back(architecture.text("name"));
      for (const auto& caller : description_.tables("caller"))
        for (const auto& row : description_.tables("row")) add(architecture, row, caller);
    }
    patterns_match();
    nothing_is_wrong_everywhere();
    return std::move(plan_);
  }

 private:
  void read_known();
  void listed_exist(const config::Values& known, const std::string& key, const std::string& section) const;
  void known_preset(const config::Values& table, const std::string& key, const std::string& folder) const;
  void add(const config::Values& architecture, const config::Values& row, const config::Values& caller);
  [[nodiscard]] std::optional<config::Values> load(MatrixCell& cell, const std::string& workload,
                                                   const config::Overrides& set);
  [[nodiscard]] std::string absence(const MatrixCell& cell) const;
  void patterns_match() const;
  void nothing_is_wrong_everywhere() const;

  const MatrixOptions& options_;
  std::string file_;
  config::SearchPath search_;
  config::Values description_;
  config::Schema schema_;
  MatrixPlan plan_;
  std::optional<config::Error> first_;
};

void Planner::read_known() {
  const auto folder = std::filesystem::path(file_).parent_path();
  const auto beside = folder / "known-violations.toml";
  std::error_code failure;
  const bool is_beside = std::filesystem::exists(beside, failure);
  const std::string file = is_beside ? beside.string() : shipped("known-violations.toml");
  const auto values = config::load_file(known_schema(), file);
  for (const auto& k : values.tables("known")) {
    if (is_beside) {
      listed_exist(k, "rows", "row");
      listed_exist(k, "architectures", "architecture");
      listed_exist(k, "callers", "caller");
    }
    plan_.matrix.known.push_back({k.text("name"), k.text("invariant"), k.text("class"), k.texts("rows"),
                                  k.texts("architectures"), k.texts("callers"), k.text("why"), k.text("source"),
                                  k.texts("cure")});
  }
}

/// A name that nothing has would be known of nothing, unnoticed.
void Planner::listed_exist(const config::Values& known, const std::string& key, const std::string& section) const {
  std::vector<std::string> names;
  for (const auto& table : description_.tables(section)) names.push_back(table.text("name"));
  for (const std::string& name : known.texts(key))
    if (!listed(names, name))
      throw config::Error(config::diagnose(known.position(key), "there is no " + section + " `" + name + "`",
                                           config::suggestion(name, names)));
}

void Planner::known_preset(const config::Values& table, const std::string& key, const std::string& folder) const {
  const std::string& name = table.text(key);
  if (search_.find(folder, name) || schema_.built_in_presets(folder).count(name) != 0) return;
  throw config::Error(config::diagnose(table.position(key), "there is no preset `" + name + "` in " + folder,
                                       config::suggestion(name, search_.names(folder))));
}

void Planner::add(const config::Values& architecture, const config::Values& row, const config::Values& caller) {
  MatrixCell cell{row.text("name"),          row.text("strategy"),     row.text("kernel"), architecture.text("name"),
                  architecture.text("machine"), caller.text("name"), CellOutcome::absent, "", {}};
  const std::string name = cell.name();
  const auto wanted = [&](const std::string& pattern) { return fnmatch(pattern.c_str(), name.c_str(), 0) == 0; };
  if (!options_.only.empty() && std::none_of(options_.only.begin(), options_.only.end(), wanted)) return;
  cell.reason = absence(cell);
  std::optional<config::Values> values;
  if (cell.reason.empty()) {
    config::Overrides set;
    for (const auto* table : {&architecture, &row, &caller})
      set.insert(set.end(), table->texts("set").begin(), table->texts("set").end());
    set.insert(set.end(), options_.overrides.begin(), options_.overrides.end());
    set.push_back("check.states_max=" + std::to_string(plan_.matrix.states_max));
    values = load(cell, caller.text("workload"), set);
  }
  plan_.matrix.cells.push_back(std::move(cell));
  plan_.values.push_back(std::move(values));
}

/// What the schema's rules refuse does not exist; a key that is wrong by itself is wrong for every cell.
std::optional<config::Values> Planner::load(MatrixCell& cell, const std::string& workload,
                                            const config::Overrides& set) {
  const std::string text = "machine = \"" + cell.machine + "\"\nkernel = \"" + cell.kernel + "\"\nstrategy = \"" +
                           cell.strategy + "\"\nworkload = \"" + workload + "\"\n";
  try {
    return config::load_text(schema_, cell.name(), text, set, search_);
  } catch (const config::Error& error) {
    if (!first_) first_ = error;
    cell.reason = error.problems().front().message;
    return std::nullopt;
  }
}

std::string Planner::absence(const MatrixCell& cell) const {
  for (const auto& a : description_.tables("absent"))
    if (listed(a.texts("rows"), cell.row) && listed(a.texts("kernels"), cell.kernel) &&
        listed(a.texts("architectures"), cell.architecture) && listed(a.texts("callers"), cell.caller))
      return a.text("why");
  return "";
}

void Planner::patterns_match() const {
  for (const std::string& pattern : options_.only) {
    const auto& cells = plan_.matrix.cells;
    if (std::none_of(cells.begin(), cells.end(), [&](const MatrixCell& cell) {
          return fnmatch(pattern.c_str(), cell.name().c_str(), 0) == 0;
        }))
      throw config::Error(config::diagnose({}, "no cell matches `" + pattern + "`",
                                           "a cell is called ROW/ARCHITECTURE/CALLER, like per-pte/x86/munmap"));
  }
}

void Planner::nothing_is_wrong_everywhere() const {
  const auto& values = plan_.values;
  if (first_ && std::none_of(values.begin(), values.end(), [](const auto& v) { return v.has_value(); }))
    throw config::Error(*first_);
}

}  // namespace

MatrixPlan plan_matrix(const MatrixOptions& options) { return Planner(options)(); }

}  // namespace mmulab::lab
