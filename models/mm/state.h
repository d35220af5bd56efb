// SPDX-License-Identifier: MIT
// The kernel's memory-management state as cells of the World: tasks, cpus, address spaces, VMAs, page tables, page
// structs, files. Layout follows struct page, mm_struct, vm_area_struct of Linux in what shares a cache line (8
// words = 64 bytes), not in every field. Left out: NUMA zones, LRU order, swap, cgroups.
#pragma once

#include "models/mm/geometry.h"
#include "models/mm/pte.h"
#include "sim/state/world.h"

namespace mmulab {

/// How many of each thing a simulation may ever have; fixed before the run.
struct KernelLimits {
  std::uint32_t cpus = 1;
  std::uint32_t tasks = 4;
  std::uint32_t mms = 2;
  std::uint32_t vmas_per_mm = 8;
  std::uint32_t tables = 64;
  std::uint32_t frames = 1024;
  std::uint32_t files = 1;
  std::uint32_t file_pages = 64;
  std::uint32_t wait_queues = 1;
  /// Slots of the swap area; 0 if nobody reclaims or moves pages, that is, looks for them by their frame.
  std::uint32_t swap_slots = 0;
  /// Somebody walks page tables without a lock (gup).
  bool lockless_walks = false;
  /// Address spaces may share page tables.
  bool shared_tables = false;
  /// Somebody maps huge pages.
  bool huge_pages = false;
  /// Pages may come to be translated in parts.
  bool demotions = false;
  /// Tasks wait for what others come to (vfork, wait4).
  bool waits_for_tasks = false;
  /// Calls that might need more VMAs than there is room for are refused (sysctl_max_map_count); else the workload
  /// has counted them.
  bool bounded_maps = false;
};

enum class TaskState : std::uint8_t { unused, runnable, running, sleeping, dead };
/// What others wait for: that it has left the mm of its creator by an exec (or its end), that it is over.
enum class TaskStage : std::uint8_t { begun, left, over };

/// Bits of a cpu's pending word; the IPI vectors of all architectures, and the tick.
enum class Vector : std::uint8_t { tick = 0, reschedule = 1, tlb_flush = 2, call_function = 3, xcall = 4 };

struct TaskFields {
  enum : std::uint32_t {
    state, mm, cpu, next_runnable, need_resched,
    stage, waiter,  ///< how far it has come, for whoever waits for that, and who does
    reaper,         ///< who waits for its end beside that one
    // line 1: thread_info; counts and flags travel with the task, as they do in Linux
    preempt_off = 8, irqs_off, in_user, sem_wait,
    words = 16
  };
};
struct CpuFields {
  enum : std::uint32_t {
    // line 0: written by this cpu alone
    current, active_mm, lazy_tlb, idle_task,
    // line 1: run queue, written by others, too
    rq_lock = 8, rq_head, rq_tail, rq_length,
    words = 16
  };
};
/// The cpu's interrupt controller: not memory, so its registers have no cache line.
struct ApicFields {
  enum : std::uint32_t { pending, wire, tick_armed, words = 4 };
};
struct MmFields {
  enum : std::uint32_t {
    users, sem_readers, sem_writer, sem_head, sem_tail, page_table_lock, rss, root,
    // line 1: architecture and flush bookkeeping
    context = 8, tlb_gen, flush_pending, context_lock, vma_count,
    arch0,  ///< the port's own
    flush_batched,  ///< reclaim's pending flushes: see ReclaimBatch
    // line 2: whoever still borrows the page-table root (mm_count)
    count = 16,
    cpumask = 24  ///< one word for every 64 cpus follows
  };
};
struct VmaFields {
  enum : std::uint32_t { start, end, rights, kind, file, offset, words = 8 };
};
struct FrameFields {
  enum : std::uint32_t { refcount, mapcount, generation, flags, content, next_free, wait_head, wait_tail, words = 8 };
};
struct TableFields {
  /// Page struct of a page-table page: split pte lock, level, whose it is (nobody's: free).
  /// sharers: address spaces whose entry leads here, where tables are shared (pt_share_count).
  enum : std::uint32_t { ptl, level, owner, generation, next_free, sharers, words = 8 };
};
struct FileFields {
  enum : std::uint32_t { i_mmap_lock, pages_first = 8 };
};
/// A slot of the swap area: ptes that name it, the page that is on its way there (none: it is all there), what it
/// holds.
struct SwapFields {
  enum : std::uint32_t { users, page, content, words = 4 };
};

enum class VmaKind : std::uint8_t { none, anonymous, file_shared, file_private, pfnmap };
/// Bits of the page's flags. lazyfree: anonymous and not swap-backed; ksm: shared by content, never writable.
enum FrameFlags : std::uint64_t {
  frame_dirty = 1,
  frame_file = 2,
  frame_locked = 4,
  frame_device = 8,
  frame_lazyfree = 16,
  frame_ksm = 32
};

/// Typed names for every cell. Construction lays the regions out; nothing else in the kernel knows offsets.
class KernelState {
 public:
  KernelState(World& world, const KernelLimits& limits, const TableGeometry& geometry,
              std::uint32_t pte_words_per_entry = 1);

