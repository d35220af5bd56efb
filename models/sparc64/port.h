// SPDX-License-Identifier: MIT
// sparc64: software-refilled TLBs behind a translation storage buffer (TSB) in memory, contexts as address-space
// tags, cross calls instead of hardware shootdown. Models UltraSPARC (sun4u) and Niagara (sun4v, TSB walked by
// hardware). Source: Linux 2.6.22 arch/sparc64/mm/{tlb,tsb,init,fault}.c,
// kernel/{tsb.S,dtlb_miss.S,itlb_miss.S,smp.c,ultra.S}, include/asm-sparc64/{mmu_context,tsb,tlbflush}.h;
// f36391d2790d (2013) for calls that wait; hardware.md 3; linux-gather.md 3; docs/models/sparc64.md. Left out:
// D-cache aliases, 64K and 512K pages, the kernel's own TSB, lock bits, window traps, the init_mm. Costs: see
// docs/models/sparc64.md.
//
// A miss handler runs at trap level with interrupts off: here its steps raise the task's irqs_off from trap entry
// to retry. So no demap by cross call falls between its look at the pte and its fill.
#pragma once

#include <array>

#include "models/mm/port.h"
#include "models/sparc64/contexts.h"
#include "models/sparc64/core_tlbs.h"
#include "models/sparc64/cross_call.h"
#include "models/sparc64/tsb.h"

namespace mmulab {

class Sparc64Port : public Port, public CopySource, private sparc64::CallExecutor {
 public:
  Sparc64Port(const KernelState& state, const Machine& machine, const Locks& locks, KernelInterrupts& interrupts,
              Sparc64Params params);

  [[nodiscard]] const char* name() const override { return "sparc64"; }
  [[nodiscard]] const PteLayout& pte() const override { return pte_; }

  AccessResult access(Context& ctx, MmId mm, VirtAddr va, AccessKind kind) override;
  Cycle access_privately(CpuId cpu, MmId mm, AccessBuffer& buffer, Cycle now, Cycle horizon) override;

  Pte change_pte(Context& ctx, const PteRequest& request) override;
  [[nodiscard]] bool may_be_cached(Pte old) const override { return old.has(pte_.present); }
  void update_mmu_cache(Context& ctx, MmId mm, VirtPage page, Pte pte, AccessKind kind) override;

  void init_mm(Context& ctx, MmId mm) override;
  void destroy_mm(Context& ctx, MmId mm) override;
  void switch_mm(Context& ctx, MmId prev, MmId next) override;
  void after_fault(Context& ctx, MmId mm) override;

  void invalidate(Context& ctx, const Invalidation& what) override;
  bool invalidate_software_entry(Context& ctx, MmId mm, VirtPage page, Pte old) override;
  [[nodiscard]] const char* refuses(Invalidation::Scope) const override { return nullptr; }

  void list_copies(MmId mm, VirtPage page, std::vector<TranslationCopy>& copies) const override;
  void list_entries(MmId mm, VirtPage page, std::vector<SoftwareEntry>& entries) const override;

  // For tests and reports.
  [[nodiscard]] const sparc64::Tsbs& tsbs() const { return tsbs_; }
  [[nodiscard]] const sparc64::TteLayout& tte() const { return tte_; }
  /// The context number loaded on `cpu`, and the mm that it stands for.
  [[nodiscard]] std::uint32_t loaded_context(CpuId cpu) const;
  [[nodiscard]] MmId loaded_mm(CpuId cpu) const;

 private:
  // The MMU registers of a cpu, written by it alone.
  struct Registers {
    enum : std::uint32_t { mm, context, tsb, version_seen, words };
  };
  template <class T>
  [[nodiscard]] Cell<T> reg(CpuId cpu, std::uint32_t field) const { return registers_.cell<T>(cpu.raw(), field); }
  [[nodiscard]] CoreId core_of(CpuId cpu) const { return machine_.topology.core_of(cpu); }
  [[nodiscard]] sparc64::TsbTable loaded_tsb(CpuId cpu) const;
  [[nodiscard]] const sparc64::CoreTlbs& side(AccessKind kind) const {
    return kind == AccessKind::fetch ? itlb_ : dtlb_;
  }
  [[nodiscard]] std::uint64_t rights_bits(std::uint64_t data) const;

