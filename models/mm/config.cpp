// SPDX-License-Identifier: MIT
#include "models/mm/config.h"

#include "sim/config/costs.h"

namespace mmulab {
namespace {

/// Without memory traffic: a step's lines are charged on top. Where no source is named, the value counts the
/// instructions of the path on a core that retires about two a cycle, and is of low confidence.
constexpr config::NamedCost costs[] = {
    {"spin_lock", 20, "A spinlock's atomic operation"},
    {"spin_unlock", 8, "A spinlock's releasing store"},
    {"irq_disable", 6, "Disabling interrupts"},
    {"irq_enable", 8, "Enabling interrupts"},
    {"smp_mb", 33, "A full memory barrier: mfence, dmb, sync"},
    {"smp_wmb", 8, "A store barrier, where stores can change places; on x86 it is free"},
    {"preempt_disable", 2, "Disabling preemption"},
    {"preempt_enable", 3, "Enabling preemption"},
    {"irq_entry", 350, "Interrupt entry: vectoring and saving registers"},
    {"irq_exit", 200, "Interrupt exit: acknowledging and restoring"},
    {"schedule", 60, "Picking or queueing a task"},
    {"context_switch", 300, "Switching stacks and registers"},
    {"test_flag", 2, "Testing a flag"},
    {"wake_up", 40, "Making a task runnable"},
    {"tick", 400, "The scheduler's tick"},
    {"rwsem", 22, "An atomic operation on mmap_sem"},
    {"find_vma", 30, "Finding a VMA"},
    {"vma_link", 80, "Linking, splitting or unlinking a VMA"},
    {"table_step", 5, "One level of a software page-table walk"},
    {"table_allocate", 350, "Allocating and clearing a page-table page"},
    {"table_free", 60, "Freeing a page-table page"},
    {"page_allocate", 60, "Taking a page from the zone"},
    {"page_free", 50, "Giving a page back to the zone"},
    {"page_ref", 20, "An atomic change of a page's counts"},
    {"page_rmap", 24, "An atomic change of a page's map count"},
    {"page_cache", 60, "Finding or adding a page-cache page"},
    {"fault_entry", 400, "Page-fault exception entry"},
    {"fault_exit", 150, "Return from a page fault"},
    {"pte_read", 3, "Reading a pte in a loop"},
    {"pte_update", 20, "An atomic change of a pte"},
    {"clear_page", 600, "Clearing a page"},
    {"copy_page", 900, "Copying a page"},
    {"clear_mebibyte", 153600, "Clearing one MiB of a huge page: 256 times clear_page"},
    {"syscall_entry", 120, "System call entry"},
    {"syscall_exit", 100, "System call return"},
    {"mm_init", 200, "Setting up or releasing an mm"},
    {"batch_note", 8, "Noting one translation in a batch"},
    {"gather_queue", 6, "Queueing one page in a gather"},
    {"swap_io", 2500, "Copying a page to or from a swap area in memory (compressed), which answers at once"},
    {"compare_pages", 700, "Comparing two pages"},
    {"gather_grow", 150, "Allocating a page for a gather's list or a batch of page tables"},
    {"call_rcu", 60, "Handing a batch of page tables to RCU"},
    {"smp_call_send", 20, "Queueing a call of another cpu"},
    {"smp_call_wait", 5, "A look at whether a call has been answered"},
    {"smp_call_receive", 20, "Taking, reading or answering a call"},
};

/// Pages that are taken away, moved or shared behind their owner's back.
void describe_copies(config::Section& kernel) {
  kernel.choice("flush_pending", {"none", "flag", "counter"})
      .default_to("none")
      .help("How an mm remembers that a flush is pending: nothing, a flag (3.13 to 4.13), a count of them");
  kernel.flag("hint_heeds_pending")
      .default_to(true)
      .help("A NUMA hint that is taken away is flushed if a flush is pending (since 3.13)");
  kernel.flag("pending_barrier")
      .default_to(false)
      .help("A store barrier follows the setting of the flag (3.13 to 4.13)");
  kernel.choice("pending_read", {"locked", "early", "lockless"})
      .default_to("locked")
      .help("When the pending flush is looked for: under the PTL, before it, or before it and after a look at the pte");
  kernel.flag("numa_fault_migrates").default_to(false).help("A fault on a NUMA hint moves the page");
  kernel.flag("mprotect_changes_entries")
      .default_to(true)
      .help("mprotect takes the right to write from pages on the move, too");
  kernel.flag("migrate_vma_flushes_locked")
      .default_to(true)
      .help("migrate_vma flushes before it drops the PTL (since 6.1)");
  kernel.choice("clear_refs", {"young", "soft-dirty"})
      .default_to("young")
      .help("What clear_refs takes away: the accessed bit, or the right to write");
  kernel.flag("clear_refs_takes_sem_for_write")
      .default_to(false)
      .help("clear_refs takes mmap_sem for write (since 5.11)");
  kernel.flag("clear_refs_flushes")
      .default_to(true)
      .help("clear_refs flushes; false: it leaves that to a gather that has noted nothing (5.1 to 5.10)");
  kernel.flag("ksm_heeds_pending")
      .default_to(true)
      .help("KSM flushes before it compares if a flush is pending (since 4.13)");
  kernel.flag("reclaim_flushes_before_io").default_to(true).help("Reclaim flushes before it writes a page out");
  kernel.flag("reclaim_flushes_before_free").default_to(true).help("Reclaim flushes before it frees pages");
}

/// Page tables that somebody may walk without a lock, or that others share.
void describe_table_freeing(config::Section& kernel) {
  kernel.choice("unshare_flush", {"none", "range", "tables"})
      .default_to("range")
      .help("What a zap flushes for a shared page table before i_mmap_lock is dropped (since 5.16 the range)");
  kernel.flag("unshare_waits_for_walkers")
      .default_to(true)
      .help("A shared page table is let go when walks without locks are over (since 2025)");
  kernel.choice("atomic_allocation", {"succeeds", "fails", "either"})
      .default_to("succeeds")
      .help("Pages for gathers' lists and table batches: to be had, not, or either (explored: both; timed: drawn)");
  kernel.constant("rcu_grace_cycles")
      .default_to(1'000'000)
      .range(1, 1'000'000'000)
      .unit("cycles")
      .help("From call_rcu to the end of its grace period, when timed")
      .source(config::Confidence::Low, "some ticks of a busy machine are millions; it depends on HZ and load");
}

FlushPending pending_named(const std::string& name) {
  return name == "counter" ? FlushPending::counter : name == "flag" ? FlushPending::flag : FlushPending::none;
}

PendingRead read_named(const std::string& name) {
  return name == "early" ? PendingRead::early : name == "lockless" ? PendingRead::lockless : PendingRead::locked;
}

void read_copies(const config::Values& values, KernelPolicy& policy) {
  policy.flush_pending = pending_named(values.text("kernel.flush_pending"));
  policy.hint_heeds_pending = values.flag("kernel.hint_heeds_pending");
  policy.pending_barrier = values.flag("kernel.pending_barrier");
  policy.pending_read = read_named(values.text("kernel.pending_read"));
  policy.numa_fault_migrates = values.flag("kernel.numa_fault_migrates");
  policy.mprotect_changes_entries = values.flag("kernel.mprotect_changes_entries");
  policy.migrate_vma_flushes_locked = values.flag("kernel.migrate_vma_flushes_locked");
  policy.clear_refs =
      values.text("kernel.clear_refs") == "soft-dirty" ? ClearRefs::soft_dirty : ClearRefs::young;
  policy.clear_refs_takes_sem_for_write = values.flag("kernel.clear_refs_takes_sem_for_write");
  policy.clear_refs_flushes = values.flag("kernel.clear_refs_flushes");
  policy.ksm_heeds_pending = values.flag("kernel.ksm_heeds_pending");
  policy.reclaim_flushes_before_io = values.flag("kernel.reclaim_flushes_before_io");
  policy.reclaim_flushes_before_free = values.flag("kernel.reclaim_flushes_before_free");
}

UnshareFlush unshare_flush_named(const std::string& name) {
  if (name == "none") return UnshareFlush::none;
  return name == "tables" ? UnshareFlush::tables : UnshareFlush::range;
}

AtomicAllocation allocation_named(const std::string& name) {
  if (name == "fails") return AtomicAllocation::fails;
  return name == "either" ? AtomicAllocation::either : AtomicAllocation::succeeds;
}

MoveFlush move_flush(const std::string& name) {
  if (name == "at-end") return MoveFlush::at_end;
  if (name == "if-dirty") return MoveFlush::if_dirty;
  return name == "before-unlock" ? MoveFlush::before_unlock : MoveFlush::each;
}

}  // namespace

void describe_kernel(config::Schema& schema) {
  auto kernel = schema.section("kernel", "The kernel whose calls run").presets("kernels");
  kernel.choice("version", {"2.6.20", "2.6.22", "modern"}).required().help("Which kernel's rules apply");
  kernel.flag("preempt").default_to(false).help("CONFIG_PREEMPT: kernel code is preempted wherever no lock is held");
  kernel.flag("dontneed_takes_sem_for_write")
      .default_to(false)
      .help("MADV_DONTNEED takes mmap_sem for write, as until 2.6.20");
  kernel.flag("zero_read_remaps").default_to(true).help("read(/dev/zero) zaps and maps the zero page");
  kernel.flag("zero_page_counted")
      .default_to(false)
      .help("The zero page has references, a map count and a place in the rss, as until 2.6.23");
  kernel.flag("zap_in_blocks").default_to(true).help("Zapping restarts its gather at the end of each block");
  kernel.integer("zap_block_ptes")
      .default_to(1024)
      .range(1, 1 << 20)
      .unit("ptes")
      .help("Ptes of a zap block (8 under preempt in 2.6)");
  kernel.flag("mprotect_gathers").default_to(false).help("mprotect goes through a gather");
  kernel.flag("fork_gathers").default_to(false).help("fork goes through a gather");
  kernel.flag("cow_flushes_first").default_to(true).help("Copy-on-write flushes before it installs the new page");
  kernel.flag("fork_flushes").default_to(true).help("fork ends the parent's stale write rights before it returns");
  kernel.flag("dirty_tested_before_clear")
      .default_to(false)
      .help("A zap judges the dirty bit by its look before the clear (broken)");
  kernel.flag("faults_lock_page")
      .default_to(false)
      .help("A file fault holds the page lock until the pte is set, as since 2.6.23");
  kernel.flag("write_notify")
      .default_to(false)
      .help("The first store to a shared file page faults and marks the page dirty (files with dirty accounting)");
  kernel.flag("mkclean_skips_empty_ptes")
      .default_to(false)
      .help("page_mkclean looks for the pte without its lock first, as until 2.6.27 (broken)");
  kernel.choice("mremap_flush", {"each", "at-end", "if-dirty", "before-unlock"})
      .default_to("each")
      .help("When mremap flushes the place that its ptes have left");
  kernel.flag("mremap_locks_rmap")
      .default_to(true)
      .help("mremap moves ptes of a file under i_mmap_lock, whatever the order of the two places");
  kernel.flag("mremap_moves_tables").default_to(false).help("mremap moves whole leaf tables where it can");
  kernel.flag("table_move_locks_rmap")
      .default_to(true)
      .help("mremap moves a file's leaf table under i_mmap_lock, whatever the order of the two places");
  kernel.flag("fault_takes_i_mmap_lock")
      .default_to(false)
      .help("A file fault takes i_mmap_lock under the PTL (broken: truncation takes them the other way round)");
  describe_copies(kernel);
  describe_table_freeing(kernel);
  kernel.integer("copy_progress_units")
      .default_to(32)
      .range(1, 1 << 20)
      .help("Progress between two looks at the locks in fork");
  kernel.integer("tick_cycles")
      .default_to(0)
      .range(0, INT64_MAX)
      .unit("cycles")
      .help("Period of a busy cpu's tick; 0 for none");

  auto cost = schema.section("kernel.cost", "Named costs of the kernel's primitives, without memory traffic");
  declare_costs(cost, costs, {"estimated from the path's length", 10'000'000});
}

KernelPolicy kernel_policy(const config::Values& values) {
  KernelPolicy policy;
  policy.preempt = values.flag("kernel.preempt");
  policy.dontneed_takes_sem_for_write = values.flag("kernel.dontneed_takes_sem_for_write");
  policy.zero_read_remaps = values.flag("kernel.zero_read_remaps");
  policy.zero_page_counted = values.flag("kernel.zero_page_counted");
  policy.zap_in_blocks = values.flag("kernel.zap_in_blocks");
  policy.zap_block_ptes = static_cast<std::uint32_t>(values.integer("kernel.zap_block_ptes"));
  policy.mprotect_gathers = values.flag("kernel.mprotect_gathers");
  policy.fork_gathers = values.flag("kernel.fork_gathers");
  policy.cow_flushes_first = values.flag("kernel.cow_flushes_first");
  policy.fork_flushes = values.flag("kernel.fork_flushes");
  policy.dirty_tested_before_clear = values.flag("kernel.dirty_tested_before_clear");
  policy.faults_lock_page = values.flag("kernel.faults_lock_page");
  policy.write_notify = values.flag("kernel.write_notify");
  policy.mkclean_skips_empty_ptes = values.flag("kernel.mkclean_skips_empty_ptes");
  policy.mremap_flush = move_flush(values.text("kernel.mremap_flush"));
  policy.mremap_locks_rmap = values.flag("kernel.mremap_locks_rmap");
  policy.mremap_moves_tables = values.flag("kernel.mremap_moves_tables");
  policy.table_move_locks_rmap = values.flag("kernel.table_move_locks_rmap");
  policy.fault_takes_i_mmap_lock = values.flag("kernel.fault_takes_i_mmap_lock");
  read_copies(values, policy);
  policy.unshare_flush = unshare_flush_named(values.text("kernel.unshare_flush"));
  policy.unshare_waits_for_walkers = values.flag("kernel.unshare_waits_for_walkers");
  policy.atomic_allocation = allocation_named(values.text("kernel.atomic_allocation"));
  policy.rcu_grace = Cycles{values.integer("kernel.rcu_grace_cycles")};
  policy.copy_progress_units = static_cast<std::uint32_t>(values.integer("kernel.copy_progress_units"));
  policy.tick = Cycles{values.integer("kernel.tick_cycles")};
  return policy;
}

void kernel_costs(const config::Values& values, const std::function<void(const std::string&, Cycles)>& set) {
  read_costs(values, "kernel.cost", costs, "", set);
}

}  // namespace mmulab
