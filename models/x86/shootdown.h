// SPDX-License-Identifier: MIT
// What both kernels' shootdowns share: which translations must die, and how a cpu kills them in its own core. The
// rest (who is asked, how it is asked, how a cpu says that it is done, what a lazy cpu does) is a protocol:
// vectors8.h (x86_64 2.6.22) and tlb_gen.h (6.x). Both also switch address spaces, since the mask and the tag are
// halves of one protocol. Cost: x86_invlpg a page, x86_cr3_flush for everything.
#pragma once

#include <algorithm>
#include <array>

#include "models/x86/mmu.h"

namespace mmulab::x86 {

/// Everything, pages [first, end), or `count` batch entries {page, pte}.
struct FlushPlan {
  static constexpr std::uint64_t everything = ~std::uint64_t{0};

  MmId mm;
  std::uint64_t first = 0;
  std::uint64_t end = everything;
  Location entries;
  std::uint64_t count = 0;

  [[nodiscard]] bool all() const { return end == everything && count == 0; }
  /// Pages to be invalidated one by one; 0 = everything.
  [[nodiscard]] std::uint64_t pages() const { return all() ? 0 : count != 0 ? count : end - first; }
};

/// More than `ceiling` pages are cheaper as one flush of everything (tlb_single_page_flush_ceiling). A posted
/// request outlives its sender's batch, so posted entries are flushed as everything, too.
[[nodiscard]] FlushPlan plan_of(const Invalidation& what, std::uint64_t ceiling);
[[nodiscard]] bool nothing_to_do(const Invalidation& what);

/// Kills what `plan` names under this cpu's current PCID.
void flush_locally(Context& ctx, Mmu& mmu, const FlushPlan& plan);

[[nodiscard]] Event flush_event(EventKind kind, const Invalidation& what, const FlushPlan& plan);

/// A snapshot of an mm's cpumask on a kernel stack.
class CpuMask {
 public:
  static constexpr std::uint32_t words_max = 16;
  void set_word(std::uint32_t w, std::uint64_t bits) { words_[w] = bits; }
  void add(CpuId cpu) { words_[cpu.raw() / 64] |= bit(cpu); }
  void remove(CpuId cpu) { words_[cpu.raw() / 64] &= ~bit(cpu); }
  [[nodiscard]] bool has(CpuId cpu) const { return (words_[cpu.raw() / 64] & bit(cpu)) != 0; }
  [[nodiscard]] std::uint64_t word(std::uint32_t w) const { return words_[w]; }
  [[nodiscard]] std::uint32_t count(std::uint32_t cpus) const {
    std::uint32_t n = 0;
    for (std::uint32_t c = 0; c < cpus; ++c) n += has(CpuId{c}) ? 1U : 0U;
    return n;
  }
  [[nodiscard]] static std::uint64_t bit(CpuId cpu) { return std::uint64_t{1} << (cpu.raw() % 64); }

 private:
  std::array<std::uint64_t, words_max> words_{};
};

class ShootdownProtocol {
 public:
  virtual ~ShootdownProtocol() = default;
  virtual void init_mm(Context& ctx, MmId mm) = 0;
  virtual void destroy_mm(Context& ctx, MmId mm) = 0;
  virtual void switch_mm(Context& ctx, MmId prev, MmId next) = 0;
  virtual void invalidate(Context& ctx, const Invalidation& what) = 0;
  /// Handler of Vector::tlb_flush; interrupts off.
  virtual void on_interrupt(Context& ctx) = 0;
  /// Whose translations `cpu` keeps under `pcid`; for the census.
  [[nodiscard]] virtual MmId owner_of(const World& world, CpuId cpu, std::uint32_t pcid) const = 0;
};

}  // namespace mmulab::x86