  [[nodiscard]] const KernelLimits& limits() const { return limits_; }
  [[nodiscard]] const TableGeometry& geometry() const { return geometry_; }

  // tasks and cpus
  [[nodiscard]] Cell<TaskState> task_state(TaskId t) const {
    return tasks_.cell<TaskState>(t.raw(), TaskFields::state);
  }
  [[nodiscard]] Cell<MmId> task_mm(TaskId t) const { return tasks_.cell<MmId>(t.raw(), TaskFields::mm); }
  [[nodiscard]] Cell<CpuId> task_cpu(TaskId t) const { return tasks_.cell<CpuId>(t.raw(), TaskFields::cpu); }
  [[nodiscard]] Cell<TaskId> task_next(TaskId t) const {
    return tasks_.cell<TaskId>(t.raw(), TaskFields::next_runnable);
  }
  [[nodiscard]] Cell<bool> task_need_resched(TaskId t) const {
    return tasks_.cell<bool>(t.raw(), TaskFields::need_resched);
  }
  /// Depths: the task may not be preempted, its cpu takes no interrupts, while they are not zero.
  [[nodiscard]] Cell<std::uint64_t> task_preempt_off(TaskId t) const {
    return tasks_.cell<std::uint64_t>(t.raw(), TaskFields::preempt_off);
  }
  [[nodiscard]] Cell<std::uint64_t> task_irqs_off(TaskId t) const {
    return tasks_.cell<std::uint64_t>(t.raw(), TaskFields::irqs_off);
  }
  [[nodiscard]] Cell<bool> task_in_user(TaskId t) const { return tasks_.cell<bool>(t.raw(), TaskFields::in_user); }
  [[nodiscard]] Cell<TaskStage> task_stage(TaskId t) const {
    return tasks_.cell<TaskStage>(t.raw(), TaskFields::stage);
  }
  [[nodiscard]] Cell<TaskId> task_waiter(TaskId t) const { return tasks_.cell<TaskId>(t.raw(), TaskFields::waiter); }
  [[nodiscard]] Cell<TaskId> task_reaper(TaskId t) const { return tasks_.cell<TaskId>(t.raw(), TaskFields::reaper); }
  template <class T>
  [[nodiscard]] Cell<T> task(TaskId t, std::uint32_t field) const { return tasks_.cell<T>(t.raw(), field); }
  template <class T>
  [[nodiscard]] Cell<T> cpu(CpuId c, std::uint32_t field) const { return cpus_.cell<T>(c.raw(), field); }
  [[nodiscard]] Cell<TaskId> cpu_current(CpuId c) const { return cpu<TaskId>(c, CpuFields::current); }
  [[nodiscard]] Cell<MmId> cpu_active_mm(CpuId c) const { return cpu<MmId>(c, CpuFields::active_mm); }
  /// The task on the cpu borrows active_mm (kernel thread, idle): x86's lazy TLB mode.
  [[nodiscard]] Cell<bool> cpu_lazy(CpuId c) const { return cpu<bool>(c, CpuFields::lazy_tlb); }
  [[nodiscard]] Cell<std::uint64_t> cpu_pending(CpuId c) const {
    return apics_.cell<std::uint64_t>(c.raw(), ApicFields::pending);
  }
  [[nodiscard]] Cell<TaskId> cpu_idle_task(CpuId c) const { return cpu<TaskId>(c, CpuFields::idle_task); }
  [[nodiscard]] Cell<std::uint64_t> rq_lock(CpuId c) const { return cpu<std::uint64_t>(c, CpuFields::rq_lock); }
  [[nodiscard]] Cell<TaskId> rq_head(CpuId c) const { return cpu<TaskId>(c, CpuFields::rq_head); }
  [[nodiscard]] Cell<TaskId> rq_tail(CpuId c) const { return cpu<TaskId>(c, CpuFields::rq_tail); }
  [[nodiscard]] Cell<std::uint64_t> rq_length(CpuId c) const {
    return cpu<std::uint64_t>(c, CpuFields::rq_length);
  }
  /// Interrupts on their way to the cpu, sent but not delivered.
  [[nodiscard]] Cell<std::uint64_t> cpu_wire(CpuId c) const {
    return apics_.cell<std::uint64_t>(c.raw(), ApicFields::wire);
  }

