// SPDX-License-Identifier: MIT
// The kernel: system calls and the page fault over KernelState, written once against the execution context. One file a
// call. It speaks to the architecture through Port and to the gather through Strategy, and knows neither. Source:
// Linux 2.6.20, 2.6.22 and today's mm/ (linux-gather.md 1), each file names its functions. Cost: kernel.cost.*.
#pragma once

#include "models/mm/page_lists.h"
#include "models/mm/policy.h"
#include "models/mm/rmap.h"
#include "models/mm/scheduler.h"
#include "models/mm/strategy.h"
#include "models/mm/walkers.h"
#include "sim/events/stream.h"

namespace mmulab {

/// Why an access or a call ended other than as asked.
enum class Outcome : std::uint8_t { ok, bad_address, no_permission, no_memory };

/// Whom a page is for: an address space, or (mm none) a file's page of that number, which a device may stand behind.
struct PageOwner {
  MmId mm;
  VirtPage page;
  bool device = false;
};

/// Where a walk of the page tables ended: the pte cell and the lock that covers it.
struct PtePlace {
  Cell<Pte> pte;
  Cell<std::uint64_t> ptl;
  TableId table;
  bool exists = false;
};
inline void remember(History& history, const PtePlace& place) {
  history.learn(place.exists ? place.pte.at.raw() + std::uint64_t{1} : 0);
}

enum class Settles : std::uint8_t { no, yes };

enum class PendingSeen : std::uint8_t { not_asked, no, yes };

/// A pte that may show an anonymous page, under its PTL.
struct Mapping {
  MmId mm;
  VirtPage page;
  VmaRecord vma;
  PtePlace place;
  Pte now;
  bool more = false;            ///< the mm has another VMA that would show the page
  PendingSeen pending = PendingSeen::not_asked;  ///< whether somebody's flush was, before the PTL was taken
};

/// What a walk without locks has read: a page, its pte, and the entry above it.
struct GupStep {
  Frame frame;
  Cell<Pte> ptep;
  Pte pte;
  Cell<Pte> above;
  Pte upper;
};

class Kernel {
 public:
  Kernel(const KernelState& state, const KernelPolicy& policy, Locks& locks, Scheduler& scheduler, Port& port,
         Strategy& strategy)
      : state_(state), policy_(policy), locks_(locks), scheduler_(scheduler), port_(port), strategy_(strategy) {}

  // ---- what a task does; the caller is in user mode and comes back to it
  Outcome access(Context& ctx, VirtAddr va, AccessKind kind);
  Outcome munmap(Context& ctx, VirtPage first, Pages pages);
  Outcome madvise_dontneed(Context& ctx, VirtPage first, Pages pages);
  /// read(/dev/zero) into [first, first + pages).
  Outcome zero_read(Context& ctx, VirtPage first, Pages pages);
  Outcome mprotect(Context& ctx, VirtPage first, Pages pages, Rights rights);
  /// mremap(from, pages, pages, MREMAP_FIXED, to): one VMA, or a part of one.
  Outcome mremap(Context& ctx, VirtPage from, Pages pages, VirtPage to);
  /// A new mapping; `record` as it shall be.
  Outcome mmap(Context& ctx, const VmaRecord& record);
  /// fork: `child` is an unused task whose program is set; `child_mm` an unused mm.
  Outcome fork(Context& ctx, TaskId child, MmId child_mm);
  /// clone(CLONE_VM): `child`, as above, shares the caller's mm.
  Outcome clone(Context& ctx, TaskId child);
  /// execve: the caller goes on in `mm`, an unused one, without mappings.
  Outcome exec(Context& ctx, MmId mm);
  /// Sleeps until `task` has come to `stage` (wait4, vfork's wait); one task at a time waits for another one.
  Outcome wait_for(Context& ctx, TaskId task, TaskStage stage);
  /// Sleeps until `task` is over, and it is as if it had never been: fork and clone may begin it again. False if it was
  /// so already. Beside whoever waits for the task; one task at a time reaps. Timed only.
  bool reap(Context& ctx, TaskId task);
  /// Nobody uses the mm and no cpu borrows it: fork and exec may take it.
  bool is_unused(Context& ctx, MmId mm);
  /// MADV_FREE: the pages' content may go, unless they are stored to again.
  Outcome madvise_free(Context& ctx, VirtPage first, Pages pages);
  /// /proc/PID/clear_refs, of a range.
  Outcome clear_refs(Context& ctx, VirtPage first, Pages pages);

