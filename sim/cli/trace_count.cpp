// SPDX-License-Identifier: MIT
#include "sim/cli/trace_count.h"

#include <cstring>
#include <fstream>
#include <ostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/cli/json_output.h"
#include "sim/cli/version.h"
#include "sim/lab/count.h"
#include "sim/lab/schema.h"
#include "sim/results/quantity.h"
#include "sim/results/text_table.h"
#include "sim/sweep/plan.h"
#include "workloads/trace/block.h"

namespace mmulab::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t points_max = 1024;

struct Geometry {
  sweep::Parameters parameters;
  std::string config_hash;
};

struct Geometries {
  std::vector<Geometry> names;
  std::vector<config::Values> values;
};

[[noreturn]] void refuse(const std::string& what, const std::string& hint) {
  throw config::Error(config::diagnose({}, what, hint));
}

std::string described(const sweep::Parameters& parameters) {
  std::string text;
  for (const auto& [key, value] : parameters) text += fmt::format("{}{}={}", text.empty() ? "" : ", ", key, value);
  return text.empty() ? "the configuration" : text;
}

void refuse_recording(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  char magic[sizeof trace::file_magic] = {};
  if (!in.read(magic, sizeof magic) || std::memcmp(magic, trace::file_magic, sizeof magic) != 0) return;
  refuse(fmt::format("`{}` is a recording, and a configuration is wanted that names it and a machine", file),
         "as configs/traces/x86-compile.toml does");
}

Geometries geometries_of(const std::string& file, const Arguments& arguments, const config::Schema& schema) {
  refuse_recording(file);
  sweep::PlanOptions options;
  options.set = arguments.all("set");
  options.vary = arguments.all("vary");
  const sweep::Plan plan(schema, file, options);
  if (plan.points() > points_max)
    refuse(fmt::format("{} geometries, and one pass takes at most {}", grouped(plan.points()), grouped(points_max)),
           "take fewer values, or several passes");
  Geometries geometries;
  sweep::Points points(plan);
  while (const auto point = points.next()) {
    auto settled = plan.settle(*point);
    // Without axes the file itself is wrong, which says where.
    if (!settled.values && point->parameters.empty()) static_cast<void>(config::load_file(schema, file, options.set));
    if (!settled.values)
      refuse(fmt::format("{}: {}", described(point->parameters), settled.refusal), "exclude it (sweep.exclude)");
    if (!geometries.values.empty()) {
      const std::string key = lab::key_that_parts(geometries.values.front(), *settled.values);
      if (!key.empty())
        refuse(fmt::format("{}: another `{}` than that of the first geometry, and one pass has one",
                           described(point->parameters), key),
               "`mmulab sweep` varies whatever there is");
    }
    geometries.names.push_back({point->parameters, settled.values->config_hash()});
    geometries.values.push_back(std::move(*settled.values));
  }
  return geometries;
}

std::vector<StructureCount> shared_counts(const trace::CountTotals& t) {
  return {{"loads", t.loads, ""},
          {"stores", t.stores, ""},
          {"fetches", t.fetches, ""},
          {"faults", t.faults, "first touches of a page"},
          {"changes", t.changes, "stores to a page that a fork shares or a call has made read-only"},
          {"first_stores", t.first_stores, "stores that found a page clean"},
          {"invalidations", t.invalidations, "pages whose translation a call has ended or lowered"},
          {"flushes", t.flushes, "address spaces flushed as a whole, by a fork or at their end"},
          {"calls", t.calls, ""},
          {"calls_rounded", t.rounded, "calls on parts of pages"},
          {"switches", t.switches, "from task to task"}};
}

Json object_of(const std::vector<StructureCount>& counts) {
  Json object = Json::object();
  for (const StructureCount& count : counts) object[count.name] = count.value;
  return object;
}

std::string json_of(const lab::Counted& counted, const Geometries& geometries) {
  Json all;
  all["schema"] = "mmulab-counts-1";
  all["version"] = version();
  all["recording"] = counted.recording;
  all["shared"] = object_of(shared_counts(counted.totals));
  all["geometries"] = Json::array();
  for (std::size_t i = 0; i < counted.points.size(); ++i) {
    Json one;
    one["config_hash"] = geometries.names[i].config_hash;
    one["parameters"] = Json::object();
    for (const auto& [key, value] : geometries.names[i].parameters) one["parameters"][key] = value;
    one["counts"] = object_of(counted.points[i]);
    all["geometries"].push_back(one);
  }
  return all.dump(2) + "\n";
}

std::string quoted(const std::string& field) {
  if (field.find_first_of(",\"\n") == std::string::npos) return field;
  std::string text = "\"";
  for (const char c : field) text += c == '"' ? std::string("\"\"") : std::string(1, c);
  return text + "\"";
}

std::string csv_of(const lab::Counted& counted, const Geometries& geometries) {
  std::string text = "config_hash";
  for (const auto& [key, value] : geometries.names.front().parameters) text += "," + quoted(key);
  const auto shared = shared_counts(counted.totals);
  for (const auto* counts : {&shared, &counted.points.front()})
    for (const StructureCount& count : *counts) text += "," + count.name;
  text += "\n";
  for (std::size_t i = 0; i < counted.points.size(); ++i) {
    text += geometries.names[i].config_hash;
    for (const auto& [key, value] : geometries.names[i].parameters) text += "," + quoted(value);
    for (const auto* counts : {&shared, &counted.points[i]})
      for (const StructureCount& count : *counts) text += fmt::format(",{}", count.value);
    text += "\n";
  }
  return text;
}

void print(const lab::Counted& counted, const Geometries& geometries, std::ostream& out, config::Color color) {
  using Align = TextTable::Align;
  const Palette palette(color);
  out << counted.recording << ", in its own order\n\n";
  TextTable shared({Align::left, Align::right, Align::left});
  for (const StructureCount& count : shared_counts(counted.totals))
    shared.add({count.name, grouped(count.value), count.help});
  out << shared.render(palette, 2);
  for (std::size_t i = 0; i < counted.points.size(); ++i) {
    out << "\n" << palette.paint(described(geometries.names[i].parameters), Style::strong) << "\n";
    TextTable table({Align::left, Align::right, Align::left});
    for (const StructureCount& count : counted.points[i]) table.add({count.name, grouped(count.value), count.help});
    out << table.render(palette, 2);
  }
}

}  // namespace

int trace_count(const std::vector<std::string>& files, const Arguments& arguments, Streams& streams) {
  if (files.size() != 1)
    refuse(fmt::format("one configuration is wanted, and {} are given", files.size()),
           "mmulab trace count configs/traces/x86-compile.toml");
  const JsonOutput json(arguments.text("json")), csv(arguments.text("csv"));
  if (json.to_stdout() && csv.to_stdout()) refuse("`--json -` and `--csv -` would be one text", "give one a file");
  const config::Schema schema = lab::schema();
  const Geometries geometries = geometries_of(files.front(), arguments, schema);
  const lab::Counted counted = lab::count(geometries.values);
  std::ostream& talk = json.to_stdout() || csv.to_stdout() ? streams.err : streams.out;
  print(counted, geometries, talk, json.to_stdout() || csv.to_stdout() ? streams.color : streams.out_color);
  if (json.wanted()) json.write(json_of(counted, geometries), streams);
  if (csv.wanted()) csv.write(csv_of(counted, geometries), streams);
  return exit_clean;
}

}  // namespace mmulab::cli
