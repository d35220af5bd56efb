// SPDX-License-Identifier: MIT
#include "sim/archive/tidy_rows.h"

#include <algorithm>
#include <map>
#include <ostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/archive/metrics.h"
#include "sim/units/assert.h"

namespace mmulab::archive {
namespace {

using Json = nlohmann::json;

/// A field's text, and whether it is a number: which JSON tells apart.
struct Field {
  std::string text;
  bool is_number = false;
  bool is_null = false;
};

/// RFC 4180.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string json_text(const std::string& text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

class Lines {
 public:
  Lines(std::ostream& out, Format format, std::vector<std::string> names)
      : out_(out), format_(format), names_(std::move(names)) {
    if (format_ != Format::csv) return;
    for (std::size_t i = 0; i < names_.size(); ++i) out_ << (i == 0 ? "" : ",") << csv_field(names_[i]);
    out_ << '\n';
  }
  /// The part that a run's rows have in common, once.
  [[nodiscard]] std::string text_of(const std::vector<Field>& fields, std::size_t first) const {
    std::string text;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const Field& f = fields[i];
      if (first + i != 0) text += ",";
      if (format_ == Format::csv) text += f.is_null ? "" : csv_field(f.text);
      else text += json_text(names_[first + i]) + ":" + (f.is_null ? "null" : f.is_number ? f.text : json_text(f.text));
    }
    return text;
  }
  void write(const std::string& common, const std::string& own) {
    if (format_ == Format::csv) out_ << common << own << '\n';
    else out_ << '{' << common << own << "}\n";
    ++written_;
  }
  [[nodiscard]] std::size_t written() const { return written_; }

 private:
  std::ostream& out_;
  Format format_;
  std::vector<std::string> names_;
  std::size_t written_ = 0;
};

/// Integers as they are, means with as many digits as give the same number again.
Field field_of(const Statement& row, int column) {
  if (row.is_null(column)) return {"", false, true};
  if (row.is_integer(column)) return {std::to_string(row.integer(column)), true, false};
  if (row.is_real(column)) return {fmt::format("{}", row.real(column)), true, false};
  return {row.text(column), false, false};
}

std::vector<Field> fields_of(const Statement& row, int first, std::size_t count) {
  std::vector<Field> fields;
  for (std::size_t i = 0; i < count; ++i) fields.push_back(field_of(row, first + static_cast<int>(i)));
  return fields;
}

std::map<std::string, std::string> parameters_of(Statement& find, std::int64_t run) {
  std::map<std::string, std::string> parameters;
  find.bind(1, run);
  while (find.step()) parameters[find.text(0)] = find.text(1);
  return parameters;
}

/// Of the table `runs`; what was varied under one of these names goes before it.
std::vector<std::string> run_columns(const std::vector<std::string>& parameters) {
  std::vector<std::string> columns = {"hash",  "version", "verb",   "status",   "verdict",  "config_hash",
                                      "title", "machine", "kernel", "strategy", "workload", "seed"};
  const auto varied = [&](const std::string& name) {
    return std::find(parameters.begin(), parameters.end(), name) != parameters.end();
  };
  columns.erase(std::remove_if(columns.begin(), columns.end(), varied), columns.end());
  return columns;
}

/// What is exported of a run: columns, and the one that they are ordered by. None is named as one of `runs` is.
struct TidyTable {
  const char* name;
  std::vector<std::string> columns;
  const char* select;
};

const std::vector<TidyTable>& tables() {
  static const std::vector<TidyTable> all = {
      {"observations", {"metric", "unit", "value"},
       "SELECT metric, unit, value FROM observations WHERE run = ? ORDER BY metric"},
      {"violations", {"number", "invariant", "class", "expected", "cycle", "cpu", "task", "mm", "va", "message"},
       "SELECT number, invariant, class, expected, cycle, cpu, task, mm, va, message FROM violations WHERE run = ?"},
      {"checks", {"invariant", "outcome", "exercised"},
       "SELECT invariant, status, exercised FROM checks WHERE run = ?"},
      {"goals", {"goal", "reached", "vacuous"}, "SELECT goal, reached, vacuous FROM goals WHERE run = ?"},
      {"assumptions", {"number", "assumption"}, "SELECT number, assumption FROM assumptions WHERE run = ?"}};
  return all;
}

const TidyTable& table_named(const std::string& name) {
  const auto found = std::find_if(tables().begin(), tables().end(), [&](const TidyTable& t) { return name == t.name; });
  MMULAB_ASSERT(found != tables().end(), "the command line knows the tables");
  return *found;
}

std::string select_runs(const std::vector<std::string>& columns) {
  std::string list = "id";
  for (const auto& name : columns) list += ", " + name;
  return "SELECT " + list + " FROM runs ORDER BY id";
}

}  // namespace

std::vector<std::string> tidy_tables() {
  std::vector<std::string> names;
  for (const TidyTable& table : tables()) names.emplace_back(table.name);
  return names;
}

std::vector<std::string> parameter_names(Database& archive) {
  std::vector<std::string> names;
  Statement find(archive, "SELECT DISTINCT name FROM parameters ORDER BY name");
  while (find.step()) names.push_back(find.text(0));
  return names;
}

std::size_t write_rows(Database& archive, const ExportOptions& options, std::ostream& out) {
  const TidyTable& table = table_named(options.table);
  const bool observes = &table == &tables().front();
  if (!options.metrics.empty()) require_metrics(options.metrics, metric_names(archive));
  const auto parameters = parameter_names(archive);
  const auto columns = run_columns(parameters);
  std::vector<std::string> names = columns;
  names.insert(names.end(), parameters.begin(), parameters.end());
  const std::size_t common_count = names.size();
  names.insert(names.end(), table.columns.begin(), table.columns.end());
  Lines lines(out, options.format, names);
  Statement runs(archive, select_runs(columns));
  Statement varied(archive, "SELECT name, value FROM parameters WHERE run = ?");
  Statement rows(archive, table.select);
  while (runs.step()) {
    std::vector<Field> fields = fields_of(runs, 1, columns.size());
    const auto values = parameters_of(varied, runs.integer(0));
    for (const auto& name : parameters) {
      const auto found = values.find(name);
      fields.push_back(found == values.end() ? Field{"", false, true} : Field{found->second, false, false});
    }
    const std::string common = lines.text_of(fields, 0);
    bool any = false;
    rows.bind(1, runs.integer(0));
    while (rows.step()) {
      any = true;
      const auto own = fields_of(rows, 0, table.columns.size());
      if (!observes || fits(own.front().text, options.metrics)) lines.write(common, lines.text_of(own, common_count));
    }
    const std::vector<Field> none(table.columns.size(), {"", false, true});
    if (!any && observes) lines.write(common, lines.text_of(none, common_count));
  }
  return lines.written();
}

}  // namespace mmulab::archive