  /// subpage_prot's first half: the range's pages are translated in parts from now on.
  Outcome demote(Context& ctx, VirtPage first, Pages pages);

  /// get_user_pages_fast; the pages are let go at once.
  Outcome gup(Context& ctx, VirtPage first, Pages pages);

  // ---- what is done to a file's pages
  /// unmap_mapping_range: invalidation from the side.
  Outcome unmap_mapping(Context& ctx, const FileRange& range);
  /// The same, and the pages leave the file: truncation, or a driver's revocation.
  Outcome truncate(Context& ctx, const FileRange& range);
  /// Writes the range's dirty pages back (write_cache_pages).
  Outcome writeback(Context& ctx, const FileRange& range);
  /// Takes the range's pages out of memory (shrink_page_list).
  Outcome reclaim(Context& ctx, const FileRange& range);

  // ---- what kernel threads do to pages; here a task does it to pages of its own mm
  /// Reclaims what of the range is lazily freed (MADV_FREE) and not stored to since.
  Outcome discard(Context& ctx, VirtPage first, Pages pages);
  /// Reclaims anonymous pages: unmaps, writes out to swap, frees.
  Outcome reclaim_anon(Context& ctx, VirtPage first, Pages pages);
  /// change_prot_numa: NUMA hints.
  Outcome protnone(Context& ctx, VirtPage first, Pages pages);
  /// migrate_pages, a page at a time.
  Outcome migrate(Context& ctx, VirtPage first, Pages pages);
  /// migrate_vma_setup, _pages and _finalize.
  Outcome migrate_vma(Context& ctx, VirtPage first, Pages pages);
  /// try_to_merge_two_pages.
  Outcome ksm_merge(Context& ctx, VirtPage keep, VirtPage drop);

  void yield(Context& ctx);
  /// Sleeps in the kernel until another task wakes this one.
  void sleep_at(Context& ctx, std::uint32_t queue);
  /// Waits until somebody sleeps there and has left its cpu; wakes it.
  void await_at(Context& ctx, std::uint32_t queue);
  void wake_at(Context& ctx, std::uint32_t queue);
  /// Leaves the mm (tearing it down if last) and ends the task; never returns.
  [[noreturn]] void exit(Context& ctx);

  // ---- for strategies and ports
  [[nodiscard]] const KernelState& state() const { return state_; }
  [[nodiscard]] const KernelPolicy& policy() const { return policy_; }
  [[nodiscard]] Locks& locks() { return locks_; }
  [[nodiscard]] Port& port() { return port_; }
  [[nodiscard]] Scheduler& scheduler() { return scheduler_; }
  /// Null where nobody frees tables with regard to walks without locks.
  [[nodiscard]] Walkers* walkers() const { return walkers_; }
  void set_walkers(Walkers* walkers) { walkers_ = walkers; }
  /// Whether a page is to be had where nobody may wait for one (GFP_NOWAIT).
  bool allocates_atomically(Context& ctx);
  /// Drops one reference; the last one gives the frame back to the zone.
  void put_page(Context& ctx, Frame frame);
  /// The same for several frames listed in consecutive words from `list`: one zone lock a pagevec
  /// (free_pages_and_swap_cache).
  void put_pages(Context& ctx, Location list, std::uint32_t count);
  void free_table(Context& ctx, TableId table, std::size_t level);
  /// mm->tlb_flush_pending: one more flush is pending, one less, any at all (or more than the caller's own).
  void open_flush(Context& ctx, MmId mm);
  void close_flush(Context& ctx, MmId mm);
  bool flush_is_pending(Context& ctx, MmId mm, std::uint64_t own = 0);
  /// mmdrop's end: nobody uses or borrows the mm any more.
  void drop_mm(Context& ctx, MmId mm);

