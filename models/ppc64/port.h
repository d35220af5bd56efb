// SPDX-License-Identifier: MIT
// The ppc64 port: hardware lookup in ERAT, TLB and the two groups of the hashed page table; the low-level hash
// fault that fills the table from Linux's ptes without any lock but BUSY; accessors, contexts, and the ways in
// which hash entries and TLB copies die. Source: Linux 2.6.20 / 2.6.22 arch/powerpc/mm (hash_low_64.S,
// hash_utils_64.c, hash_native_64.c, tlb_64.c, mmu_context_64.c), linux-gather.md 2, modelling.md 1 and 4,
// hardware.md 2. Left out: hypervisor calls, kernel mappings, i-cache maintenance, a store
// buffer (memory model: SC). Cost: named in docs/models/ppc64.md. Interrupts are off in the hash fault and in a
// flush.
#pragma once

#include <functional>

#include "models/machine/machine.h"
#include "models/mm/port.h"
#include "models/ppc64/hpt.h"
#include "models/ppc64/linux_pte.h"
#include "models/ppc64/slices.h"
#include "models/ppc64/tlbie_bus.h"
#include "models/ppc64/translation_hardware.h"

namespace mmulab {

class Ppc64Port : public Port, public CopySource {
 public:
  using BeforeInsert = std::function<void(Context&, MmId, VirtPage)>;

  Ppc64Port(KernelState& state, const Machine& machine, const Locks& locks, const Ppc64Params& params);

  /// The device that the hosts must know; attach() it to a timed host.
  [[nodiscard]] ppc64::TlbieBus& bus() { return bus_; }
  /// ERATs and TLBs that forget what they like, as moves (machine/tlb_eviction.h).
  [[nodiscard]] std::unique_ptr<Device> eviction() const;
  /// Strategy::hash_fault: called with BUSY set, before the table gets a new entry.
  void set_before_insert(BeforeInsert hook) { before_insert_ = std::move(hook); }
  void set_modify_in_place(bool keep) override { keep_hash_bits_ = keep; }
  /// The mark is STALE (safe-deferral-tombstone).
  void set_tombstones(Tombstones kind) override { tombstones_ = kind; }

  [[nodiscard]] const char* name() const override { return "ppc64"; }
  [[nodiscard]] bool treats_cpus_alike() const override { return true; }
  [[nodiscard]] const PteLayout& pte() const override { return layout_; }

  AccessResult access(Context& ctx, MmId mm, VirtAddr va, AccessKind kind) override;
  Cycle access_privately(CpuId cpu, MmId mm, AccessBuffer& buffer, Cycle now, Cycle horizon) override;

  Pte change_pte(Context& ctx, const PteRequest& request) override;
  /// What a tombstone names has been recorded by whoever made it.
  [[nodiscard]] bool may_be_cached(Pte old) const override {
    return old.has(ppc64::page_hashpte) && !(tombstones_ != Tombstones::none && old.has(ppc64::page_stale));
  }
  /// hash_preload. Interrupts on or off, PTL held.
  void update_mmu_cache(Context& ctx, MmId mm, VirtPage page, Pte pte, AccessKind kind) override;

  /// init_mm for the address spaces that exist when the simulation starts.
  void boot_mm(MmId mm);
  void init_mm(Context& ctx, MmId mm) override;
  void destroy_mm(Context& ctx, MmId mm) override;
  void switch_mm(Context& ctx, MmId prev, MmId next) override;
  void after_fault(Context&, MmId) override {}

  /// flush_hash_range: entries only. Always waits, whatever `what.wait` says: ptesync knows no other way.
  void invalidate(Context& ctx, const Invalidation& what) override;
  [[nodiscard]] const char* refuses(Invalidation::Scope scope) const override;
  /// V = 0 for the entry that `old` names, and no tlbie: the first half of a split invalidation (safe-deferral).
  bool invalidate_software_entry(Context& ctx, MmId mm, VirtPage page, Pte old) override;

  void remove_entries(Context& ctx, MmId mm, VirtPage page, bool both_groups) override;

  void open_huge_range(Context& ctx, MmId mm, VirtPage first, VirtPage end) override;
  void boot_huge_range(MmId mm, VirtPage first, VirtPage end) override;
  /// demote_segment_4k, slice by slice.
  void demote_range(Context& ctx, MmId mm, VirtPage first, VirtPage end) override;