  [[nodiscard]] Cell<bool> cpu_tick_armed(CpuId c) const {
    return apics_.cell<bool>(c.raw(), ApicFields::tick_armed);
  }

  // address spaces
  template <class T>
  [[nodiscard]] Cell<T> mm(MmId m, std::uint32_t field) const { return mms_.cell<T>(m.raw(), field); }
  [[nodiscard]] Cell<std::uint64_t> mm_users(MmId m) const { return mm<std::uint64_t>(m, MmFields::users); }
  [[nodiscard]] Cell<std::uint64_t> sem_readers(MmId m) const {
    return mm<std::uint64_t>(m, MmFields::sem_readers);
  }
  [[nodiscard]] Cell<bool> sem_writer(MmId m) const { return mm<bool>(m, MmFields::sem_writer); }
  [[nodiscard]] Cell<TaskId> sem_head(MmId m) const { return mm<TaskId>(m, MmFields::sem_head); }
  [[nodiscard]] Cell<TaskId> sem_tail(MmId m) const { return mm<TaskId>(m, MmFields::sem_tail); }
  /// References to the mm itself: one for its users together, one for every cpu that borrows it lazily.
  [[nodiscard]] Cell<std::uint64_t> mm_count(MmId m) const { return mm<std::uint64_t>(m, MmFields::count); }
  [[nodiscard]] Cell<std::uint64_t> mm_rss(MmId m) const { return mm<std::uint64_t>(m, MmFields::rss); }
  [[nodiscard]] Cell<TableId> mm_root(MmId m) const { return mm<TableId>(m, MmFields::root); }
  [[nodiscard]] Cell<std::uint64_t> mm_context(MmId m) const { return mm<std::uint64_t>(m, MmFields::context); }
  [[nodiscard]] Cell<std::uint64_t> mm_tlb_gen(MmId m) const { return mm<std::uint64_t>(m, MmFields::tlb_gen); }
  [[nodiscard]] Cell<std::uint64_t> mm_flush_pending(MmId m) const {
    return mm<std::uint64_t>(m, MmFields::flush_pending);
  }
  [[nodiscard]] Cell<std::uint64_t> mm_flush_batched(MmId m) const {
    return mm<std::uint64_t>(m, MmFields::flush_batched);
  }
  [[nodiscard]] Cell<std::uint64_t> mm_page_table_lock(MmId m) const {
    return mm<std::uint64_t>(m, MmFields::page_table_lock);
  }
  [[nodiscard]] Cell<std::uint64_t> mm_context_lock(MmId m) const {
    return mm<std::uint64_t>(m, MmFields::context_lock);
  }
  [[nodiscard]] std::uint32_t cpumask_words() const { return (limits_.cpus + 63) / 64; }
  [[nodiscard]] Cell<std::uint64_t> mm_cpumask(MmId m, std::uint32_t word) const {
    return mm<std::uint64_t>(m, MmFields::cpumask + word);
  }
  [[nodiscard]] Location mm_cpumask_first(MmId m) const { return mms_.at(m.raw(), MmFields::cpumask); }
  template <class T>
  [[nodiscard]] Cell<T> vma(VmaId v, std::uint32_t field) const { return vmas_.cell<T>(v.raw(), field); }
  /// VMAs of one mm are a block of records, sorted by start, `vma_count` of them in use.
  [[nodiscard]] VmaId vma_of(MmId m, std::uint32_t n) const {
    return VmaId{std::uint64_t{m.raw()} * limits_.vmas_per_mm + n};
  }
  [[nodiscard]] Cell<std::uint64_t> mm_vma_count(MmId m) const {
    return mm<std::uint64_t>(m, MmFields::vma_count);
  }
  [[nodiscard]] Location vmas_first(MmId m) const {
    return vmas_.at(std::uint64_t{m.raw()} * limits_.vmas_per_mm);
  }
  [[nodiscard]] std::uint32_t vmas_words() const { return limits_.vmas_per_mm * VmaFields::words; }

