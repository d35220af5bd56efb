// SPDX-License-Identifier: MIT
// What the generic kernel asks of an architecture (Linux: include/asm-*/{pgtable,tlbflush,mmu_context}.h). A port
// owns the architecture's translation hardware and its low-level software: walkers, the hash fault, the TSB miss
// handler, switch_mm and the ways in which translations die.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/mm/interrupts.h"
#include "models/mm/locks.h"

namespace mmulab {

enum class AccessKind : std::uint8_t { load, store, fetch };

struct AccessResult {
  enum class Status : std::uint8_t {
    done,         ///< the access has been performed
    interrupted,  ///< nothing happened; try again (the task may be on another cpu now)
    fault,        ///< the generic page-fault handler must run
    machine_check,  ///< hardware cannot go on: the task is killed
  };
  Status status = Status::done;
  /// fault: there was a translation, but it does not permit the access. Tests ask; the kernel does not, and ppc64 says
  /// nothing, so that no task remembers it.
  bool protection = false;
};

/// A change of one pte, as the kernel's accessors make it. Called with that pte's lock held.
enum class PteAction : std::uint8_t {
  clear,       ///< ptep_get_and_clear
  clear_full,  ///< ptep_get_and_clear_full: the whole mm dies, nobody can race
  wrprotect,   ///< ptep_set_wrprotect
  set,         ///< set_pte_at: `value`
  modify_start,  ///< the first half of mprotect's change: get and clear (2.6), or ptep_modify_prot_start
  modify_commit, ///< its second half: `value`
  young,       ///< ptep_test_and_clear_young
  access_flags,  ///< ptep_set_access_flags: raises rights, sets accessed / dirty as in `value`
};

struct PteRequest {
  MmId mm;
  VirtPage page;
  Cell<Pte> ptep;
  PteAction action = PteAction::clear;
  Pte value;
};

/// Why the translations die: statistics, and the story a report tells.
enum class FlushReason : std::uint8_t {
  each,
  full,
  mm_change,
  leave_lazy,
  before_unlock,
  after_unlock,
  zap_block,
  end_vma,
  end,
  context_switch,
  classic,
  force
};

/// Which translations must die, and how the initiator waits.
struct Invalidation {
  enum class Scope : std::uint8_t { mm, range, entries };
  MmId mm;
  Scope scope = Scope::mm;
  /// range: [first, end).
  VirtPage first;
  VirtPage end;
  /// entries: `count` records of {page | old pte} words starting here; see BatchEntry.
  Location entries;
  std::uint32_t count = 0;
  std::uint32_t entry_words = 2;  ///< BatchEntry::words, or one more
  bool freed_tables = false;
  /// The mm is being torn down and nobody runs it any more.
  bool full_mm = false;
  /// False: the request is posted and the initiator goes on (sparc64-2.6.22).
  bool wait = true;
  /// The receiver reads the entries from the sender's memory when it gets round to it (sparc64-2.6.22).
  bool by_reference = false;
  /// Entries: the hash entries are already gone, only the TLBs remain (safe-deferral).
  bool tlb_only = false;
  FlushReason reason = FlushReason::end;
};

/// One pending translation in a batch: two words, the page and the pte as it was; and that pte's second word, if ptes
/// have one.
struct BatchEntry {
  enum : std::uint32_t { page, old_pte, words, second = words };
};

/// A core's own supply of user accesses, handed to the port in chunks: virtual address, and one of the bits for a
/// store or a fetch.
struct AccessBuffer {
  static constexpr std::uint64_t store_bit = std::uint64_t{1} << 63;
  static constexpr std::uint64_t fetch_bit = std::uint64_t{1} << 62;
  static constexpr VirtAddr address_of(std::uint64_t word) { return VirtAddr{word & ~(store_bit | fetch_bit)}; }
  static constexpr AccessKind kind_of(std::uint64_t word) {
    return (word & fetch_bit) != 0 ? AccessKind::fetch : (word & store_bit) != 0 ? AccessKind::store : AccessKind::load;
  }
  const std::uint64_t* addresses = nullptr;
  std::size_t next = 0;
  std::size_t end = 0;
  /// Where only the horizon stopped a hit in the first level: when it would have completed.
  Cycle hit_end = never;
};

/// An entry of a table that software keeps beside the page tables, in the architecture's words.
struct SoftwareEntry {
  Location at;
  std::string text;
};

class Port {
 public:
  virtual ~Port() = default;
  [[nodiscard]] virtual const char* name() const = 0;
  [[nodiscard]] virtual const PteLayout& pte() const = 0;
  /// Nothing goes through the cpus in the order of their numbers, and the World knows which of the port's words belong
  /// to a cpu or name one.
  [[nodiscard]] virtual bool treats_cpus_alike() const { return false; }

