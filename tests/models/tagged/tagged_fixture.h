// SPDX-License-Identifier: MIT
// A bare machine with a tagged port: mappings made by hand, one body a cpu.
#pragma once

#include "models/tagged/port.h"
#include "tests/support/port_fixture.h"

namespace mmulab::test {

/// A TLB of two entries, no second level, one walk-cache entry; as few ASIDs as `cpus` allow.
inline TaggedParams few_asids(std::uint32_t cpus) {
  TaggedParams p;
  p.dtlb_4k = p.itlb_4k = {1, 2};
  p.stlb.ways = p.psc_pdpte.ways = 0;
  p.psc_pde = {1, 1};
  p.asids = cpus + 2;
  return p;
}

struct TaggedFixture {
  explicit TaggedFixture(const TaggedParams& p, std::uint32_t cpus = 1, std::uint32_t mms = 8)
      : f(options(cpus, mms)), params(p) {
    set_costs(params.cost, f.costs);
    port = std::make_unique<TaggedPort>(f.state, f.machine(), f.locks, f.interrupts, params);
  }
  static FixtureOptions options(std::uint32_t cpus, std::uint32_t mms) {
    FixtureOptions o;
    o.topology.cores_per_socket = cpus;
    o.limits.mms = mms;
    return o;
  }
  /// A user page; accessed, and dirty if writable.
  Cell<Pte> map(MmId mm, std::uint64_t page, std::uint64_t frame, Rights rights = {true, true}) {
    return f.map(mm, VirtPage{page}, leaf(frame, rights), port->pte());
  }
  [[nodiscard]] Pte leaf(std::uint64_t frame, Rights rights) const {
    const Pte pte = port->pte().make(Frame{frame}, rights).with(radix::pte_accessed);
    return rights.write ? pte.with(radix::pte_dirty) : pte;
  }
  AccessResult::Status touch(Context& ctx, MmId mm, std::uint64_t page, AccessKind kind = AccessKind::load) const {
    for (;;) {
      const AccessResult r = port->access(ctx, mm, VirtAddr{page << 12}, kind);
      if (r.status != AccessResult::Status::interrupted) return r.status;
    }
  }
  /// switch_mm is called with interrupts off.
  void run_mm(Context& ctx, MmId mm) const {
    f.locks.irq_disable(ctx);
    port->switch_mm(ctx, MmId::none(), mm);
    f.locks.irq_enable(ctx);
  }
  void flush(Context& ctx, MmId mm, Invalidation::Scope scope, std::uint64_t first = 0, std::uint64_t end = 0) const {
    Invalidation i;
    i.mm = mm;
    i.scope = scope;
    i.first = VirtPage{first};
    i.end = VirtPage{end};
    port->invalidate(ctx, i);
  }
  [[nodiscard]] std::uint32_t asid_of(MmId mm) const { return f.world.load(port->asids().of(mm)).asid(); }
  [[nodiscard]] std::uint64_t generation_of(MmId mm) const {
    return f.world.load(port->asids().of(mm)).generation();
  }

  mutable PortFixture f;
  TaggedParams params;
  std::unique_ptr<TaggedPort> port;
};

}  // namespace mmulab::test
