// SPDX-License-Identifier: MIT
#include "sim/archive/tidy_rows.h"

#include <algorithm>
#include <map>
#include <ostream>

#include <fmt/format.h>
#include <fnmatch.h>
#include <nlohmann/json.hpp>

#include "sim/config/diagnostic.h"

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

Field field_of(const Statement& row, int column) {
  if (row.is_null(column)) return {"", false, true};
  if (row.is_integer(column)) return {std::to_string(row.integer(column)), true, false};
  return {row.text(column), false, false};
}

/// Integers as they are, means with as many digits as give the same number again.
Field value_of(const Statement& row, int column) {
  if (row.is_integer(column)) return {std::to_string(row.integer(column)), true, false};
  return {fmt::format("{}", row.real(column)), true, false};
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

std::string select_runs(const std::vector<std::string>& columns) {
  std::string list = "id";
  for (const auto& name : columns) list += ", " + name;
  return "SELECT " + list + " FROM runs ORDER BY id";
}

}  // namespace

bool fits(const std::string& name, const std::vector<std::string>& patterns) {
  return patterns.empty() || std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
           return fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
         });
}

std::vector<std::string> parameter_names(Database& archive) {
  std::vector<std::string> names;
  Statement find(archive, "SELECT DISTINCT name FROM parameters ORDER BY name");
  while (find.step()) names.push_back(find.text(0));
  return names;
}

std::size_t write_rows(Database& archive, const ExportOptions& options, std::ostream& out) {
  const auto parameters = parameter_names(archive);
  const auto columns = run_columns(parameters);
  std::vector<std::string> names = columns;
  names.insert(names.end(), parameters.begin(), parameters.end());
  const std::size_t common_count = names.size();
  names.insert(names.end(), {"metric", "unit", "value"});
  Lines lines(out, options.format, names);
  Statement runs(archive, select_runs(columns));
  Statement varied(archive, "SELECT name, value FROM parameters WHERE run = ?");
  Statement observations(archive, "SELECT metric, unit, value FROM observations WHERE run = ? ORDER BY metric");
  while (runs.step()) {
    std::vector<Field> fields;
    for (int column = 1; column <= static_cast<int>(columns.size()); ++column)
      fields.push_back(field_of(runs, column));
    const auto values = parameters_of(varied, runs.integer(0));
    for (const auto& name : parameters) {
      const auto found = values.find(name);
      fields.push_back(found == values.end() ? Field{"", false, true} : Field{found->second, false, false});
    }
    const std::string common = lines.text_of(fields, 0);
    bool any = false;
    observations.bind(1, runs.integer(0));
    while (observations.step()) {
      any = true;
      const Field metric = field_of(observations, 0);
      if (!fits(metric.text, options.metrics)) continue;
      lines.write(common, lines.text_of({metric, field_of(observations, 1), value_of(observations, 2)}, common_count));
    }
    const Field none{"", false, true};
    if (!any) lines.write(common, lines.text_of({none, none, none}, common_count));
  }
  return lines.written();
}

}  // namespace mmulab::archive