  // page tables
  [[nodiscard]] Cell<Pte> entry(TableId t, std::uint32_t index) const {
    return Cell<Pte>{Location{table_words_.at(t.raw()).raw() + index * entry_words_}};
  }
  [[nodiscard]] std::uint32_t entry_words() const { return entry_words_; }
  /// Of an entry of two words.
  [[nodiscard]] static Cell<std::uint64_t> second_word(Cell<Pte> entry) {
    return Cell<std::uint64_t>{Location{entry.at.raw() + 1}};
  }
  [[nodiscard]] Cell<std::uint64_t> table(TableId t, std::uint32_t field) const {
    return tables_.cell<std::uint64_t>(t.raw(), field);
  }
  [[nodiscard]] Cell<std::uint64_t> table_level(TableId t) const { return table(t, TableFields::level); }
  [[nodiscard]] Cell<std::uint64_t> table_sharers(TableId t) const { return table(t, TableFields::sharers); }
  [[nodiscard]] Cell<MmId> table_owner(TableId t) const { return tables_.cell<MmId>(t.raw(), TableFields::owner); }
  [[nodiscard]] Cell<std::uint64_t> ptl(TableId t) const { return table(t, TableFields::ptl); }
  [[nodiscard]] Location table_first(TableId t) const { return table_words_.at(t.raw()); }
  [[nodiscard]] std::uint32_t table_size_words() const { return table_words_.stride(); }
  [[nodiscard]] Cell<TableId> table_free_head() const { return allocator_.cell<TableId>(0, 8); }
  [[nodiscard]] Cell<TableId> table_next_free(TableId t) const {
    return tables_.cell<TableId>(t.raw(), TableFields::next_free);
  }

  // frames: frame 0 is the zero page
  [[nodiscard]] static Frame zero_frame() { return Frame{0}; }
  [[nodiscard]] Cell<std::uint64_t> frame(Frame f, std::uint32_t field) const {
    return frames_.cell<std::uint64_t>(f.raw(), field);
  }
  [[nodiscard]] Cell<Frame> frame_next_free(Frame f) const {
    return frames_.cell<Frame>(f.raw(), FrameFields::next_free);
  }
  /// Tasks that sleep until they are given the page lock.
  [[nodiscard]] Cell<TaskId> frame_wait_head(Frame f) const {
    return frames_.cell<TaskId>(f.raw(), FrameFields::wait_head);
  }
  [[nodiscard]] Cell<TaskId> frame_wait_tail(Frame f) const {
    return frames_.cell<TaskId>(f.raw(), FrameFields::wait_tail);
  }
  [[nodiscard]] Cell<std::uint64_t> zone_lock() const { return allocator_.cell<std::uint64_t>(0, 0); }
  [[nodiscard]] Cell<Frame> frame_free_head() const { return allocator_.cell<Frame>(0, 1); }
  [[nodiscard]] Cell<std::uint64_t> frames_free() const { return allocator_.cell<std::uint64_t>(0, 2); }

  /// Who sleeps at a wait queue.
  [[nodiscard]] Cell<TaskId> sleeper(std::uint32_t queue) const { return waits_.cell<TaskId>(queue); }

  // swap, and the lock under which anonymous pages are found by their frame; both only if somebody looks for them so
  [[nodiscard]] bool has_rmap_walks() const { return limits_.swap_slots != 0; }
  [[nodiscard]] Cell<std::uint64_t> anon_vma_lock() const { return anon_vma_.cell<std::uint64_t>(0, 0); }
  [[nodiscard]] Cell<std::uint64_t> swap_users(std::uint64_t slot) const {
    return swap_.cell<std::uint64_t>(slot, SwapFields::users);
  }
  [[nodiscard]] Cell<Frame> swap_page(std::uint64_t slot) const { return swap_.cell<Frame>(slot, SwapFields::page); }
  [[nodiscard]] Cell<std::uint64_t> swap_content(std::uint64_t slot) const {
    return swap_.cell<std::uint64_t>(slot, SwapFields::content);
  }
  [[nodiscard]] Location swap_first() const { return swap_.first(); }
  [[nodiscard]] std::uint32_t swap_words() const { return limits_.swap_slots * SwapFields::words; }

  // files
  [[nodiscard]] Cell<std::uint64_t> file(FileId f, std::uint32_t field) const {
    return files_.cell<std::uint64_t>(f.raw(), field);
  }
  [[nodiscard]] Cell<Frame> file_page(FileId f, std::uint64_t n) const {
    return files_.cell<Frame>(f.raw(), static_cast<std::uint32_t>(FileFields::pages_first + n));
  }
  /// What is on disk of the file's page.
  [[nodiscard]] Cell<std::uint64_t> file_backing(FileId f, std::uint64_t n) const {
    return files_.cell<std::uint64_t>(f.raw(),
                                      static_cast<std::uint32_t>(FileFields::pages_first + limits_.file_pages + n));
  }

 private:
  void tell_who_is_who(World& world) const;

  KernelLimits limits_;
  TableGeometry geometry_;
  std::uint32_t entry_words_;
  Region tasks_, cpus_, apics_, mms_, vmas_, tables_, table_words_, frames_, allocator_, files_, waits_;
  Region anon_vma_, swap_;
};

}  // namespace mmulab
