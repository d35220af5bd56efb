// SPDX-License-Identifier: MIT
// The keys of [workload]. Those of generators are given to generators only, tables to scripts only.
#include <fmt/format.h>

#include "workloads/generator.h"
#include "workloads/script_parser.h"
#include "workloads/trace/reader.h"

namespace mmulab::workload {
namespace {

void describe_common(config::Section& workload) {
  workload.choice("kind", {"script", "unmap", "fork", "mprotect", "mixed", "trace"})
      .required()
      .help("What the tasks do: what the tables below say, one of the generators, or a recording");
  workload.integer("rounds")
      .default_to(1)
      .range(1, 1'000'000'000)
      .help("How often each task repeats its operations in the measured phase");
  workload.integer("think_cycles_max")
      .default_to(0)
      .range(0, think_cycles_max)
      .unit("cycles")
      .help("Most cycles of a think whose operation names none, drawn anew each time");
  workload.integer("delay_cycles")
      .default_to(0)
      .range(0, think_cycles_max)
      .unit("cycles")
      .help("Cycles of a delay whose operation names none");
  workload.integer("zipf_exponent")
      .default_to(1000)
      .range(0, 4000)
      .unit("thousandths")
      .help("Exponent of zipf patterns, a multiple of 500");
}

void describe_generators(config::Section& workload) {
  workload.integer("threads").default_to(0).range(0, 1024).help(
      "Tasks that make the calls (fork: processes); 0: one for every cpu");
  workload.integer("bystanders")
      .default_to(0)
      .range(0, 1024)
      .help("Tasks of the same address space that only access memory");
  workload.integer("pages")
      .default_to(64)
      .range(1, PageOrder::pages_max)
      .unit("pages")
      .help("Size of every region");
  workload.flag("straddle")
      .default_to(false)
      .help("Put the middle of the callers' regions on a border of leaf tables");
  workload.integers("call_pages")
      .default_to_integers({})
      .range(1, PageOrder::pages_max)
      .help("Pages of each call, one size after another in every round; the whole region when empty");
  workload.integer("warmup_rounds").default_to(0).range(0, 1'000'000'000).help("Rounds before the measured phase");
  workload.choice("pattern", pattern_names()).default_to("sequential").help("Order in which pages are visited");
  workload.integer("visits")
      .default_to(0)
      .range(0, visits_max)
      .help("Pages visited between two passes of calls; 0: as many as the region has");
  workload.integer("touches_per_page").default_to(1).range(1, touches_max).help("Accesses of each visit");
  workload.integer("store_percent")
      .default_to(100)
      .range(0, 100)
      .unit("%")
      .help("Share of stores among the accesses");
  workload.integers("cpus").default_to_integers({}).help(
      "Cpus of the tasks, callers first, over again if there are more tasks; all in turn when empty");
  workload.texts("calls")
      .default_to_texts(mixed_calls())
      .allow(mixed_calls())
      .help("mixed: the calls of a round, in an order drawn once; naming one twice makes it twice as frequent");
}

void describe_tables(config::Schema& schema) {
  auto region =
      schema.tables("workload.region", "A range of pages with a name").only_if("workload.kind", "script");
  region.text("name").required().help("What operations call it");
  region.choice("kind", {"anonymous", "file_shared", "file_private", "pfnmap"})
      .default_to("anonymous")
      .help("What is mapped");
  region.integer("pages").required().range(1, PageOrder::pages_max).unit("pages").help("Its size");
  region.choice("rights", {"r", "rw", "rx", "rwx"}).default_to("rw").help("What the mapping permits");
  region.integer("mm").default_to(0).range(0, 255).help("Address space in which it lies");
  region.integer("first_page")
      .range(0, std::uint64_t{1} << 52)
      .help("Number of its first page; without it the region is put after the one before");
  region.flag("straddle").default_to(false).help("Put its middle on a border of leaf tables");
  region.flag("mapped").default_to(true).help("Whether it is mapped from the start, or by an mmap operation only");
  region.flag("shares_tables")
      .default_to(false)
      .help("Address spaces that map the same pages of the file share their page tables, as with hugetlb");
  region.flag("huge_pages")
      .default_to(false)
      .help("Anonymous memory of huge pages (ppc64: 16 MiB), in which `pages` and operations count");
  region.text("file").help("The file whose pages it maps; by default one of the region's name");
  region.integer("offset")
      .default_to(0)
      .range(0, PageOrder::pages_max)
      .unit("pages")
      .help("Its first page in the file");

  auto task = schema.tables("workload.task", "A task and what it does").only_if("workload.kind", "script");
  task.text("name").required().help("What fork operations and reports call it");
  task.integer("cpu").required().help("Where it runs");
  task.integer("mm").default_to(0).range(0, 255).help(
      "Its address space; a task that is forked gets one of its own");
  task.flag("kthread").default_to(false).help(
      "A kernel thread: it has no address space, and its cpu keeps the one that it finds, lazily");
  task.texts("ops").required().help("Operations of the measured phase, in the grammar of docs/workloads.md");
  task.texts("warmup").default_to_texts({}).help(
      "Operations before; the measured phase begins when all tasks are through");
  task.integer("rounds")
      .range(1, 1'000'000'000)
      .help("How often it repeats its operations; by default workload.rounds");
}

void describe_trace(config::Section& workload) {
  workload.text("file").help(
      "trace: the recording, as `mmulab trace` makes it; a relative path begins where this stands")
      .content(trace::identity_of);
  workload.choice("fetches", {"none", "pages", "all"})
      .help("trace: fetches of instructions that are replayed: none (by default), those to another page, all (slow)");
  workload.choice("parts", {"round", "refuse"})
      .help("trace: calls on parts of the machine's pages are rounded and counted (by default), or refused");
}

void check_trace(const config::Values& values, const config::Complain& complain) {
  if (!values.contains("workload.kind")) return;
  const bool trace = values.text("workload.kind") == "trace";
  if (trace && !values.contains("workload.file"))
    complain("workload.kind", "a trace has a `workload.file`", "file = \"recording.mmt\"");
  for (const char* key : {"workload.file", "workload.fetches", "workload.parts"})
    if (!trace && values.contains(key) && values.position(key).exists())
      complain(key, fmt::format("`{}` is for traces", key), "workload.kind = \"trace\"");
}

bool is_generator(const std::string& kind) { return kind != "script" && kind != "trace"; }

/// Keys without effect are refused, or a reader would believe in them.
void refuse_generator_keys(const config::Values& values, const config::Complain& complain) {
  if (!values.contains("workload.kind") || is_generator(values.text("workload.kind"))) return;
  for (const char* key : {"threads", "bystanders", "pages", "straddle", "call_pages", "warmup_rounds", "pattern",
                          "visits", "touches_per_page", "store_percent", "cpus", "calls"}) {
    const std::string path = std::string("workload.") + key;
    if (values.position(path).exists())
      complain(path, "`" + path + "` is for generators; scripts and traces say it themselves", {});
  }
}

void check_exponent(const config::Values& values, const config::Complain& complain) {
  const std::string path = "workload.zipf_exponent";
  if (values.contains(path) && values.integer(path) % 500 != 0)
    complain(path, "`" + path + "` is no multiple of 500", "0, 500, 1000 and so on: halves are exact in integers");
}

}  // namespace

void describe_workload(config::Schema& schema) {
  auto workload = schema.section("workload", "What the tasks do").presets("workloads");
  describe_common(workload);
  describe_generators(workload);
  describe_trace(workload);
  describe_tables(schema);
  schema.rule(refuse_generator_keys);
  schema.rule(check_exponent);
  schema.rule(check_trace);
}

}  // namespace mmulab::workload
