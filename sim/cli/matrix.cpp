// SPDX-License-Identifier: MIT
#include "sim/cli/matrix.h"

#include <fstream>
#include <ostream>
#include <sstream>
#include <thread>

#include <fmt/format.h>

#include "sim/cli/interrupt.h"
#include "sim/cli/json_output.h"
#include "sim/cli/version.h"
#include "sim/lab/matrix.h"

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
  ChildOptions options;
  options.jobs = arguments.number("jobs").value_or(std::max(1U, std::thread::hardware_concurrency()));
  options.interrupt = &InterruptGuard::flag();
  if (streams.err_is_terminal)
    options.on_done = [&](std::size_t done) {
      streams.err << fmt::format("\r{} of {} cells", done, work.size()) << (done == work.size() ? "\n" : "")
                  << std::flush;
    };
  const auto ends = run_in_children(work, options);
  for (std::size_t i = 0; i < ends.size(); ++i) {
    MatrixCell& cell = plan.matrix.cells[cell_of_work[i]];
    fill_cell(cell, ends[i]);
    mark_known(cell, plan.matrix.known);
  }
}

/// What people wrote stands before the mark and stays.
void write_page(const std::string& file, const std::string& page) {
  std::string beginning = "# Verdicts\n\n";
  if (std::ifstream in(file, std::ios::binary); in) {
    std::ostringstream old;
    old << in.rdbuf();
    const std::size_t mark = old.str().find(generated);
    if (mark == std::string::npos)
      throw config::Error(config::diagnose({}, file + " has no line " + generated, "name another file, or a new one"));
    beginning = old.str().substr(0, mark);
  }
  std::ofstream out(file, std::ios::binary);
  out << beginning << generated << "\n" << page;
  if (!out.flush())
    throw config::Error(config::diagnose({}, "the page cannot be written to " + file, "choose another place"));
}

}  // namespace

/// In the child. A configuration error says that there is no such combination: the laboratory may know more than the
/// schema.
ChildReply explore_in_child(const config::Values& values, const std::string& name) {
  try {
    return {exit_clean, lab::encode(lab::explore_cell(values, name, &InterruptGuard::flag()))};
  } catch (const config::Error& error) {
    return {exit_usage, error.problems().front().message};
  } catch (const std::exception& error) {
    return {exit_internal, error.what()};
  } catch (...) {
    return {exit_internal, "an exception of unknown type"};
  }
}

void fill_cell(MatrixCell& cell, const ChildEnd& end) {
  cell.outcome = CellOutcome::failed;
  cell.reason = end.trouble;
  if (!end.exited) return;
  if (end.reply.code != exit_clean) {
    if (end.reply.code == exit_usage) cell.outcome = CellOutcome::absent;
    cell.reason = end.reply.text.empty() ? fmt::format("its process ended with exit code {}", end.reply.code)
                                         : end.reply.text;
    return;
  }
  const auto verdict = lab::decode_cell(end.reply.text);
  if (!verdict) {
    cell.reason = "its result was cut short";
    return;
  }
  cell.outcome = CellOutcome::explored;
  cell.reason.clear();
  cell.found = *verdict;
}

Options& add_matrix(Options& options) {
  return options.flag("matrix", "Every strategy on every architecture under every caller (FILE: its description)")
      .text("output", "FILE", "With --matrix: write the page there; what stands before its mark stays")
      .texts("only", "PATTERN", "With --matrix: only cells ROW/ARCHITECTURE/CALLER like this (* and ?)");
}

int check_matrix(const Arguments& arguments, Streams& streams) {
  lab::MatrixOptions options;
  if (!arguments.positionals().empty()) options.description = arguments.positionals().front();
  options.only = arguments.all("only");
  options.overrides = arguments.all("set");
  options.states_max = arguments.number("max-states");
  if (arguments.has("max-states") && !options.states_max)
    throw config::Error(config::diagnose({}, "--max-states is no number", "give a number of states"));
  for (const char* other : {"expect", "schedule", "coverage", "bound", "engine"})
    if (arguments.has(other))
      throw config::Error(config::diagnose({}, fmt::format("--{} is for one configuration, not for --matrix", other)));
  if (options.states_max == std::uint64_t{0} || arguments.number("jobs") == std::uint64_t{0})
    throw config::Error(config::diagnose({}, "a budget of nothing decides nothing", "give at least 1"));
  const JsonOutput json(arguments.text("json"));
  const InterruptGuard interrupt;
  lab::MatrixPlan plan = lab::plan_matrix(options);
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
