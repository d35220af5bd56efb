// SPDX-License-Identifier: MIT
// How an mm comes by the ASID that a cpu is about to load. mm->context.id is generation << 16 | ASID and counts only
// while its generation is the present one; ASID 0 is nobody's. Source: arch/arm64/mm/context.c of 6.x
// (check_and_switch_context, new_context, flush_context, check_update_reserved_asid), which riscv's context.c follows;
// arch/arm/mm/context.c of 2.6.22 (__new_context). Called by switch_mm with interrupts off. Left out: pinned ASIDs,
// KPTI's pairs, the idmap, the branch predictor. Cost: tagged_asid_* as named, the lock (spin_lock, spin_unlock).
#pragma once

#include "models/machine/cpu_mask.h"
#include "models/mm/locks.h"
#include "models/tagged/mmu.h"

namespace mmulab::tagged {

class ContextId {
 public:
  static constexpr unsigned generation_shift = 16;
  constexpr ContextId() = default;
  constexpr explicit ContextId(std::uint64_t bits) : bits_(bits) {}
  constexpr ContextId(std::uint64_t generation, std::uint32_t asid) : bits_(generation << generation_shift | asid) {}
  [[nodiscard]] constexpr std::uint64_t raw() const { return bits_; }
  [[nodiscard]] constexpr std::uint64_t generation() const { return bits_ >> generation_shift; }
  [[nodiscard]] constexpr std::uint32_t asid() const { return static_cast<std::uint32_t>(bits_) & 0xffff; }
  [[nodiscard]] constexpr bool exists() const { return bits_ != 0; }
  friend constexpr bool operator==(ContextId a, ContextId b) { return a.bits_ == b.bits_; }

 private:
  std::uint64_t bits_ = 0;
};

class AsidAllocator {
 public:
  explicit AsidAllocator(const KernelState& state) : state_(state) {}
  virtual ~AsidAllocator() = default;
  /// The ASID under which this cpu shall load `mm`.
  virtual std::uint32_t take(Context& ctx, MmId mm) = 0;
  [[nodiscard]] Cell<ContextId> of(MmId mm) const { return state_.mm<ContextId>(mm, MmFields::context); }

 protected:
  [[nodiscard]] ContextId read_id(Context& ctx, MmId mm) const;
  ContextId store_id(Context& ctx, MmId mm, ContextId id) const;
  const KernelState& state_;
};

/// A bitmap of the ASIDs of this generation, and for each cpu the one that it runs. When none is left, a new generation
/// begins: what is active stays reserved for its mm, and every cpu flushes before it next takes the slow path, which
/// it must, since its active ASID was taken away.
class Generations : public AsidAllocator {
 public:
  Generations(const KernelState& state, const Machine& machine, const Locks& locks, Mmu& mmu,
              const TaggedParams& params);
  std::uint32_t take(Context& ctx, MmId mm) override;

  [[nodiscard]] Cell<ContextId> active(CpuId cpu) const { return active_.cell<ContextId>(cpu.raw()); }
  [[nodiscard]] Cell<ContextId> reserved(CpuId cpu) const { return reserved_.cell<ContextId>(cpu.raw()); }
  [[nodiscard]] Cell<std::uint64_t> generation() const { return words_.cell<std::uint64_t>(0, Fields::present); }

 private:
  struct Fields {
    // the lock alone in its line; everything but the generation changes under it
    enum : std::uint32_t { lock, present = 8, next = 16, pending = 24 };
  };
  [[nodiscard]] Cell<std::uint64_t> lock() const { return words_.cell<std::uint64_t>(0, Fields::lock); }
  [[nodiscard]] Cell<std::uint64_t> next() const { return words_.cell<std::uint64_t>(0, Fields::next); }
  [[nodiscard]] Cell<std::uint64_t> pending(CpuId cpu) const {
    return words_.cell<std::uint64_t>(0, Fields::pending + cpu.raw() / 64);
  }
  [[nodiscard]] Cell<std::uint64_t> map(std::uint32_t asid) const {
    return map_.cell<std::uint64_t>(0, asid / 64);
  }

  [[nodiscard]] bool take_fast(Context& ctx, ContextId id);
  [[nodiscard]] bool is_current(Context& ctx, ContextId id);
  [[nodiscard]] ContextId renew(Context& ctx, ContextId old);
  [[nodiscard]] bool keep_reserved(Context& ctx, ContextId old, ContextId renewed);
  [[nodiscard]] bool keep_number(Context& ctx, std::uint32_t asid);
  [[nodiscard]] std::uint32_t find_free(const World& world, std::uint32_t from) const;
  void claim(Context& ctx, std::uint32_t asid);
  void roll_over(Context& ctx);
  void flush_if_pending(Context& ctx);
  void publish(Context& ctx, ContextId id);

  const Locks& locks_;
  Mmu& mmu_;
  const TaggedParams& params_;
  Region words_;
  Region map_;
  Region active_;
  Region reserved_;
};

/// A counter. When its ASIDs are used up a new version begins and every TLB is flushed at once; cpus that run an mm of
/// the old version are not told. The mask of an mm with a fresh ASID holds the cpu that gave it alone.
class Versions : public AsidAllocator {
 public:
  Versions(const KernelState& state, const Machine& machine, const Locks& locks, Mmu& mmu,
           const TaggedParams& params);
  std::uint32_t take(Context& ctx, MmId mm) override;

 private:
  [[nodiscard]] Cell<std::uint64_t> lock() const { return words_.cell<std::uint64_t>(0, 0); }
  [[nodiscard]] Cell<ContextId> last() const { return words_.cell<ContextId>(0, 8); }

  const Locks& locks_;
  Mmu& mmu_;
  const TaggedParams& params_;
  Region words_;
};

}  // namespace mmulab::tagged
