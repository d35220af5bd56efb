// SPDX-License-Identifier: MIT
// trace import | info | cut | convert | count: recordings of real programs, before they are replayed and beside it.
#include <algorithm>
#include <ostream>

#include <fmt/format.h>

#include "sim/cli/common_options.h"
#include "sim/cli/trace_count.h"
#include "sim/cli/verb.h"
#include "sim/config/nearest.h"
#include "workloads/trace/copy.h"
#include "workloads/trace/import.h"

namespace mmulab::cli {
namespace {

constexpr std::uint64_t levels_max = 19;
constexpr int usual_level = 3;

const std::vector<std::string>& formats() {
  static const std::vector<std::string> names = {"strace", "lackey", "champsim"};
  return names;
}

[[noreturn]] void refuse(const std::string& what, const std::string& hint = {}) {
  throw config::Error(config::diagnose({}, what, hint));
}

std::string out_of(const Arguments& arguments) {
  const auto out = arguments.text("output");
  if (!out) refuse("the trace to write is missing", "-o FILE");
  return *out;
}

int level_of(const Arguments& arguments) {
  const std::uint64_t level = arguments.number("level").value_or(usual_level);
  if (level < 1 || level > levels_max) refuse(fmt::format("`--level` is 1 to {}", levels_max));
  return static_cast<int>(level);
}

const std::string& only_file(const std::vector<std::string>& files) {
  if (files.size() != 1) refuse(fmt::format("one trace is wanted, and {} are given", files.size()));
  return files.front();
}

void tell_written(const trace::TraceTotals& totals, const std::string& file, Streams& streams) {
  streams.err << fmt::format("{}: {} accesses, {} calls, {} tasks\n", file, totals.accesses, totals.calls,
                             totals.tasks);
}

int import(const std::vector<std::string>& files, const Arguments& arguments, Streams& streams) {
  if (files.empty()) refuse("a log to import is missing", "mmulab trace import FILE... -o TRACE");
  const std::string out = out_of(arguments);
  const auto named = arguments.text("format");
  const auto format = named ? static_cast<trace::LogFormat>(
                                  std::find(formats().begin(), formats().end(), *named) - formats().begin())
                            : trace::format_of(files.front());
  const trace::ImportOptions options{!arguments.has("no-fetch")};
  trace::Writer writer(out, level_of(arguments));
  trace::ImportNotes notes;
  switch (format) {
    case trace::LogFormat::strace: notes = trace::import_strace(only_file(files), writer); break;
    case trace::LogFormat::lackey: notes = trace::import_lackey(files, options, writer); break;
    case trace::LogFormat::champsim: notes = trace::import_champsim(files, options, writer); break;
  }
  tell_written(writer.totals(), out, streams);
  if (notes.unmatched != 0)
    streams.err << fmt::format("{} tasks whose creation the log does not show begin with the trace\n", notes.unmatched);
  return exit_clean;
}

int copy(const std::vector<std::string>& files, const Arguments& arguments, Streams& streams) {
  trace::TraceFile from(only_file(files));
  const std::string out = out_of(arguments);
  trace::CopyOptions options;
  options.from = arguments.number("from").value_or(0);
  options.accesses = arguments.number("accesses").value_or(options.accesses);
  options.fetches = !arguments.has("no-fetch");
  options.every_fetch = !arguments.has("page-fetches");
  trace::Writer writer(out, level_of(arguments));
  trace::copy(from, options, writer);
  tell_written(writer.totals(), out, streams);
  return exit_clean;
}

int info(const std::vector<std::string>& files, const Arguments&, Streams& streams) {
  trace::TraceFile file(only_file(files));
  const trace::TraceInfo info = trace::describe(file);
  const std::uint64_t accesses = std::max<std::uint64_t>(info.totals.accesses, 1);
  streams.out << fmt::format("{}: {} bytes, {} blocks, {:.3f} bytes an access\n", file.name(), file.bytes(),
                             info.blocks, static_cast<double>(file.bytes()) / static_cast<double>(accesses));
  streams.out << fmt::format("accesses  {} ({} loads, {} stores, {} fetches)", info.totals.accesses, info.accesses[0],
                             info.accesses[1], info.accesses[2]);
  if (info.totals.accesses != 0) streams.out << fmt::format(", from {:#x} to {:#x}", info.first, info.last);
  streams.out << fmt::format("\ncalls     {}\n", info.totals.calls);
  for (std::size_t k = 1; k < trace::call_kinds; ++k) {
    if (info.calls[k] == 0) continue;
    const auto kind = static_cast<trace::CallKind>(k);
    streams.out << fmt::format("  {:<8} {}", trace::name_of(kind), info.calls[k]);
    if (kind == trace::CallKind::mmap && info.implicit != 0)
      streams.out << fmt::format(" ({} concluded from accesses)", info.implicit);
    streams.out << '\n';
  }
  streams.out << fmt::format("tasks     {}, at most {} mappings in an address space\n", info.totals.tasks,
                             info.totals.mappings);
  constexpr std::size_t shown_max = 20;
  std::size_t shown = 0;
  for (const auto& [number, task] : info.tasks) {
    if (shown++ == shown_max) break;
    streams.out << fmt::format("  {:>4}  thread {} of process {}: {} accesses, {} calls\n", number, task.tid, task.pid,
                               task.accesses, task.calls);
  }
  if (info.tasks.size() > shown_max) streams.out << fmt::format("  and {} more\n", info.tasks.size() - shown_max);
  return exit_clean;
}

struct Action {
  const char* name;
  int (*act)(const std::vector<std::string>&, const Arguments&, Streams&);
  std::vector<std::string> options;
};

const std::vector<Action>& actions() {
  static const std::vector<Action> table = {
      {"import", import, {"output", "format", "level", "no-fetch"}},
      {"info", info, {}},
      {"cut", copy, {"output", "level", "from", "accesses"}},
      {"convert", copy, {"output", "level", "no-fetch", "page-fetches"}},
      {"count", trace_count, {"set", "vary", "json", "csv"}},
  };
  return table;
}

int trace(const Arguments& arguments, Streams& streams) {
  const std::string& wanted = arguments.positionals().front();
  const std::vector<std::string> files(arguments.positionals().begin() + 1, arguments.positionals().end());
  std::vector<std::string> names;
  for (const Action& action : actions()) {
    names.emplace_back(action.name);
    if (wanted != action.name) continue;
    for (const char* option :
         {"output", "format", "level", "no-fetch", "from", "accesses", "page-fetches", "set", "vary", "json", "csv"})
      if (arguments.has(option) &&
          std::find(action.options.begin(), action.options.end(), option) == action.options.end())
        refuse(fmt::format("`trace {}` has no option `--{}`", wanted, option));
    return action.act(files, arguments, streams);
  }
  refuse("`trace` cannot `" + wanted + "`", config::suggestion(wanted, names));
}

}  // namespace

Verb trace_verb() {
  Verb verb;
  verb.name = "trace";
  verb.help = "Recordings of real programs: import, info, cut, convert, count";
  verb.details =
      "  mmulab trace import strace.log -o app.mmt        from `strace -f -o strace.log COMMAND`\n"
      "  mmulab trace import lackey.* -o app.mmt          from valgrind's lackey, a file a process\n"
      "  mmulab trace import app.champsim.xz -o app.mmt   from ChampSim's records\n"
      "  mmulab trace info app.mmt                        what it holds; reads all of it\n"
      "  mmulab trace cut app.mmt -o short.mmt --accesses 1000000      of each task; all calls stay\n"
      "  mmulab trace convert app.mmt -o small.mmt --level 19 --page-fetches\n"
      "  mmulab trace count configs/traces/x86-compile.toml --vary machine.x86.stlb_sets=16..2048*2\n\n"
      "A trace is replayed by a workload: [workload] kind = \"trace\", file = \"app.mmt\". docs/trace.md explains.\n"
      "`count` takes the configuration of such a workload and replays it in the recording's own order, without a\n"
      "clock: hits and misses of each structure, for many geometries in one pass. What takes time is for `sweep`.\n";
  verb.options.operands("import|info|cut|convert|count FILE...", 1, 4096)
      .text("output", "FILE", "The trace to write")
      .choice("format", formats(), "import: whose log it is; by default what it looks like")
      .number("level", "import, cut, convert: zstd's level, 1 to 19; 3 by default")
      .number("from", "cut: leave out this many accesses of each task first")
      .number("accesses", "cut: then keep this many of each task")
      .flag("no-fetch", "import, convert: leave fetches of instructions out")
      .flag("page-fetches", "convert: keep a fetch only where a task's code comes to another 4 KiB page")
      .texts("vary", "KEY=VALUES", "count: an axis of geometries, as for `sweep`; may be repeated")
      .text("csv", "FILE|-", "count: write the counts as CSV, a row a geometry");
  add_json(add_set(verb.options));
  verb.act = trace;
  return verb;
}

}  // namespace mmulab::cli
