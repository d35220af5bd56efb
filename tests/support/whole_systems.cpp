// SPDX-License-Identifier: MIT
#include "tests/support/whole_systems.h"

#include <algorithm>
#include <filesystem>

#include "sim/config/load.h"
#include "sim/lab/schema.h"

namespace mmulab::test {
namespace {

const std::string configs = std::string(MMULAB_SOURCE_DIR) + "/configs";

/// No verdict ends a run early, no access escapes being a step, and no system runs for long.
const config::Overrides watched = {"sim.lookahead=false", "sim.on_violation=count", "sim.max_cycles=3000000"};

struct Combination {
  const char* name;
  const char* toml;
};

/// Tasks that outnumber their cpus, two address spaces, ticks, preemption: what a scheduler sees.
constexpr const char* crowd = R"([workload]
kind = "script"
think_cycles_max = 500
rounds = 4
[[workload.region]]
name = "heap"
pages = 80
straddle = true
[[workload.region]]
name = "device"
kind = "pfnmap"
pages = 4
[[workload.region]]
name = "file"
kind = "file_shared"
pages = 40
[[workload.region]]
name = "other"
pages = 8
mm = 1
[[workload.task]]
name = "first"
cpu = 0
ops = ["store heap", "load file", "store file", "think", "fork child", "mprotect heap r", "think", "mprotect heap rw",
       "munmap heap[40..79] by 8", "store heap[0..1]", "dontneed heap[0..39]", "mmap heap[40..79]", "yield"]
[[workload.task]]
name = "second"
cpu = 1
ops = ["store heap[0..60]", "load file", "think", "dontneed heap[0..60]", "zero_read heap[0..9]", "unmap_mapping file",
       "load heap[0..60]"]
[[workload.task]]
name = "third"
mm = 1
cpu = 0
ops = ["store other", "think 2000", "load other", "yield"]
[[workload.task]]
name = "fourth"
mm = 1
cpu = 1
ops = ["repeat 20 { store other; think }"]
[[workload.task]]
name = "child"
cpu = 1
ops = ["load heap[0..9]", "store heap[0..9]", "yield"]
[[workload.task]]
name = "fifth"
mm = 1
cpu = 0
ops = ["load other; think; load other"]
)";

/// Four cpus that fault on the same pages at once, while one of them takes the pages away.
constexpr const char* storm = R"([workload]
kind = "script"
rounds = 12
[[workload.region]]
name = "heap"
pages = 24
[[workload.region]]
name = "mine"
pages = 24
[[workload.task]]
name = "a"
cpu = 0
ops = ["barrier start", "store heap", "barrier again", "dontneed heap", "dontneed mine"]
[[workload.task]]
name = "b"
cpu = 1
ops = ["barrier start", "store heap", "barrier again", "think 300", "repeat 4 { load heap }", "dontneed heap"]
[[workload.task]]
name = "c"
cpu = 2
ops = ["barrier start", "store heap", "store mine", "barrier again", "repeat 4 { load heap[0..11]; load heap[0..11] }"]
[[workload.task]]
name = "d"
cpu = 3
ops = ["barrier start", "load heap", "store heap", "barrier again", "dontneed mine", "repeat 4 { store heap }"]
)";

/// A file in two address spaces, and what the kernel does to its pages; tasks that wait for one page's lock in a row.
constexpr const char* filers = R"([workload]
kind = "script"
think_cycles_max = 300
rounds = 6
[[workload.region]]
name = "log"
kind = "file_shared"
pages = 6
[[workload.region]]
name = "copy"
kind = "file_private"
file = "log"
pages = 6
[[workload.region]]
name = "device"
kind = "pfnmap"
pages = 2
[[workload.region]]
name = "theirs"
kind = "file_shared"
file = "log"
pages = 6
mm = 1
[[workload.region]]
name = "new"
pages = 4
mapped = false
[[workload.region]]
name = "table"
kind = "file_shared"
pages = 4
first_page = 32
[[workload.region]]
name = "hole"
pages = 4
first_page = 36
mapped = false
[[workload.task]]
name = "a"
cpu = 0
ops = ["load log; store log; store device; think; store copy+1; dontneed log[0..2]; mprotect log r; mprotect log rw",
       "repeat 8 { store log+0 }", "truncate device; reclaim log; munmap copy[2..3]; mmap copy[2..3];",
       "mremap log[1..2] new; load new; mremap new[1] log; store table",
       "mremap table hole; load hole; mremap hole table"]
