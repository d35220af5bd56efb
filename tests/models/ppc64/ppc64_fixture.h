// SPDX-License-Identifier: MIT
// A port fixture with a ppc64 port and its tlbie bus: one mm (context id 1) whose pages tests map by hand.
#pragma once

#include "models/ppc64/port.h"
#include "tests/support/catch.h"
#include "tests/support/port_fixture.h"

namespace mmulab::test {

/// A hash table of four groups, and copies for four pages: what exploration uses.
inline Ppc64Params tiny_params() {
  Ppc64Params p;
  p.pteg_count = 4;
  p.ierat = {1, 2, Replacement::lru};
  p.derat = {1, 2, Replacement::lru};
  p.tlb = {1, 4, Replacement::lru};
  p.slb_entries = 2;
  p.tlbie_queue = 2;
  return p;
}

inline FixtureOptions ppc64_options(std::uint32_t cores, std::uint32_t threads = 1) {
  FixtureOptions o;
  o.topology.cores_per_socket = cores;
  o.topology.threads_per_core = threads;
  o.line_bytes = 128;
  o.limits.mms = 3;
  return o;
}

class EventLog : public EventObserver {
 public:
  void on_event(const Event& event) override { events.push_back(event); }
  [[nodiscard]] std::size_t count(EventKind kind) const {
    std::size_t n = 0;
    for (const Event& e : events) n += e.kind == kind ? 1 : 0;
    return n;
  }
  [[nodiscard]] Event last(EventKind kind) const {
    for (auto e = events.rbegin(); e != events.rend(); ++e)
      if (e->kind == kind) return *e;
    return Event{};
  }
  std::vector<Event> events;
};

class Ppc64Fixture : public PortFixture {
 public:
  explicit Ppc64Fixture(const Ppc64Params& params, FixtureOptions options = ppc64_options(2))
      : PortFixture(options), port(state, machine(), locks, params),
        batch(world.allocate("test.batch", 8, BatchEntry::words, Coherence::memory)) {
    for (std::uint64_t m = 0; m < 2; ++m) port.boot_mm(MmId{m});
    for (std::uint32_t c = 0; c < options.topology.cpus(); ++c) run_on(CpuId{c});
    stream.subscribe(log);
  }

  static constexpr std::uint64_t ro = ppc64::page_present | ppc64::page_user | ppc64::page_accessed;
  static constexpr std::uint64_t rw = ro | ppc64::page_rw | ppc64::page_dirty;
  static Pte pte_of(std::uint64_t frame, std::uint64_t flags) {
    return Pte{frame << ppc64::page_rpn_shift | flags};
  }
  static VirtAddr va(std::uint64_t page) { return VirtAddr{page << 12}; }

  Cell<Pte> map_page(std::uint64_t page, std::uint64_t frame, std::uint64_t flags, MmId mm = MmId{0}) {
    return map(mm, VirtPage{page}, pte_of(frame, flags), port.pte());
  }
  /// As if `mm` ran there.
  void run_on(CpuId cpu, MmId mm = MmId{0}) {
    const auto mask = state.mm_cpumask(mm, cpu.raw() / 64);
    world.store(mask, world.load(mask) | std::uint64_t{1} << (cpu.raw() % 64));
  }
  void run_only_on(CpuId cpu) { world.store(state.mm_cpumask(MmId{0}, 0), std::uint64_t{1} << cpu.raw()); }