  void list_copies(MmId mm, VirtPage page, std::vector<TranslationCopy>& copies) const override;
  void list_entries(MmId mm, VirtPage page, std::vector<SoftwareEntry>& entries) const override;

  // For tests, reports and the checkers' set-up.
  [[nodiscard]] const ppc64::Hpt& hpt() const { return hpt_; }
  [[nodiscard]] const ppc64::TranslationHardware& hardware() const { return hardware_; }
  [[nodiscard]] ppc64::HptTarget target(MmId mm, VirtPage page) const {
    return target(mm, page, context_of(mm));
  }
  /// Machine checks that the cpu has taken; the access that took one reports a fault.
  [[nodiscard]] Cell<std::uint64_t> machine_checks(CpuId cpu) const {
    return machine_checks_.cell<std::uint64_t>(cpu.raw());
  }

 private:
  struct UserAccess {
    MmId mm;
    VirtAddr va;
    VirtPage page;  ///< as the kernel counts them; of a huge page, its first
    TlbKey key;
    VirtPage index;  ///< what selects the set of an ERAT or TLB
    CpuId cpu;
    CoreId core;
    AccessKind kind = AccessKind::load;
    std::uint64_t need = 0;  ///< rights bits that a copy must have
    [[nodiscard]] ppc64::PageSize size() const { return static_cast<ppc64::PageSize>(key.size_code()); }
  };
  /// What one attempt by the hardware came to.
  enum class Lookup : std::uint8_t { done, again, fault, machine_check };
  /// What a copy says to an access: go on, look again in the table (C), no.
  enum class Permission : std::uint8_t { granted, needs_look, denied };
  struct Matches {
    std::uint32_t count = 0;
    std::uint64_t slot[2 * ppc64::slots_per_group] = {};
    std::uint64_t r[2 * ppc64::slots_per_group] = {};
  };
  enum class HashOutcome : std::uint8_t { done, busy, refused };
  struct PteAddress {
    MmId mm;
    VirtPage page;
    Cell<Pte> at;
  };