[[workload.task]]
name = "b"
cpu = 0
ops = ["repeat 6 { writeback log; yield }", "store device; reclaim log; truncate log[3..4]"]
[[workload.task]]
name = "c"
cpu = 1
mm = 1
ops = ["repeat 6 { store theirs; writeback log+0; think }", "unmap_mapping log"]
[[workload.task]]
name = "d"
cpu = 1
mm = 1
ops = ["repeat 6 { store theirs+0; writeback log; yield }", "truncate log+5"]
)";

/// Address spaces that take turns on one cpu.
constexpr const char* forks = R"([workload]
kind = "script"
[[workload.region]]
name = "heap"
pages = 4
[[workload.task]]
name = "parent"
cpu = 0
ops = ["store heap", "fork first", "yield", "store heap", "fork second", "yield", "store heap", "yield", "load heap"]
[[workload.task]]
name = "neighbour"
cpu = 1
ops = ["repeat 9 { load heap; think 9000 }"]
[[workload.task]]
name = "first"
cpu = 0
ops = ["load heap", "yield", "store heap", "yield", "load heap"]
[[workload.task]]
name = "second"
cpu = 0
ops = ["store heap", "yield", "load heap"]
)";

/// What kernel threads do to pages behind their owner's back, each thing while others go on.
constexpr const char* movers = R"([workload]
kind = "script"
rounds = 6
[[workload.region]]
name = "heap"
pages = 24
straddle = true
[[workload.region]]
name = "twin"
pages = 4
[[workload.task]]
name = "user"
cpu = 0
ops = ["barrier round", "store heap", "store twin", "madv_free heap[12..15]",
       "repeat 30 { load heap; store heap[0..7]; store heap[16..23] }", "fork child", "store heap",
       "dontneed heap[20..23]"]
[[workload.task]]
name = "mover"
cpu = 1
ops = ["barrier round", "think 3000", "migrate heap[0..5]", "migrate_vma heap[4..9]", "protnone heap[0..7]",
       "think 2000", "migrate_vma heap", "clear_refs heap[0..11]", "protnone heap", "load heap[0..1]"]
[[workload.task]]
name = "reclaimer"
cpu = 2
ops = ["barrier round", "think 3000", "store heap[12..13]", "reclaim_anon heap[8..19]", "discard heap[8..19]",
       "ksm_merge twin[0..1] twin[2..3]", "store twin[2..3]", "reclaim_anon heap", "migrate heap",
       "mprotect heap r", "mprotect heap rw"]
[[workload.task]]
name = "giver"
cpu = 3
ops = ["barrier round", "think 3000", "madv_free heap[8..19]", "dontneed heap[0..3]", "discard heap",
       "reclaim_anon heap[0..15]", "dontneed heap[8..15]", "madv_free heap"]
[[workload.task]]
name = "child"
cpu = 3
ops = ["load heap", "store heap[0..7]"]
)";

/// More address spaces than ASIDs.
constexpr const char* turns = R"([workload]
kind = "script"
rounds = 6
[[workload.region]]
name = "zero"
pages = 2
[[workload.region]]
name = "one"
pages = 2
mm = 1
[[workload.region]]
name = "two"
pages = 2
mm = 2
[[workload.region]]
name = "three"
pages = 2
mm = 3
[[workload.region]]
name = "four"
pages = 2
mm = 4
[[workload.task]]
name = "a"
cpu = 0
ops = ["store zero; yield; await turn; wake turn; dontneed zero"]
[[workload.task]]
name = "b"
cpu = 0
mm = 1
ops = ["store one; yield; load one"]
[[workload.task]]
name = "c"
cpu = 0
mm = 2
ops = ["store two; yield; load two"]
[[workload.task]]
name = "d"
cpu = 1
mm = 3
ops = ["store three; yield; load three"]
[[workload.task]]
name = "e"
cpu = 1
mm = 4
ops = ["store four; yield; dontneed four"]
[[workload.task]]
name = "f"
cpu = 1
ops = ["load zero; yield; sleep turn; load zero"]
)";

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
    {"ppc64 movers", R"(strategy = "ppc64-2.6.22"
[machine]
preset = "ppc970"
cores = 4
[kernel]
preset = "2.6.22"
clear_refs = "soft-dirty"
flush_pending = "counter"
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
    if (name.find("storm") != std::string::npos) text += storm;
    if (name.find("turns") != std::string::npos) text += turns;
    if (name.find("forks") != std::string::npos) text += forks;
    systems.push_back({name, config::load_text(schema, name, text, watched, config::SearchPath({configs}))});
  }
  return systems;
}

}  // namespace mmulab::test