  /// Drops one map count, and says that the page is dirty if that mapping was.
  void remove_rmap(Context& ctx, Frame frame, bool dirty);

  // ---- before the run, without steps
  void boot_vma(World& world, MmId mm, const VmaRecord& record);

 private:
  friend class Zap;
  void enter(Context& ctx, Call call, VirtPage first, Pages pages);
  void leave(Context& ctx, Call call, VirtPage first, Pages pages);
  [[nodiscard]] MmId mm_of(const Context& ctx) const { return ctx.world().load(state_.task_mm(ctx.task())); }

  TaskId find_sleeper(Context& ctx, std::uint32_t queue);  // wait.cpp

  // process.cpp
  void open_mm(Context& ctx, MmId mm);
  void start(Context& ctx, TaskId child, MmId mm);
  void leave_mm(Context& ctx, MmId mm);
  void come_to(Context& ctx, TaskStage stage);
  void await_end(Context& ctx, TaskId task);
  void release_task(Context& ctx, TaskId task);

  // mmap_sem (sem.cpp)
  void down_read(Context& ctx, MmId mm);
  void up_read(Context& ctx, MmId mm);
  void down_write(Context& ctx, MmId mm);
  void up_write(Context& ctx, MmId mm);
  void sem_sleep(Context& ctx, MmId mm, bool write, const LockWait& waited);
  void sem_wake(Context& ctx, MmId mm);

  // the page lock (page_lock.cpp)
  bool take_page_lock(Context& ctx, Frame frame, bool only_tries);
  bool trylock_page(Context& ctx, Frame frame) { return take_page_lock(ctx, frame, true); }
  void lock_page(Context& ctx, Frame frame);
  void sleep_on_page(Context& ctx, Frame frame, const LockWait& waited);
  void unlock_page(Context& ctx, Frame frame);

  // VMAs (vma.cpp); mmap_sem held
  VmaId find_vma(Context& ctx, MmId mm, VirtPage page, VmaRecord& record);
  void read_vma(Context& ctx, VmaId vma, VmaRecord& record);
  PageRange hole_around(Context& ctx, MmId mm, VirtPage page);
  std::uint32_t vma_count(Context& ctx, MmId mm);
  bool has_room(Context& ctx, MmId mm, std::uint32_t vmas);
  [[nodiscard]] VmaRecord load_vma(const Access& a, VmaId vma) const;
  void insert_vma(Context& ctx, MmId mm, const VmaRecord& record);
  void remove_vma(Context& ctx, MmId mm, VmaId vma);
  void split_vma(Context& ctx, MmId mm, VirtPage at);
  /// i_mmap_lock around a change of what maps a file; nothing for anonymous memory.
  void lock_i_mmap(Context& ctx, const VmaRecord& vma);
  void unlock_i_mmap(Context& ctx, const VmaRecord& vma);
  void lock_rmap(Context& ctx, const VmaRecord& vma);
  void unlock_rmap(Context& ctx, const VmaRecord& vma);
  void link_vma(Context& ctx, MmId mm, const VmaRecord& record);

  // page tables (page_tables.cpp)
  PtePlace find_pte(Context& ctx, MmId mm, VirtPage page);
  PtePlace allocate_pte(Context& ctx, MmId mm, VirtPage page);
  TableId find_table(Context& ctx, MmId mm, VirtPage page, std::size_t level);
  TableId allocate_tables(Context& ctx, MmId mm, VirtPage page, std::size_t down_to);
  [[nodiscard]] PtePlace place_in(TableId table, VirtPage page) const;
  TableId allocate_table(Context& ctx, MmId mm, std::size_t level);
  void free_page_tables(Context& ctx, Gather& g, const PageRange& range, const PageRange& hole);
  void free_tables_below(Context& ctx, Gather& g, TableId table, std::size_t level, const PageRange& range,
                         const PageRange& hole);