  // access.cpp: hardware
  [[nodiscard]] std::uint64_t context_of(MmId mm) const { return machine_.world.load(state_.mm_context(mm)); }
  /// The same, or the id that a dead mm had: a batch may outlive its mm.
  [[nodiscard]] std::uint64_t last_context_of(MmId mm) const {
    const std::uint64_t now = context_of(mm);
    return now != 0 ? now : machine_.world.load(last_context(mm));
  }
  [[nodiscard]] Cell<std::uint64_t> last_context(MmId mm) const {
    return state_.mm<std::uint64_t>(mm, MmFields::arch0);
  }
  [[nodiscard]] Cell<std::uint64_t> context_word(std::uint64_t context) const {
    return contexts_.cell<std::uint64_t>(0, context_bitmap + static_cast<std::uint32_t>(context / 64));
  }
  /// Word 0 of contexts_ is mmu_context_lock; one bit an id follows.
  static constexpr std::uint32_t context_bitmap = 1;
  [[nodiscard]] UserAccess describe(CpuId cpu, MmId mm, VirtAddr va, AccessKind kind) const {
    return describe(cpu, mm, va, kind, looked_up_size(cpu, va));
  }
  [[nodiscard]] UserAccess describe(CpuId cpu, MmId mm, VirtAddr va, AccessKind kind, ppc64::PageSize size) const;
  /// The page size by which the hardware looks `va` up: what the SLB says of its segment.
  [[nodiscard]] ppc64::PageSize looked_up_size(CpuId cpu, VirtAddr va) const;
  [[nodiscard]] PageShift base() const { return state_.geometry().page_shift(); }
  /// The kernel's page in the numbers of hardware.
  [[nodiscard]] VirtPage hardware_page(VirtPage page) const { return page_of(start_of(page, base()), PageShift{12}); }
  [[nodiscard]] ppc64::HptTarget target(const UserAccess& ua) const {
    return hpt_.target(ua.mm, ua.key.page(), ua.key.tag(), ua.size());
  }
  /// Of a page that is mapped, or was when its flush was noted; as a whole.
  [[nodiscard]] ppc64::HptTarget target(MmId mm, VirtPage page, std::uint64_t context) const {
    const bool huge = slices_.peek(machine_.world, mm, start_of(page, base())) == ppc64::PageSize::s16m;
    return hpt_.target(mm, hardware_page(page), context, huge ? ppc64::PageSize::s16m : slices_.base());
  }
  /// visit(target, slot) for every entry that `old` names (pte_iterate_hashed_subpages): COMBO says of which size.
  template <class Visit>
  void for_each_entry(MmId mm, VirtPage page, std::uint64_t context, const ppc64::RealPte& old,
                      const Visit& visit) const {
    if (format_.base == PageShift{12} || !old.pte.has(ppc64::page_combo)) {
      const ppc64::HptTarget whole = target(mm, page, context);
      return visit(whole, slot_of(whole, old.slot()));
    }
    for (unsigned part = 0; part < 1U << ppc64::page_part_order; ++part) {
      if (!old.part_may_be_hashed(part)) continue;
      const ppc64::HptTarget one = hpt_.target(mm, hardware_page(page) + Pages{part}, context);
      visit(one, slot_of(one, old.slot(part)));
    }
  }
  /// `named`: SECONDARY and GROUP_IX in four bits.
  [[nodiscard]] std::uint64_t slot_of(const ppc64::HptTarget& target, unsigned named) const {
    return hpt_.slot_of(target, (named & 8) != 0, named & 7);
  }
  [[nodiscard]] ppc64::CopyData copy_of(const UserAccess& ua, std::uint64_t r) const;
  [[nodiscard]] const Tlb& erat_for(AccessKind kind) const {
    return kind == AccessKind::fetch ? hardware_.ierat : hardware_.derat;
  }
  [[nodiscard]] static Permission judge(ppc64::CopyData copy, std::uint64_t need, AccessKind kind);
  Lookup look_up(Context& ctx, const UserAccess& ua);
  Lookup try_erat(Context& ctx, const UserAccess& ua);
  Lookup try_tlb(Context& ctx, const UserAccess& ua);
  Lookup load_segment(Context& ctx, const UserAccess& ua);
  void list_copies(TlbKey key, MmId mm, std::vector<TranslationCopy>& copies) const;
  void list_entries(const ppc64::HptTarget& target, std::vector<SoftwareEntry>& entries) const;
  [[nodiscard]] bool peek(const Tlb& tlb, const UserAccess& ua, std::uint64_t& data) const;
  /// The core holds a copy that does not permit the access: the table is not searched.
  [[nodiscard]] bool is_denied(const Access& a, const UserAccess& ua) const;
  // check.tlb = may-set
  [[nodiscard]] bool forgets(Context& ctx, const Label& label, const Tlb& copies, StepWords& set,
                             std::uint32_t way) const;
  void make_room(Context& ctx, const Label& label, const Tlb& copies, StepWords& set, TlbKey key) const;
  [[nodiscard]] bool segment_loaded(const UserAccess& ua) const;
  [[nodiscard]] TlbKey segment_key(VirtAddr va) const;
  [[nodiscard]] Cycles declare_stall(const UserAccess& ua, Footprint& footprint) const;
  void pay_stall(Access& a, const UserAccess& ua, Cycles paid) const;
  /// A label's cost as part of another step's; nothing costs anything when explored.
  [[nodiscard]] Cycles charge(const Label& label) const {
    return machine_.lines == nullptr ? Cycles{} : machine_.costs.of(label);
  }
  void use(Access& a, const UserAccess& ua, ppc64::CopyData copy) const;