  /// An entry made by hand.
  std::uint64_t file(std::uint64_t page, unsigned index, bool secondary, Pte pte) {
    const ppc64::HptTarget t = port.target(MmId{0}, VirtPage{page});
    const std::uint64_t slot = port.hpt().slot_of(t, secondary, index);
    world.store(port.hpt().v(slot), t.avpn | ppc64::hpte_valid | (secondary ? ppc64::hpte_secondary : 0));
    world.store(port.hpt().r(slot), ppc64::hpte_r_of(pte, true));
    return slot;
  }
  /// Slots that hardware would take for `page`.
  [[nodiscard]] std::vector<std::uint64_t> matches(std::uint64_t page) const {
    const ppc64::HptTarget t = port.target(MmId{0}, VirtPage{page});
    std::vector<std::uint64_t> found;
    for (const bool secondary : {false, true})
      for (unsigned i = 0; i < ppc64::slots_per_group; ++i) {
        const std::uint64_t slot = port.hpt().slot_of(t, secondary, i);
        if (ppc64::Hpt::hardware_matches(world.load(port.hpt().v(slot)), t, secondary)) found.push_back(slot);
      }
    return found;
  }
  [[nodiscard]] std::vector<TranslationCopy> copies(std::uint64_t page) const {
    std::vector<TranslationCopy> found;
    port.list_copies(MmId{0}, VirtPage{page}, found);
    return found;
  }
  [[nodiscard]] bool core_has(std::uint32_t core, std::uint64_t page) const {
    for (const TranslationCopy& c : copies(page))
      if (c.core == CoreId{core}) return true;
    return false;
  }

  /// The access as a task makes it: again until it is done or faults.
  AccessResult touch(Context& ctx, std::uint64_t page, AccessKind kind, MmId mm = MmId{0}) {
    for (;;) {
      const AccessResult result = port.access(ctx, mm, va(page), kind);
      if (result.status != AccessResult::Status::interrupted) return result;
    }
  }
  void note(std::uint32_t n, std::uint64_t page, Pte old) {
    world.store(batch.cell<VirtPage>(n, BatchEntry::page), VirtPage{page});
    world.store(batch.cell<Pte>(n, BatchEntry::old_pte), old);
  }
  [[nodiscard]] Invalidation entries(std::uint32_t count) const {
    Invalidation what;
    what.mm = MmId{0};
    what.scope = Invalidation::Scope::entries;
    what.entries = batch.first();
    what.count = count;
    return what;
  }
  Pte change(Context& ctx, std::uint64_t page, Cell<Pte> at, PteAction action, Pte value = Pte{}) {
    PteRequest request;
    request.mm = MmId{0};
    request.page = VirtPage{page};
    request.ptep = at;
    request.action = action;
    request.value = value;
    return port.change_pte(ctx, request);
  }

  Cycle run(const std::vector<Body>& bodies) { return run_timed(bodies); }
  ExploredHost& explore(const std::vector<Body>& bodies) { return start_explored(bodies); }
  /// Steps cpu until the step that it would take next is labelled so, or it has finished.
  void step_to(std::uint32_t cpu, std::string_view label, const std::vector<std::uint32_t>& choices = {}) {
    const AgentId agent{cpu};
    while (host_explored->pending(agent) != nullptr && host_explored->pending(agent)->label->name() != label)
      step(cpu, choices);
  }
  void step(std::uint32_t cpu, const std::vector<std::uint32_t>& choices = {}) {
    host_explored->perform({Decision::Kind::step, AgentId{cpu}, 0}, choices);
  }
  /// Steps cpu to its end, and the bus whenever cpu has to wait.
  void finish(std::uint32_t cpu, const std::vector<std::uint32_t>& choices = {}) {
    while (host_explored->pending(AgentId{cpu}) != nullptr) {
      if (host_explored->enabled(AgentId{cpu})) step(cpu, choices);
      else deliver_all();
    }
  }
  [[nodiscard]] bool waits(std::uint32_t cpu) { return !host_explored->enabled(AgentId{cpu}); }
  [[nodiscard]] std::vector<std::uint32_t> pending_tlbies() {
    std::vector<std::uint32_t> units;
    port.bus().list_enabled(world, units);
    return units;
  }
  void deliver(std::uint32_t unit) { host_explored->perform({Decision::Kind::device, bus_agent, unit}); }
  void deliver_all() {
    const std::vector<std::uint32_t> units = pending_tlbies();
    REQUIRE(!units.empty());
    for (const std::uint32_t unit : units) deliver(unit);
  }

 private:
  void add_devices(FiberHost& host, TimedHost* timed) override {
    bus_agent = host.add_device(port.bus());
    port.bus().attach(timed, bus_agent);
  }

 public:
  Ppc64Port port;
  Region batch;
  EventLog log;
  AgentId bus_agent;
};

}  // namespace mmulab::test
