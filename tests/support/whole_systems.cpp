// SPDX-License-Identifier: MIT
#include "tests/support/whole_systems.h"

#include <algorithm>
#include <filesystem>

#include "sim/config/load.h"
#include "sim/lab/schema.h"
#include "tests/support/whole_system_scripts.h"

namespace mmulab::test {
namespace {

const std::string configs = std::string(MMULAB_SOURCE_DIR) + "/configs";

/// No verdict ends a run early, no access escapes being a step, and no system runs for long.
const config::Overrides watched = {"sim.lookahead=false", "sim.on_violation=count", "sim.max_cycles=3000000"};

struct Combination {
  const char* name;
  const char* toml;
};

constexpr Combination combinations[] = {
    {"x86 movers, modern", R"([machine]
preset = "skylake"
cores = 4
[kernel]
preset = "modern"
numa_fault_migrates = true
[strategy]
preset = "linux-modern"
reclaim = "x86-reclaim-batch"
)"},
    {"x86 movers, 2.6", R"(kernel = "2.6.22"
strategy = "generic-2.6.22"
[machine]
preset = "skylake"
cores = 4
)"},
    {"tagged movers", R"(strategy = "linux-modern"
[machine]
preset = "tagged"
cores = 4
[kernel]
preset = "modern"
flush_pending = "flag"
pending_barrier = true
tagged.invalidation = "ipi"
)"},
    {"ppc64 movers", R"(strategy = "ppc64-2.6.22"
[machine]
preset = "ppc970"
cores = 4
[kernel]
preset = "2.6.22"
clear_refs = "soft-dirty"
flush_pending = "counter"
)"},
    {"x86 pinners, tables behind RCU", R"(machine = "x86-tiny"
[kernel]
preset = "modern"
atomic_allocation = "either"
rcu_grace_cycles = 60000
[strategy]
preset = "linux-modern"
free_tables = "rcu"
single_user_frees_tables = true
table_batch_entries = 2
)"},
    {"x86 giver, slow grace periods", R"(machine = "x86-tiny"
[kernel]
preset = "modern"
rcu_grace_cycles = 1000000
[strategy]
preset = "linux-modern"
free_tables = "rcu"
)"},
    {"x86 mixed, 2.6", R"(machine = "core2"
kernel = "2.6.22"
strategy = "generic-2.6.22"
workload = "mixed"
)"},
    {"x86 files, modern", R"(machine = "skylake"
strategy = "linux-modern"
[kernel]
preset = "modern"
tick_cycles = 3000
write_notify = true
x86.shootdown = "tlb-gen-modern"
)"},
    {"x86 files, small tables", R"(machine = "x86-tiny"
strategy = "linux-modern"
[kernel]
preset = "modern"
tick_cycles = 2000
)"},
    {"x86 files, 2.6", R"(machine = "core2"
strategy = "generic-2.6.22"
[kernel]
preset = "2.6.22"
preempt = true
zap_block_ptes = 8
tick_cycles = 2000
faults_lock_page = true
)"},
    {"x86 mixed, modern", R"(machine = "skylake"
strategy = "linux-modern"
workload = "mixed"
[kernel]
preset = "modern"
x86.shootdown = "tlb-gen-modern"
x86.flush_ceiling = 33
)"},
    {"x86 crowd, modern", R"(machine = "skylake"
strategy = "linux-modern"
[kernel]
preset = "modern"
tick_cycles = 5000
x86.shootdown = "tlb-gen-modern"
x86.flush_ceiling = 3
x86.asids = 2
)"},
    {"x86 crowd, broadcast", R"(strategy = "safe-deferral"
[machine]
preset = "zen5"
x86.broadcast = true
[kernel]
preset = "modern"
tick_cycles = 5000
x86.shootdown = "tlb-gen-modern"
x86.flush_ceiling = 3
)"},
    {"x86 crowd, batches that the target reads", R"(kernel = "2.6.22"
strategy = "sparc64-2.6.22"
[machine]
preset = "x86-tiny"
table_bits = [9, 9, 9]
)"},
    {"ppc64 huge pages", R"(machine = "ppc970"
kernel = "2.6.22"
strategy = "ppc64-2.6.22"
)"},
    {"ppc64 demotion, 64 KiB pages", R"(strategy = "ppc64-2.6.22"
[machine]
preset = "ppc970"
page_shift = 16
table_bits = [12, 12, 4]
[kernel]
preset = "2.6.22"
)"},
    {"ppc64 crowd, few groups", R"(strategy = "ppc64-2.6.20"
[machine]
preset = "ppc970"
ppc64.pteg_count = 4
[kernel]
preset = "2.6.20"
tick_cycles = 5000
ppc64.local_sample = "after-hpt"
)"},
    {"ppc64 crowd, hardware that searches both groups", R"(strategy = "safe-deferral"
[machine]
preset = "ppc970"
ppc64.pteg_count = 4
ppc64.parallel_search = true
ppc64.multiple_match = "either"
[kernel]
preset = "modern"
ppc64.preset_c = false
)"},
    {"ppc64 crowd, settled at insert", R"(strategy = "safe-deferral-settle"
[machine]
preset = "ppc970"
ppc64.pteg_count = 4
[kernel]
preset = "modern"
)"},
    {"x86 crowd, waiting for nested flushes", R"(machine = "zen5"
kernel = "modern"
[strategy]
preset = "linux-modern"
settle = "wait-when-nested"
)"},
    {"x86 crowd, recorded entries", R"(machine = "zen5"
strategy = "safe-deferral"
[kernel]
preset = "modern"
x86.shootdown = "tlb-gen-modern"
x86.flush_ceiling = 33
)"},
    {"x86 crowd, masks cleared at a switch", R"(machine = "zen5"
strategy = "linux-modern"
[kernel]
preset = "modern"
tick_cycles = 5000
x86.shootdown = "tlb-gen-modern"
x86.clear_mask_on_switch = true
)"},
    {"sparc64 crowd, few contexts, small TSBs", R"(strategy = "sparc64-2.6.22"
[machine]
preset = "ultrasparc-iiii"
sparc64.context_bits = 3
[kernel]
preset = "2.6.22"
tick_cycles = 5000
sparc64.tsb_entries_first = 16
sparc64.check_pte_under_tsb_lock = true
)"},
    {"sparc64 forks, contexts that wrap", R"(strategy = "sparc64-2013"
[machine]
preset = "ultrasparc-iiii"
sockets = 1
cores = 2
sparc64.context_bits = 2
sparc64.dtlb = ["8x2 4M", "8x1 4M", "1x16 8K"]
[kernel]
preset = "2.6.22"
sparc64.flush_all_after_wrap = true
)"},
    {"ppc64 storm", R"(strategy = "ppc64-2.6.20"
[machine]
preset = "ppc970"
cores = 4
[kernel]
preset = "2.6.20"
dontneed_takes_sem_for_write = false
)"},
    {"sparc64 storm, calls refused while one is pending", R"(strategy = "sparc64-2.6.22"
[machine]
preset = "ultrasparc-iiii"
cores = 4
sparc64.accept_at_delivery = false
[kernel]
preset = "2.6.22"
sparc64.check_pte_under_tsb_lock = true
)"},
    {"sparc64 storm, lists copied for their receivers", R"([machine]
preset = "ultrasparc-iiii"
cores = 4
sparc64.pipelined_dispatch = false
[kernel]
preset = "modern"
sparc64.check_pte_under_tsb_lock = true
[strategy]
preset = "sparc64-2.6.22"
by_reference = false
)"},
    {"sparc64 crowd, hardware walk", R"(machine = "niagara2"
kernel = "modern"
strategy = "safe-deferral"
)"},
    {"tagged crowd, broadcast, few ASIDs", R"(strategy = "linux-modern"
[machine]
preset = "tagged"
cores = 2
tagged.asids = 4
[kernel]
preset = "modern"
tick_cycles = 5000
tagged.flush_ceiling = 3
)"},
    {"tagged crowd, IPIs, recorded entries", R"(strategy = "safe-deferral"
[machine]
preset = "tagged"
cores = 2
tagged.asids = 4
[kernel]
preset = "modern"
tick_cycles = 5000
tagged.invalidation = "ipi"
)"},
    {"tagged turns, generations", R"(machine = "tagged-tiny"
kernel = "modern"
strategy = "linux-modern"
)"},
    {"tagged crowd, versions", R"(strategy = "generic-2.6.22"
[machine]
preset = "tagged"
cores = 2
tagged.asids = 3
[kernel]
preset = "2.6.22"
tick_cycles = 5000
tagged.allocator = "versions"
)"},
    {"tagged crowd, faults", R"(strategy = "per-pte"
[machine]
preset = "tagged"
cores = 2
tagged.asids = 4
[kernel]
preset = "2.6.22"
tick_cycles = 5000
tagged.invalidation = "ipi"
tagged.clear_mask_at_switch = true
tagged.exchange_active_asids = true
tagged.asid_read_before_clear = true
tagged.barrier_before_asid = false
tagged.pte_clear_stores = true
)"},
};

}  // namespace

std::vector<WholeSystem> whole_systems() {
  const config::Schema schema = lab::schema();
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(configs + "/scenarios"))
    files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  std::vector<WholeSystem> systems;
  for (const std::string& file : files) systems.push_back({file, config::load_file(schema, file, watched)});
  config::Overrides either = watched;
  either.emplace_back("machine.ppc64.multiple_match=either");
  const std::string refault = configs + "/scenarios/ppc64-refault.toml";
  systems.push_back({"either of two entries", config::load_file(schema, refault, either)});
  for (const Combination& c : combinations) {
    const std::string name = c.name;
    std::string text = c.toml;
    if (name.find("files") != std::string::npos) text += filers;
    if (name.find("crowd") != std::string::npos) text += crowd;
    if (name.find("movers") != std::string::npos) text += movers;
    if (name.find("pinners") != std::string::npos) text += pinners;
    if (name.find("giver") != std::string::npos) text += giver;
    if (name.find("huge") != std::string::npos) text += huge;
    if (name.find("demotion") != std::string::npos) text += demotion;
    if (name.find("storm") != std::string::npos) text += storm;
    if (name.find("turns") != std::string::npos) text += turns;
    if (name.find("forks") != std::string::npos) text += forks;
    systems.push_back({name, config::load_text(schema, name, text, watched, config::SearchPath({configs}))});
  }
  return systems;
}

}  // namespace mmulab::test