  // page tables that several address spaces share (shared_tables.cpp)
  [[nodiscard]] bool shareable(const VmaRecord& vma, VirtPage page) const;
  PtePlace allocate_shared(Context& ctx, MmId mm, const VmaRecord& vma, VirtPage page);
  TableId find_shared(Context& ctx, MmId mm, const VmaRecord& vma, VirtPage page);
  void populate(Context& ctx, MmId mm, TableId upper, VirtPage page, TableId table);
  bool unshare(Context& ctx, Gather& g, const VmaRecord& vma, const PtePlace& place, VirtPage page);
  void join(Access& a, MmId mm, VirtPage page, TableId table) const;

  // frames (frames.cpp)
  /// False for a zero page that the kernel neither references nor counts.
  [[nodiscard]] bool counted(Frame frame) const {
    return policy_.zero_page_counted || frame != KernelState::zero_frame();
  }
  Frame allocate_page(Context& ctx, const PageOwner& owner);
  void clear_page(Context& ctx, Frame frame);
  void clear_huge_page(Context& ctx, Frame frame);
  void get_page(Context& ctx, Frame frame);
  void count_rss(Context& ctx, MmId mm, std::int64_t change);
  void add_rmap(Context& ctx, Frame frame);

  // page cache (page_cache.cpp)
  Frame find_get_page(Context& ctx, FileId file, std::uint64_t index);
  Frame file_page(Context& ctx, const VmaRecord& vma, VirtPage page);
  bool is_cached(Context& ctx, FileId file, std::uint64_t index, Frame frame);
  bool remove_from_cache(Context& ctx, FileId file, std::uint64_t index, Frame frame, bool keep);
  /// In a step that declares the page's flags.
  void mark_dirty(Access& a, Frame frame) const;
  void set_page_dirty(Context& ctx, Frame frame);

  // the reverse map of files (rmap.cpp), and who walks it (unmap_mapping.cpp, writeback.cpp)
  bool next_mapping(Context& ctx, const FileRange& range, FileMapping& at);
  bool page_mapped(Context& ctx, Frame frame);
  PtePlace check_address(Context& ctx, MmId mm, VirtPage page, Frame frame, bool sync);
  void page_mkclean(Context& ctx, FileId file, std::uint64_t index, Frame frame);
  bool mkclean_one(Context& ctx, const FileMapping& at, Frame frame);
  bool try_to_unmap(Context& ctx, FileId file, std::uint64_t index, Frame frame);
  void unmap_one(Context& ctx, const FileMapping& at, Frame frame);
  void unmap_mapping_range(Context& ctx, const FileRange& range);
  bool truncate_page(Context& ctx, FileId file, std::uint64_t index, Frame frame);
  bool clear_page_dirty_for_io(Context& ctx, FileId file, std::uint64_t index, Frame frame);
  void write_page(Context& ctx, FileId file, std::uint64_t index, Frame frame);
  bool shrink_page(Context& ctx, FileId file, std::uint64_t index, Frame frame);