  // walk.cpp: the hardware's search of the hash table
  Lookup walk(Context& ctx, const UserAccess& ua);
  [[nodiscard]] bool search_first(Context& ctx, const UserAccess& ua, const ppc64::HptTarget& target,
                                  Matches& found);
  [[nodiscard]] bool search_second(Context& ctx, const UserAccess& ua, const ppc64::HptTarget& target,
                                   Matches& found);
  void collect(const Access& a, const ppc64::HptTarget& target, bool secondary, Matches& found) const;
  static void keep(const Access& a, const Matches& found);
  void conclude_search(Access& a, const UserAccess& ua, const Matches& found) const;
  [[nodiscard]] bool holds_answer(Access& a, const Tlb& tlb, Location first, const UserAccess& ua) const;
  [[nodiscard]] static bool permits(std::uint64_t r, AccessKind kind);
  [[nodiscard]] bool store_changed_byte(Context& ctx, const UserAccess& ua, std::uint64_t slot, std::uint64_t seen,
                                        std::uint64_t bit);
  Lookup fill(Context& ctx, const UserAccess& ua, std::uint64_t r);
  [[nodiscard]] static std::uint64_t rights_of(std::uint64_t r);

  // private_run.cpp
  struct PrivateCosts;
  [[nodiscard]] std::uint64_t* raw(Location first) const { return machine_.world.untracked_words(first); }
  bool private_miss(const UserAccess& ua, const PrivateCosts& costs, Cycle& now, Cycle horizon) const;
  bool private_walk(const UserAccess& ua, const PrivateCosts& costs, Cycle& now, Cycle horizon) const;
  [[nodiscard]] bool readable(CoreId core, Location group) const;

  // hash_fault.cpp: low-level software
  AccessResult hash_page(Context& ctx, const UserAccess& missed);
  HashOutcome hash_fault(Context& ctx, const UserAccess& ua, PteAddress& where);
  UserAccess settle_size(Context& ctx, const UserAccess& ua);
  bool find_linux_pte(Context& ctx, PteAddress& where);
  HashOutcome hash_entry(Context& ctx, const PteAddress& where, const ppc64::HptTarget& target, std::uint64_t access,
                         bool local);
  HashOutcome hash_part(Context& ctx, const PteAddress& where, const ppc64::HptTarget& target, std::uint64_t access,
                        bool local);
  bool update_part(Context& ctx, const ppc64::HptTarget& target, const ppc64::RealPte& old, Pte next, bool local);
  [[nodiscard]] std::uint64_t entry_r(const ppc64::HptTarget& target, Pte pte) const {
    const unsigned part = hardware_.part_of(target.key());
    return ppc64::hpte_r_of(pte, params_.preset_c, target.size, format_, part == 0 ? 0 : part - 1);
  }
  unsigned insert_entry(Context& ctx, const ppc64::HptTarget& target, Pte pte);
  void flush_slb(Context& ctx, CpuId cpu);
  void wait_for_progress(Context& ctx, const UserAccess& ua, const PteAddress& where);

  // port.cpp
  void empty_slb(Access& a, CpuId cpu) const;
  [[nodiscard]] Footprint slb_and_erats(CpuId cpu) const;

  // pte_ops.cpp
  void store_pte(Access& a, const PteAddress& where, Pte value) const;
  [[nodiscard]] Pte cleared(Pte old) const;
  [[nodiscard]] Pte changed(const PteRequest& request, Pte old) const;

  // flush.cpp
  /// Does this cpu alone run the mm?
  bool sample_local(Context& ctx, const Label& label, MmId mm);
  bool begin_flush(Context& ctx, const Invalidation& what);
  void clear_entries(Context& ctx, const Invalidation& what, std::uint64_t* missed);
  template <class EachKey>
  void invalidate_tlbs(Context& ctx, MmId mm, bool local, const EachKey& each_key, const Invalidation* flush);
  void tlbie_one(Context& ctx, const ppc64::HptTarget& target, bool local);
  void tlbiel(Context& ctx, TlbKey key);
  void ptesync(Context& ctx);
  void ptesync_after(Context& ctx, const Invalidation* done);
  [[nodiscard]] bool only_here(const Access& a, MmId mm) const;

  KernelState& state_;
  const Machine& machine_;
  const Locks& locks_;
  Ppc64Params params_;
  ppc64::PteFormat format_;
  PteLayout layout_;
  ppc64::Slices slices_;
  ppc64::Hpt hpt_;
  ppc64::TranslationHardware hardware_;
  ppc64::TlbieBus bus_;
  Region tlbie_lock_;
  Region contexts_;
  Region machine_checks_;
  BeforeInsert before_insert_;
  bool keep_hash_bits_ = false;
  Tombstones tombstones_ = Tombstones::none;
};

}  // namespace mmulab
