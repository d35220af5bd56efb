// SPDX-License-Identifier: MIT
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "sim/archive/metrics.h"
#include "sim/archive/plot.h"
#include "sim/config/diagnostic.h"
#include "sim/config/hash.h"

namespace mmulab::archive {
namespace {

/// One configuration's own hash, else one of all of them.
std::string hash_of_all(const std::set<std::string>& hashes) {
  if (hashes.size() == 1) return *hashes.begin();
  std::string all;
  for (const auto& hash : hashes) all += hash + "\n";
  return hashes.empty() ? "" : config::hash_text(all);
}

std::string joined(const std::set<std::string>& names) {
  std::string all;
  for (const auto& name : names) all += (all.empty() ? "" : ", ") + name;
  return all;
}

/// A table in text, RFC 4180: quoted fields may hold commas, quotes and lines.
class CsvReader {
 public:
  CsvReader(const std::string& text, const std::string& file) : text_(text), file_(file) {}
  /// The next record; false at the end.
  bool next(std::vector<std::string>& fields) {
    fields.clear();
    if (at_ >= text_.size()) return false;
    first_line_ = line_;
    for (;;) {
      fields.push_back(text_[at_] == '"' ? quoted() : bare());
      if (at_ >= text_.size()) return true;
      const char end = text_[at_++];
      if (end == '\n') {
        ++line_;
        return true;
      }
      if (at_ >= text_.size()) {
        fields.emplace_back();
        return true;
      }
    }
  }
  [[noreturn]] void refuse(const std::string& message) const {
    config::Diagnostic problem;
    problem.file = file_;
    problem.line = first_line_;
    problem.column = 1;
    problem.message = message;
    throw config::Error(problem);
  }

 private:
  std::string bare() {
    const auto end = std::min(text_.find_first_of(",\n", at_), text_.size());
    std::string field = text_.substr(at_, end - at_);
    at_ = end;
    if (!field.empty() && field.back() == '\r') field.pop_back();
    return field;
  }
  std::string quoted() {
    std::string field;
    for (++at_;; ++at_) {
      if (at_ >= text_.size()) refuse("a quote is not closed");
      if (text_[at_] == '\n') ++line_;
      if (text_[at_] != '"') field += text_[at_];
      else if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') field += text_[++at_];
      else break;
    }
    ++at_;
    if (at_ < text_.size() && text_[at_] == '\r') ++at_;
    if (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '\n') refuse("something follows a closing quote");
    return field;
  }
  const std::string& text_;
  const std::string& file_;
  std::size_t at_ = 0;
  unsigned line_ = 1, first_line_ = 1;
};

std::size_t column_of(const CsvReader& reader, const std::vector<std::string>& header, const std::string& name) {
  const auto found = std::find(header.begin(), header.end(), name);
  if (found == header.end()) reader.refuse("there is no column `" + name + "`");
  return static_cast<std::size_t>(found - header.begin());
}

double number_of(const CsvReader& reader, const std::string& text) {
  std::size_t used = 0;
  try {
    const double value = std::stod(text, &used);
    if (used == text.size()) return value;
  } catch (const std::exception&) {
    used = 0;
  }
  reader.refuse("`" + text + "` is no number");
}

}  // namespace

PlotRows plot_rows(Database& archive, const std::string& metric) {
  PlotRows rows;
  std::set<std::string> versions, hashes;
  Statement parameters(archive, "SELECT name, value FROM parameters WHERE run = ?");
  Statement values(archive,
                   "SELECT r.id, value, unit, r.hash, version, config_hash, title, machine, arch, kernel, strategy, "
                   "workload, seed, verdict FROM observations JOIN runs AS r ON r.id = run WHERE metric = ? "
                   "ORDER BY r.id");
  values.bind(1, metric);
  while (values.step()) {
    PlotRow row;
    row.value = values.real(1);
    rows.unit = values.text(2);
    versions.insert(values.text(4));
    hashes.insert(values.text(5));
    int column = 6;
    for (const char* name : {"title", "machine", "arch", "kernel", "strategy", "workload", "seed", "verdict"})
      row.what[name] = values.text(column++);
    parameters.bind(1, values.integer(0));
    while (parameters.step()) row.what[parameters.text(0)] = parameters.text(1);
    rows.rows.push_back(std::move(row));
  }
  if (rows.rows.empty()) refuse_metric(metric, metric_names(archive));
  rows.configuration = hash_of_all(hashes);
  rows.version = joined(versions);
  return rows;
}

PlotRows plot_rows_of_csv(const std::string& text, const std::string& file, const std::string& metric) {
  CsvReader reader(text, file);
  std::vector<std::string> header, fields;
  if (!reader.next(header)) reader.refuse("the table is empty");
  const std::size_t metrics = column_of(reader, header, "metric"), value = column_of(reader, header, "value");
  PlotRows rows;
  std::set<std::string> names, versions, hashes;
  while (reader.next(fields)) {
    if (fields.size() != header.size())
      reader.refuse(fmt::format("{} fields, where the first line has {}", fields.size(), header.size()));
    names.insert(fields[metrics]);
    if (fields[metrics] != metric) continue;
    PlotRow row;
    row.value = number_of(reader, fields[value]);
    for (std::size_t i = 0; i < header.size(); ++i) row.what[header[i]] = fields[i];
    const auto cell = [&](const char* name) { return row.what.count(name) == 0 ? std::string() : row.what[name]; };
    rows.unit = cell("unit");
    if (!cell("version").empty()) versions.insert(cell("version"));
    if (!cell("config_hash").empty()) hashes.insert(cell("config_hash"));
    rows.rows.push_back(std::move(row));
  }
  if (rows.rows.empty()) refuse_metric(metric, names);
  rows.configuration = hash_of_all(hashes);
  rows.version = joined(versions);
  return rows;
}

}  // namespace mmulab::archive