  // fault (fault.cpp)
  Outcome page_fault(Context& ctx, VirtAddr va, AccessKind kind, bool from_user);
  Outcome handle_fault(Context& ctx, MmId mm, const VmaRecord& vma, VirtPage page, AccessKind kind);
  bool map_page(Context& ctx, MmId mm, VirtPage page, const PtePlace& place, Pte value, AccessKind kind,
                const Cell<std::uint64_t>* inner = nullptr, bool in_rss = true);
  [[nodiscard]] VirtPage mapped_page(const VmaRecord& vma, VirtPage page) const;
  void hugetlb_fault(Context& ctx, MmId mm, const VmaRecord& vma, VirtPage page, AccessKind kind);
  void map_anonymous(Context& ctx, MmId mm, const VmaRecord& vma, VirtPage page, AccessKind kind,
                     const PtePlace& place);
  void map_file(Context& ctx, MmId mm, const VmaRecord& vma, VirtPage page, AccessKind kind, const PtePlace& place);
  void map_cached(Context& ctx, MmId mm, const VmaRecord& vma, VirtPage page, AccessKind kind, const PtePlace& place,
                  Frame frame);
  void tell_dirty(Context& ctx, Frame frame);
  void write_protected(Context& ctx, MmId mm, const VmaRecord& vma, VirtPage page, Pte seen, const PtePlace& place);
  void fill_copy(Context& ctx, MmId mm, VirtPage page, Frame source, Frame target);
  void end_copy(Context& ctx, MmId mm, VirtPage page, Frame source, Frame target);
  void copy_on_write(Context& ctx, MmId mm, const VmaRecord& vma, VirtPage page, Pte seen, const PtePlace& place);
  void make_young(Context& ctx, MmId mm, const VmaRecord& vma, VirtPage page, Pte seen, AccessKind kind,
                  const PtePlace& place);

  // zap (zap.cpp)
  void zap_page_range(Context& ctx, MmId mm, VmaId vma, VirtPage first, VirtPage end, GatherKind kind, OuterLock outer);
  void unmap_vma(Context& ctx, Gather& g, VmaId vma, VirtPage first, VirtPage end);
  void unmap_mapped(Context& ctx, Gather& g, const VmaRecord& vma, VirtPage first, VirtPage end);
  VirtPage zap_table(Context& ctx, Gather& g, const VmaRecord& vma, VirtPage first, VirtPage end, std::int64_t& block);
  bool zap_pte(Context& ctx, Gather& g, const VmaRecord& vma, VirtPage page, Cell<Pte> ptep, std::int64_t& block);
  void zero_map_range(Context& ctx, MmId mm, VirtPage first, VirtPage end);

  // munmap, mremap
  void unmap_region(Context& ctx, MmId mm, VirtPage first, VirtPage end);
  void move_page_tables(Context& ctx, MmId mm, const VmaRecord& vma, VirtPage from);
  bool move_ptes(Context& ctx, MmId mm, const VmaRecord& vma, VirtPage from, VirtPage to, Pages extent,
                 const PtePlace& source);
  bool move_table(Context& ctx, MmId mm, const VmaRecord& vma, VirtPage from, VirtPage to);
  MoveFlush move_pte(Context& ctx, MmId mm, VirtPage from, Cell<Pte> ptep, VirtPage to, Cell<Pte> into);

  // fork, mprotect
  void copy_vma(Context& ctx, MmId from, MmId to, const VmaRecord& vma, Gather* g);
  VirtPage copy_table(Context& ctx, MmId from, MmId to, const VmaRecord& vma, VirtPage first, VirtPage end, Gather* g);
  bool copy_pte(Context& ctx, MmId from, MmId to, const VmaRecord& vma, VirtPage page, Cell<Pte> source,
                Cell<Pte> target, Gather* g);
  void change_protection(Context& ctx, MmId mm, const VmaRecord& vma, VirtPage first, VirtPage end, Gather* g);
  void change_table(Context& ctx, MmId mm, const VmaRecord& vma, VirtPage first, VirtPage end, Gather* g);
  void change_entry(Context& ctx, MmId mm, VirtPage page, Cell<Pte> ptep, Pte seen);
  void exit_mmap(Context& ctx, MmId mm);

  // get_user_pages (gup.cpp)
  Frame gup_fast(Context& ctx, MmId mm, VirtPage page);
  Frame walk_locklessly(Context& ctx, MmId mm, VirtPage page);
  Frame grab(Context& ctx, const GupStep& found);
  Outcome gup_slowly(Context& ctx, MmId mm, VirtPage page, Frame& frame);
  Frame follow_page(Context& ctx, const PtePlace& place);

  // ranges (range_walk.h)
  template <class Visit>
  Outcome for_each_vma(Context& ctx, MmId mm, VirtPage first, VirtPage end, const Visit& visit);
  template <class Visit>
  void for_each_pte(Context& ctx, MmId mm, VirtPage first, VirtPage end, Gather* g, Settles settles,
                    const Visit& visit);

