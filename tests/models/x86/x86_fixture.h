// SPDX-License-Identifier: MIT
// A bare machine with an x86 port: mappings made by hand, one body a cpu.
#pragma once

#include "models/radix/agents.h"
#include "models/x86/port.h"
#include "tests/support/port_fixture.h"

namespace mmulab::test {

inline constexpr MmId mm_a{0};
inline constexpr MmId mm_b{1};

/// Counts events of each kind and keeps them all.
struct EventLog : EventObserver {
  void on_event(const Event& event) override { events.push_back(event); }
  [[nodiscard]] std::size_t count(EventKind kind) const {
    std::size_t n = 0;
    for (const Event& e : events) n += e.kind == kind ? 1U : 0U;
    return n;
  }
  std::vector<Event> events;
};

inline X86Params modern_params() {
  X86Params p;
  p.shootdown = ShootdownStyle::tlb_gen_modern;
  return p;
}
/// Core 2 as the kernel of 2007 drove it: no PCID, one page or everything.
inline X86Params params_2_6() {
  X86Params p;
  p.shootdown = ShootdownStyle::vectors8_2_6;
  p.pcid = false;
  p.invpcid = false;
  p.flush_ceiling = 1;
  return p;
}

struct X86Fixture {
  explicit X86Fixture(const X86Params& p, std::uint32_t cpus = 1, std::uint32_t threads = 1,
                      FixtureOptions options = {})
      : f(with(options, cpus, threads)), params(p) {
    set_costs(params.cost, f.costs);
    port = std::make_unique<X86Port>(f.state, f.machine(), f.locks, f.interrupts, params);
    f.stream.subscribe(log);
  }
  static FixtureOptions with(FixtureOptions options, std::uint32_t cpus, std::uint32_t threads) {
    options.topology.cores_per_socket = cpus / threads;
    options.topology.threads_per_core = threads;
    return options;
  }
  /// A user page; accessed, and dirty if writable, unless `extra` and `without` say otherwise.
  Cell<Pte> map(MmId mm, std::uint64_t page, std::uint64_t frame, Rights rights = {true, true},
                std::uint64_t without = 0) {
    Pte leaf = port->pte().make(Frame{frame}, rights).with(x86::pte_accessed);
    if (rights.write) leaf = leaf.with(x86::pte_dirty);
    return f.map(mm, VirtPage{page}, leaf.without(without), port->pte());
  }
  /// A new address space, and the switch to it.
  void enter(Context& ctx, MmId mm) const {
    port->init_mm(ctx, mm);
    port->switch_mm(ctx, MmId::none(), mm);
  }
  AccessResult::Status touch(Context& ctx, MmId mm, std::uint64_t page, AccessKind kind = AccessKind::load) const {
    for (;;) {
      const AccessResult r = port->access(ctx, mm, VirtAddr{page << 12}, kind);
      if (r.status != AccessResult::Status::interrupted) return r.status;
    }
  }
  /// A walk for the page that nobody asked for, as far as it leads.
  void speculate(Context& ctx, std::uint64_t page) const {
    const radix::Mmu& mmu = port->mmu();
    radix::Speculation speculation(mmu);
    for (std::size_t level = f.state.geometry().levels(); level > 0; --level) {
      const VirtPage first = mmu.tlbs().first_page(mmu.tlbs().key_page(VirtPage{page}, level - 1), level - 1);
      const std::uint32_t unit = speculation.unit(ctx.cpu(), first, radix::Side::data);
      if (!speculation.is_enabled(ctx.world(), unit)) continue;
      ctx.step(speculation.label(), speculation.footprint(unit), [&](Access& a) { speculation.act(a, unit); });
    }
  }
  /// Cycles that one access takes.
  std::uint64_t cycles_of(Context& ctx, MmId mm, std::uint64_t page, AccessKind kind = AccessKind::load) const {
    const Cycle start = ctx.now();
    touch(ctx, mm, page, kind);
    return (ctx.now() - start).raw();
  }
  /// Is a translation of `page` in the caches of `cpu` that its current registers could use?
  [[nodiscard]] bool cached(std::uint32_t cpu, std::uint64_t page, x86::Side side = x86::Side::data) const {
    const World& w = f.world;
    const CoreId core = port->mmu().core_of(CpuId{cpu});
    const auto peek = [&](Location at) { return PeekWords{w, at}; };
    const auto& tlbs = port->mmu().tlbs();
    return tlbs.find(peek, w.load(tlbs.kinds(core)), core, side, VirtPage{page}, port->mmu().tag_on(w, CpuId{cpu}))
               .array != x86::TlbHierarchy::no_array;
  }
  [[nodiscard]] bool cached_under(std::uint32_t cpu, std::uint64_t page, std::uint32_t pcid) const {
    const World& w = f.world;
    const CoreId core = port->mmu().core_of(CpuId{cpu});
    const auto peek = [&](Location at) { return PeekWords{w, at}; };
    const auto& tlbs = port->mmu().tlbs();
    return tlbs.find(peek, w.load(tlbs.kinds(core)), core, x86::Side::data, VirtPage{page},
                     x86::tag_of(tlbs.thread_of(CpuId{cpu}), pcid))
               .array != x86::TlbHierarchy::no_array;
  }
  Cycle run(const std::vector<PortFixture::Body>& bodies) { return f.run_timed(bodies); }

  mutable PortFixture f;
  X86Params params;
  std::unique_ptr<X86Port> port;
  EventLog log;
};

/// Lets `agent` take steps until its next one is labelled `label`; false if it retires first.
inline bool step_until(ExploredHost& host, std::uint32_t agent, std::string_view label) {
  while (host.pending(AgentId{agent}) != nullptr) {
    if (host.pending(AgentId{agent})->label->name() == label) return true;
    host.perform({Decision::Kind::step, AgentId{agent}, 0});
  }
  return false;
}
inline void step_to_end(ExploredHost& host, std::uint32_t agent) { step_until(host, agent, "no such label"); }

}  // namespace mmulab::test
