// SPDX-License-Identifier: MIT
#include "sim/cli/matrix.h"

#include <fstream>
#include <ostream>
#include <set>
#include <sstream>

#include <fmt/format.h>

#include "sim/cli/interrupt.h"
#include "sim/cli/json_output.h"
#include "sim/cli/version.h"
#include "sim/lab/matrix.h"
#include "sim/results/whole_file.h"

namespace mmulab::cli {
namespace {

constexpr const char* generated = "<!-- generated: mmulab check --matrix -->";

void explore_all(lab::MatrixPlan& plan, const Arguments& arguments, Streams& streams) {
  std::vector<std::function<ChildReply()>> work;
  std::vector<std::size_t> cell_of_work;
  for (std::size_t i = 0; i < plan.values.size(); ++i) {
    if (!plan.values[i]) continue;
    cell_of_work.push_back(i);
    work.emplace_back([&plan, i] { return explore_in_child(*plan.values[i], plan.matrix.cells[i].name()); });
  }
  const auto ends = run_in_children(work, child_options(arguments, streams, work.size(), "cells"));
  for (std::size_t i = 0; i < ends.size(); ++i) fill_cell(plan.matrix.cells[cell_of_work[i]], ends[i]);
  for (MatrixCell& cell : plan.matrix.cells) mark_known(cell, plan.matrix.known);
}

std::string text_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// The whole matrix; what `only` does not name is as the record says, and is not explored.
lab::MatrixPlan with_record(const lab::MatrixPlan& wanted, lab::MatrixOptions options, const std::string& file) {
  const auto record = recorded_verdicts(text_of(file));
  if (!record) throw config::Error(config::diagnose({}, file + " is no result of check --matrix --json"));
  options.only.clear();
  lab::MatrixPlan plan = lab::plan_matrix(options);
  std::set<std::string> names;
  for (const MatrixCell& cell : wanted.matrix.cells) names.insert(cell.name());
  for (std::size_t i = 0; i < plan.values.size(); ++i) {
    MatrixCell& cell = plan.matrix.cells[i];
    if (!plan.values[i] || names.count(cell.name()) != 0) continue;
    plan.values[i].reset();
    const auto found = record->find(cell.name());
    cell.outcome = found == record->end() ? CellOutcome::failed : CellOutcome::explored;
    if (found == record->end()) cell.reason = "it is not in " + file;
    else cell.found = found->second;
  }
  return plan;
}

/// What people wrote stands before the mark and stays.
void write_page(const std::string& file, const std::string& page) {
  std::string beginning = "# Verdicts\n\n";
  if (const std::string old = text_of(file); !old.empty()) {
    const std::size_t mark = old.find(generated);
    if (mark == std::string::npos)
      throw config::Error(config::diagnose({}, file + " has no line " + generated, "name another file, or a new one"));
    beginning = old.substr(0, mark);
  }
  write_whole(file, beginning + generated + "\n" + page);
}

}  // namespace

ChildReply explore_in_child(const config::Values& values, const std::string& name) {
  return reply_of([&] { return lab::encode(lab::explore_cell(values, name, &InterruptGuard::flag())); });
}

void fill_cell(MatrixCell& cell, const ChildEnd& end) {
  const WorkResult result = result_of(end);
  cell.outcome = result.kind == WorkResult::Kind::refused ? CellOutcome::absent : CellOutcome::failed;
  cell.reason = result.text;
  if (result.kind != WorkResult::Kind::made) return;
  const auto verdict = lab::decode_cell(result.text);
  cell.reason = verdict ? "" : "its result was cut short";
  if (!verdict) return;
  cell.outcome = CellOutcome::explored;
  cell.found = *verdict;
}

Options& add_matrix(Options& options) {
  return options.flag("matrix", "Every strategy on every architecture under every caller (FILE: its description)")
      .text("output", "FILE", "With --matrix: write the page there; what stands before its mark stays")
      .texts("only", "PATTERN", "With --matrix: only cells ROW/ARCHITECTURE/CALLER like this (* and ?)")
      .text("record", "FILE", "With --matrix --only: the other cells are as in this JSON of an earlier one");
}

int check_matrix(const Arguments& arguments, const config::Overrides& overrides, Streams& streams) {
  lab::MatrixOptions options;
  if (!arguments.positionals().empty()) options.description = arguments.positionals().front();
  options.only = arguments.all("only");
  options.overrides = overrides;
  options.states_max = arguments.number("max-states");
  if (arguments.has("max-states") && !options.states_max)
    throw config::Error(config::diagnose({}, "--max-states is no number", "give a number of states"));
  for (const char* other : {"expect", "schedule", "coverage", "bound", "engine"})
    if (arguments.has(other))
      throw config::Error(config::diagnose({}, fmt::format("--{} is for one configuration, not for --matrix", other)));
  if (options.states_max == std::uint64_t{0})
    throw config::Error(config::diagnose({}, "a budget of nothing decides nothing", "give at least 1"));
  const JsonOutput json(arguments.text("json"));
  const InterruptGuard interrupt;
  lab::MatrixPlan plan = lab::plan_matrix(options);
  if (const auto record = arguments.text("record")) plan = with_record(plan, options, *record);
  plan.matrix.version = version();
  explore_all(plan, arguments, streams);
  plan.matrix.interrupted = InterruptGuard::flag().load();
  if (const auto file = arguments.text("output"); file && !plan.matrix.interrupted)
    write_page(*file, matrix_page(plan.matrix));
  json.talk(streams) << matrix_report(plan.matrix, json.talk_color(streams)) << std::flush;
  if (json.wanted()) json.write(to_json(plan.matrix), streams);
  return exit_code(plan.matrix);
}

}  // namespace mmulab::cli