  // ---- one access (access.cpp)
  struct Miss {
    MmId mm;
    VirtPage page;
    AccessKind kind;
    std::uint32_t context;
  };
  [[nodiscard]] AccessResult use(Context& ctx, const Miss& m);
  /// The trap; false if an interrupt came first, or another thread of the core has filled the entry meanwhile.
  [[nodiscard]] bool enter_trap(Context& ctx, const Miss& m, const Label& label, bool for_protection);
  [[nodiscard]] AccessResult leave_to_kernel(Context& ctx, bool protection);
  [[nodiscard]] AccessResult protection_trap(Context& ctx, const Miss& m);
  /// True if the TSB held the translation; it is in the TLB now, unless an interrupt came first.
  [[nodiscard]] bool walk_in_hardware(Context& ctx, const Miss& m);
  [[nodiscard]] AccessResult refill(Context& ctx, const Miss& m);
  [[nodiscard]] bool search_tsbs(Context& ctx, const Miss& m, std::uint64_t& data);
  [[nodiscard]] bool walk_tables(Context& ctx, const Miss& m, Cell<Pte>& ptep, Pte& pte);
  void fill(Access& a, const Miss& m, std::uint64_t data);
  struct PrivateAccess;
  [[nodiscard]] bool hits(const PrivateAccess& p, std::uint64_t word) const;
  bool refill_privately(const PrivateAccess& p, const sparc64::TsbTable& table, VirtPage page, Cycle& now,
                        Cycle horizon);

  // ---- contexts and tables (address_space.cpp)
  /// Secondary context and TSB registers; true if the context is of a version that this cpu has not seen yet.
  bool load_registers(Context& ctx, MmId mm);
  void load_tsb_register(Context& ctx, MmId mm);
  bool has_valid_context(Context& ctx, MmId mm);
  bool mark_running(Context& ctx, MmId mm);
  void demap_loaded(Context& ctx, bool everything);
  void new_context_version(Context& ctx);
  void take_context_after_wrap(Context& ctx);
  void grow_tsb(Context& ctx, MmId mm, sparc64::TsbState old, std::uint64_t rss);
  bool claim_generation(Context& ctx, MmId mm, std::uint32_t generation);
  void free_generation(Context& ctx, MmId mm, std::uint32_t generation);
  void sync_tsb(Context& ctx, MmId mm);

  // ---- death of translations (flush.cpp)
  void execute(Context& ctx, const sparc64::CallRequest& request) override;
  void flush_tsb_user(Context& ctx, const Invalidation& what);
  [[nodiscard]] std::array<sparc64::TsbTable, 2> tables_to_flush(const World& world, MmId mm) const;
  void flush_tsb_page(Context& ctx, MmId mm, const sparc64::TsbTable& table, VirtPage page);
  void flush_tsb_all(Context& ctx, MmId mm, const sparc64::TsbTable& table);
  void smp_flush(Context& ctx, const Invalidation& what);
  [[nodiscard]] bool by_context(const Invalidation& what) const;
  [[nodiscard]] sparc64::CallRequest request_for(const Invalidation& what, std::uint32_t context) const;
  void read_cpumask(Context& ctx, MmId mm, sparc64::CpuSet& targets);
  void demap(Context& ctx, const sparc64::CallRequest& request, bool remote);
  void demap_list(Context& ctx, const sparc64::CallRequest& request, bool remote);
  void demap_page(Context& ctx, std::uint32_t context, VirtPage page);
  void demap_context(Context& ctx, std::uint32_t context);
  void demap_everything(Context& ctx);

  const KernelState& state_;
  const Machine& machine_;
  const Locks& locks_;
  Sparc64Params params_;
  const sparc64::TteLayout& tte_;
  PteLayout pte_;
  sparc64::CoreTlbs dtlb_;
  sparc64::CoreTlbs itlb_;
  sparc64::Tsbs tsbs_;
  sparc64::Contexts contexts_;
  sparc64::CrossCalls calls_;
  Region registers_;
};

}  // namespace mmulab