  // madvise(FREE), clear_refs, NUMA hints
  void free_lazily(Context& ctx, Gather& g, VirtPage page, Cell<Pte> ptep);
  void forget_references(Context& ctx, MmId mm, VirtPage page, Cell<Pte> ptep);
  void give_hint(Context& ctx, Gather& g, VirtPage page, Cell<Pte> ptep);
  void numa_fault(Context& ctx, MmId mm, const VmaRecord& vma, VirtPage page, Pte seen, AccessKind kind,
                  const PtePlace& place);

  void take_hint(Context& ctx, MmId mm, VirtPage page, Cell<Pte> ptep, AccessKind kind);

  // anonymous pages by their frame (anon_rmap.cpp)
  AnonPage take_page(Context& ctx, MmId mm, VirtPage page);
  void give_back(Context& ctx, const AnonPage& taken);
  bool only_reference(Context& ctx, Frame frame);
  void lock_anon_vma(Context& ctx);
  void unlock_anon_vma(Context& ctx);
  bool find_mapping(Context& ctx, const AnonPage& anon, Mapping& at);
  template <class Visit>
  std::uint32_t for_each_mapping(Context& ctx, const AnonPage& anon, const Visit& visit);
  void unmap_one(Context& ctx, const Mapping& at, const AnonPage& anon, Pte entry);
  Pte clear_deferred(Context& ctx, const Mapping& at);
  PendingSeen ask_for_pending(Context& ctx, MmId mm);
  Pte clear_flush(Context& ctx, MmId mm, VirtPage page, Cell<Pte> ptep,
                  PendingSeen pending = PendingSeen::not_asked);

  // migration (migrate.cpp)
  bool migrate_page(Context& ctx, MmId mm, VirtPage page, const AnonPage& anon);
  void move_page(Context& ctx, MmId mm, VirtPage page, const AnonPage& anon);
  void move_flags(Context& ctx, Frame source, Frame target);
  void remove_migration_ptes(Context& ctx, const AnonPage& anon, Frame target);
  VirtPage collect(Context& ctx, MmId mm, const VmaRecord& vma, VirtPage first, VirtPage end, Collected& into);
  Frame collect_one(Context& ctx, MmId mm, VirtPage page, Cell<Pte> ptep);
  void wait_for_migration(Context& ctx, Frame source);

  // KSM, reclaim, swap
  bool write_protect_page(Context& ctx, MmId mm, VirtPage page, Frame frame, Pte& now);
  bool replace_page(Context& ctx, MmId mm, VirtPage page, Pte seen, Frame frame);
  void merge_page(Context& ctx, MmId mm, VirtPage page, Frame drop, Frame keep);
  bool discard_one(Context& ctx, const AnonPage& anon);
  bool swap_out(Context& ctx, const AnonPage& anon);
  Outcome reclaim(Context& ctx, Call call, VirtPage first, Pages pages);
  void free_reclaimed(Context& ctx, Call call, ReclaimList& list);
  std::uint64_t allocate_slot(Context& ctx, Frame page);
  void duplicate_slot(Context& ctx, std::uint64_t slot);
  void free_slot(Context& ctx, std::uint64_t slot);
  void swap_in(Context& ctx, MmId mm, const VmaRecord& vma, VirtPage page, Pte seen, AccessKind kind,
               const PtePlace& place);
  void zap_entry(Context& ctx, MmId mm, VirtPage page, Cell<Pte> ptep, Pte seen);
  bool copy_entry(Context& ctx, MmId from, MmId to, VirtPage page, Pte seen, Cell<Pte> source, Cell<Pte> target);

  const KernelState& state_;
  const KernelPolicy& policy_;
  Locks& locks_;
  Scheduler& scheduler_;
  Port& port_;
  Strategy& strategy_;
  Walkers* walkers_ = nullptr;
};

}  // namespace mmulab