  // ---- user accesses
  /// One attempt at a user access by the context's task, by steps: TLB, walk, low-level refill handlers.
  virtual AccessResult access(Context& ctx, MmId mm, VirtAddr va, AccessKind kind) = 0;
  /// Performs buffered accesses of `cpu` that are private to its core and complete before `horizon`: the same
  /// effects and cycles as access(), without steps or events. Stops at the first one that is not private. Returns the
  /// cycle reached. There are no fetches among them. `buffer.hit_end` is told only of accesses that would complete
  /// later if their copy were dropped before.
  virtual Cycle access_privately(CpuId cpu, MmId mm, AccessBuffer& buffer, Cycle now, Cycle horizon) = 0;
  /// When the buffer's next access, begun now, completes as a hit in the first level; never if it is none.
  [[nodiscard]] Cycle hit_end(CpuId cpu, MmId mm, const AccessBuffer& buffer, Cycle now) {
    AccessBuffer next{buffer.addresses, buffer.next, buffer.next + 1};
    access_privately(cpu, mm, next, now, now);
    return next.hit_end;
  }

  // ---- ptes
  /// modify_start and modify_commit keep the software bits that say where the hash entry is (ppc64), so that a
  /// fault between the two updates that entry instead of inserting a second one. Off as in Linux.
  virtual void set_modify_in_place(bool) {}
  /// A clear leaves the slot of the hash entry behind, and a hash fault on it removes that entry first (ppc64). Beside
  /// `kept`: what an implementation could get wrong.
  enum class Tombstones : std::uint8_t { none, kept, lost_when_set, taken_for_entries };
  virtual void set_tombstones(Tombstones) {}
  /// Performs the change as the architecture's accessor does (atomic exchange, BUSY wait, stripping) and returns
  /// the old value. Does not invalidate anything: that is the strategy's part.
  virtual Pte change_pte(Context& ctx, const PteRequest& request) = 0;
  /// May a copy of this (old) pte be cached anywhere? ppc64: HASHPTE; others: present.
  [[nodiscard]] virtual bool may_be_cached(Pte old) const = 0;
  /// After the fault handler has installed `pte` (PTL held): hash_preload, TSB insert.
  virtual void update_mmu_cache(Context& ctx, MmId mm, VirtPage page, Pte pte, AccessKind kind) = 0;

  /// mremap may hang a whole leaf table elsewhere (arch_supports_page_table_move): nothing but the walk finds a pte by
  /// its address.
  [[nodiscard]] virtual bool moves_tables() const { return false; }
  /// Address spaces may share leaf tables (ARCH_WANT_HUGE_PMD_SHARE): a pte says nothing of one of them alone.
  [[nodiscard]] virtual bool shares_tables() const { return false; }

  /// Only huge pages will be mapped in [first, end); at boot, and by mmap with mmap_sem held for write.
  virtual void boot_huge_range(MmId, VirtPage first, VirtPage end) { (void)first, (void)end; }
  virtual void open_huge_range(Context&, MmId, VirtPage first, VirtPage end) { (void)first, (void)end; }

  /// The range's pages are translated in parts from now on (demote_segment_4k); nothing is flushed.
  virtual void demote_range(Context&, MmId, VirtPage first, VirtPage end) { (void)first, (void)end; }

  /// The hash or TSB entries that answer for the page now; for reports. None where hardware walks page tables alone.
  virtual void list_entries(MmId, VirtPage, std::vector<SoftwareEntry>&) const {}

  // ---- address spaces
  virtual void init_mm(Context& ctx, MmId mm) = 0;
  /// The last user is gone and everything is unmapped: the context id, the TSB go back.
  virtual void destroy_mm(Context& ctx, MmId mm) = 0;
  /// Interrupts off. `next` none: a kernel thread borrows prev (lazy TLB).
  virtual void switch_mm(Context& ctx, MmId prev, MmId next) = 0;
  /// The rss or the table shape changed and mmap_sem has been dropped (sparc64: TSB growth).
  virtual void after_fault(Context& ctx, MmId mm) = 0;

  // ---- death of translations
  /// Makes the translations dead: on return (if `wait`) no cpu can use them. May be called with the PTL held.
  virtual void invalidate(Context& ctx, const Invalidation& what) = 0;
  /// Makes the hash or TSB entry of one old pte dead and leaves the TLBs alone: the first half of a split
  /// invalidation. PTL held. Nothing to do where hardware walks the page table itself. False if no copies need to be
  /// flushed (a port that takes a missing entry for a sign of that, which is wrong: ppc64.tlbie_on_miss).
  virtual bool invalidate_software_entry(Context&, MmId, VirtPage, Pte) { return true; }
  /// Removes whatever software entries answer for the page, and their TLB copies, whoever has recorded them (ppc64; the
  /// page's pte is BUSY). Without `both_groups`, what an implementation could get wrong.
  virtual void remove_entries(Context&, MmId, VirtPage, bool both_groups) { (void)both_groups; }
  /// Null if the port can perform this kind of invalidation; else one sentence why not. For lint.
  [[nodiscard]] virtual const char* refuses(Invalidation::Scope scope) const = 0;
};

}  // namespace mmulab
