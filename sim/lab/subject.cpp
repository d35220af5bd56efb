// SPDX-License-Identifier: MIT
#include "sim/lab/subject.h"

#include "models/machine/config.h"
#include "models/ppc64/port.h"
#include "sim/results/quantity.h"

namespace mmulab::lab {
namespace {

std::string stem(const std::string& file) {
  const std::size_t slash = file.find_last_of('/');
  const std::string name = slash == std::string::npos ? file : file.substr(slash + 1);
  const std::size_t dot = name.rfind(".toml");
  return dot == std::string::npos ? name : name.substr(0, dot);
}

std::string preset_name(const config::Values& values, const std::string& section) {
  const std::string path = section + ".name";
  const std::string name = values.contains(path) ? values.text(path) : "";
  return name.empty() ? "(own)" : name;
}

/// What an own workload is, since it has no name: "script, 2 tasks", "unmap, 4 threads".
std::string workload_name(const config::Values& values, std::uint32_t cpus) {
  if (values.contains("workload.name") && !values.text("workload.name").empty()) return values.text("workload.name");
  const std::string& kind = values.text("workload.kind");
  if (kind == "trace") return kind + ", " + values.text("workload.file");
  if (kind == "script") return kind + ", " + plural(values.tables("workload.task").size(), "task");
  const std::uint64_t threads = values.integer("workload.threads");
  return kind + ", " + plural(threads == 0 ? cpus : threads, kind == "fork" ? "task" : "thread");
}

void describe_hash_table(const Ppc64Port& port, const TableGeometry& geometry, LedgerConfig& config) {
  config.hash_table = true;
  config.tag_domain = TagDomain::machine;
  config.hash.hashpte = ppc64::page_hashpte;
  config.hash.busy = ppc64::page_busy;
  config.hash.secondary = ppc64::page_secondary;
  config.hash.slot_mask = ppc64::page_group_ix;
  config.hash.slot_shift = 12;
  config.hpt.first = port.hpt().group_first(0);
  if (geometry.part_order() == 0) return;
  config.parts = config.multi_hit_fatal = true;
  config.hash.combo = ppc64::page_combo;
  config.hash.part0 = ppc64::page_part0;
  config.hpt.pages_per_large = 1;
}

}  // namespace

RunSubject run_subject(const config::Values& values, const std::string& file) {
  RunSubject s;
  s.title = stem(file);
  s.file = file;
  s.machine = preset_name(values, "machine");
  s.arch = values.text("machine.arch");
  s.kernel = preset_name(values, "kernel");
  s.strategy = preset_name(values, "strategy");
  const Topology t = topology(values);
  s.workload = workload_name(values, t.cpus());
  s.sockets = t.sockets;
  s.cores = t.cores_per_socket;
  s.threads = t.threads_per_core;
  s.frequency_mhz = values.integer("machine.frequency_mhz");
  s.config_hash = values.config_hash();
  s.seed = values.integer("sim.seed");
  const std::string& memory = values.text("check.memory");
  s.assumptions = {memory == "sc" ? "memory model: sc"
                                  : "memory model: sc; check.memory = " + memory + " is for `check` alone",
                   "user data caches, pipelines and branch predictors are not modelled",
                   "a verdict of `run` speaks of one schedule, not of all"};
  s.low_confidence = values.constants(config::Confidence::Low);
  return s;
}

LedgerConfig ledger_config(const config::Values& values, const System& system) {
  LedgerConfig config;
  const Topology t = topology(values);
  config.pte = system.port->pte();
  config.page_shift = table_geometry(values).page_shift();
  config.cpus = t.cpus();
  config.threads_per_core = t.threads_per_core;
  config.hardware_tags = true;
  config.empty_at_unlock = system.strategy->promises_empty_at_unlock();
  const std::string arch = values.text("machine.arch");
  config.tsb = arch == "sparc64";
  config.hardware_walker = arch == "x86" || arch == "tagged";
  config.name_of_word = [&world = system.world](Location at) { return world.describe(at); };
  config.lockless_walker = system.state->limits().lockless_walks;
  if (const auto* ppc = dynamic_cast<const Ppc64Port*>(system.port))
    describe_hash_table(*ppc, system.state->geometry(), config);
  return config;
}

}  // namespace mmulab::lab
