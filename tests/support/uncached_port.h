// SPDX-License-Identifier: MIT
// An architecture without any translation cache: each access walks the page table. The kernel can be tested on it with
// nothing to flush, and a strategy that forgets to flush goes unpunished: exactly what isolates kernel bugs.
#pragma once

#include "sim/lab/system.h"

namespace mmulab::test {

inline const Label walk{"uncached.walk", "pte_read", Phase::user};
inline const Label change{"uncached.change_pte", "pte_update"};

class UncachedPort : public Port {
 public:
  explicit UncachedPort(const lab::PortParts& parts) : state_(parts.state) {
    layout_.present = 1;
    layout_.write = 2;
    layout_.user = 4;
    layout_.accessed = 0x20;
    layout_.dirty = 0x40;
    layout_.no_exec = std::uint64_t{1} << 63;
    layout_.frame_shift = 12;
    layout_.frame_mask = 0x000ffffffffff000;
  }
  const char* name() const override { return "uncached"; }
  const PteLayout& pte() const override { return layout_; }

  AccessResult access(Context& ctx, MmId mm, VirtAddr va, AccessKind kind) override {
    const VirtPage page = page_of(va, state_.geometry().page_shift());
    const auto root = state_.mm_root(mm);
    TableId table = ctx.step(walk, reads(root), [&](Access& a) { return a.read(root); });
    for (std::size_t level = state_.geometry().levels() - 1; table.exists() && level > 0; --level) {
      const auto entry = state_.entry(table, state_.geometry().index(page, level));
      const Pte upper = ctx.step(walk, reads(entry), [&](Access& a) { return a.read(entry); });
      table = layout_.is_present(upper) ? TableId{layout_.frame(upper).raw()} : TableId::none();
    }
    if (!table.exists()) return {AccessResult::Status::fault, false};
    const auto entry = state_.entry(table, state_.geometry().index(page, 0));
    return ctx.step(walk, writes(entry), [&](Access& a) {
      const Pte pte = a.read(entry);
      if (!layout_.is_present(pte)) return AccessResult{AccessResult::Status::fault, false};
      if (kind == AccessKind::store && !pte.has(layout_.write)) return AccessResult{AccessResult::Status::fault, true};
      a.write(entry, pte.with(kind == AccessKind::store ? layout_.accessed | layout_.dirty : layout_.accessed));
      return AccessResult{};
    });
  }
  Cycle access_privately(CpuId, MmId, AccessBuffer&, Cycle now, Cycle) override { return now; }

  Pte change_pte(Context& ctx, const PteRequest& request) override {
    return ctx.step(change, writes(request.ptep), [&](Access& a) {
      const Pte old = a.read(request.ptep);
      Pte value = request.value;
      if (request.action == PteAction::wrprotect) value = old.without(layout_.write);
      if (request.action == PteAction::young) value = old.without(layout_.accessed);
      a.write(request.ptep, value);
      return old;
    });
  }
  bool may_be_cached(Pte old) const override { return layout_.is_present(old); }
  void update_mmu_cache(Context&, MmId, VirtPage, Pte, AccessKind) override {}
  void init_mm(Context&, MmId) override {}
  void destroy_mm(Context&, MmId) override {}
  void switch_mm(Context&, MmId, MmId) override {}
  void after_fault(Context&, MmId) override {}
  void invalidate(Context&, const Invalidation&) override {}
  const char* refuses(Invalidation::Scope) const override { return nullptr; }

 private:
  const KernelState& state_;
  PteLayout layout_;
};

}  // namespace mmulab::test
