// SPDX-License-Identifier: MIT
// A sparc64 port on the bare machine, small enough to know every entry, and the few moves that its tests repeat.
#pragma once

#include <algorithm>

#include "models/sparc64/port.h"
#include "tests/support/catch.h"
#include "tests/support/port_fixture.h"

namespace mmulab::test {

/// One fully associative structure a side, a TSB of 4 entries, 2-bit table levels.
inline Sparc64Params tiny_params(std::uint32_t tlb_entries = 4) {
  Sparc64Params p;
  p.dtlb = {{{1, tlb_entries, Replacement::lru}, true, true}};
  p.itlb = {{{1, tlb_entries, Replacement::lru}, true, true}};
  p.context_bits = 3;
  p.tsb_entries_first = 4;
  p.tsb_entries_max = 16;
  p.posted_entries = 8;
  p.range_ceiling_pages = 8;
  return p;
}

inline FixtureOptions tiny_options(std::uint32_t cores, std::uint32_t threads = 1) {
  FixtureOptions o;
  o.topology.cores_per_socket = cores;
  o.topology.threads_per_core = threads;
  o.limits.mms = 8;
  o.geometry = TableGeometry{PageShift{13}, {4, 4, 4, 0, 0}, 3};
  return o;
}

inline const Label note{"test.note", "test"};
/// Where a body waits for the test's hand.
inline const Label gate{"test.gate", "test"};

/// What happened, by kind.
struct Tally : EventObserver {
  std::vector<Event> events;
  void on_event(const Event& e) override { events.push_back(e); }
  [[nodiscard]] std::size_t count(EventKind kind) const {
    return static_cast<std::size_t>(
        std::count_if(events.begin(), events.end(), [&](const Event& e) { return e.kind == kind; }));
  }
  [[nodiscard]] Event last(EventKind kind) const {
    for (auto e = events.rbegin(); e != events.rend(); ++e)
      if (e->kind == kind) return *e;
    return Event{};
  }
};

class Sparc64Lab {
 public:
  Sparc64Lab(const FixtureOptions& options, const Sparc64Params& params)
      : f(options), port(f.state, f.machine(), f.locks, f.interrupts, params) {
    batch = f.world.allocate("test.batch", options.topology.cpus(), 16, Coherence::memory);
    for (std::uint32_t m = 0; m < options.limits.mms; ++m)
      f.world.store(f.state.mm_users(MmId{m}), std::uint64_t{2});
  }

  [[nodiscard]] Pte leaf(std::uint64_t frame, bool write = true, bool dirty = true) const {
    const PteLayout& l = port.pte();
    const Pte pte = l.make(Frame{frame}, Rights{write, true}).with(l.accessed);
    return dirty ? pte.with(l.dirty) : pte;
  }
  Cell<Pte> map(MmId mm, std::uint64_t page, Pte pte) { return f.map(mm, VirtPage{page}, pte, port.pte()); }

  static VirtAddr address(std::uint64_t page) { return VirtAddr{page << 13}; }
  /// Until it is done or faults.
  AccessResult touch(Context& ctx, MmId mm, std::uint64_t page, AccessKind kind = AccessKind::load) {
    for (;;) {
      const AccessResult r = port.access(ctx, mm, address(page), kind);
      if (r.status != AccessResult::Status::interrupted) return r;
    }
  }
  void run_mm(Context& ctx, MmId mm) {
    f.locks.irq_disable(ctx);
    port.switch_mm(ctx, MmId::none(), mm);
    f.locks.irq_enable(ctx);
  }
  void clear(Context& ctx, MmId mm, std::uint64_t page, Cell<Pte> ptep) {
    port.change_pte(ctx, {mm, VirtPage{page}, ptep, PteAction::clear, Pte{}});
  }
  /// This cpu's batch holds one page.
  Invalidation flush_of(Context& ctx, MmId mm, std::uint64_t page) {
    const auto entry = batch.cell<VirtPage>(ctx.cpu().raw());
    ctx.step(note, writes(entry), [&](Access& a) { a.write(entry, VirtPage{page}); });
    Invalidation i;
    i.mm = mm;
    i.scope = Invalidation::Scope::entries;
    i.entries = entry.at;
    i.count = 1;
    return i;
  }
  static void stop_here(Context& ctx) { ctx.step(gate, Footprint{}, [](Access&) {}); }
  [[nodiscard]] sparc64::TsbTable tsb(MmId mm) const {
    return port.tsbs().base(mm, f.world.load(port.tsbs().state_cell(mm)));
  }
  [[nodiscard]] std::uint64_t tsb_tag(MmId mm, std::uint64_t page) const {
    return f.world.load(port.tsbs().slot(mm, tsb(mm), VirtPage{page}).tag_cell());
  }
  [[nodiscard]] bool in_tsb(MmId mm, std::uint64_t page) const {
    return tsb_tag(mm, page) == port.tsbs().slot(mm, tsb(mm), VirtPage{page}).tag;
  }
  [[nodiscard]] std::size_t copies(MmId mm, std::uint64_t page) const {
    std::vector<TranslationCopy> found;
    port.list_copies(mm, VirtPage{page}, found);
    return found.size();
  }

  PortFixture f;
  Sparc64Port port;
  Region batch;
};

/// Drives an explored host by hand: "cpu 1 goes on until it is about to do this".
class ByHand {
 public:
  explicit ByHand(ExploredHost& host) : host_(host) {}
  [[nodiscard]] std::string pending(std::uint32_t cpu) const {
    const Op* op = host_.pending(AgentId{cpu});
    return op == nullptr ? "" : std::string(op->label->name());
  }
  [[nodiscard]] bool can_step(std::uint32_t cpu) { return host_.enabled(AgentId{cpu}); }
  void step(std::uint32_t cpu) { host_.perform({Decision::Kind::step, AgentId{cpu}, 0}); }
  /// Takes interrupts as they come, unless told otherwise.
  void until(std::uint32_t cpu, const std::string& label, bool take_interrupts = true) {
    for (int n = 0; n < 10000 && pending(cpu) != label; ++n) {
      if (take_interrupts && host_.interruptible(AgentId{cpu}))
        host_.perform({Decision::Kind::interrupt, AgentId{cpu}, 0});
      else if (can_step(cpu)) step(cpu);
      else deliver();
    }
    REQUIRE(pending(cpu) == label);
  }
  void past(std::uint32_t cpu, const std::string& label) {
    until(cpu, label);
    step(cpu);
  }
  /// Every interrupt on the wire arrives.
  void deliver() {
    std::vector<Decision> all;
    host_.list_decisions(all);
    for (const Decision& d : all)
      if (d.kind == Decision::Kind::device) host_.perform(d);
  }
  /// Runs `cpu` to its end; the others do nothing but take interrupts.
  void to_end(std::uint32_t cpu, std::uint32_t cpus) {
    for (int n = 0; n < 10000 && !pending(cpu).empty(); ++n) {
      if (host_.interruptible(AgentId{cpu})) interrupt(cpu);
      else if (can_step(cpu)) step(cpu);
      else {
        deliver();
        for (std::uint32_t c = 0; c < cpus; ++c)
          if (c != cpu) serve(c);
      }
    }
    REQUIRE(pending(cpu).empty());
  }
  /// Takes what is pending on `cpu` and runs the handler.
  void serve(std::uint32_t cpu) {
    if (!host_.interruptible(AgentId{cpu})) return;
    interrupt(cpu);
    past(cpu, "irq.exit");
  }
  void interrupt(std::uint32_t cpu) { host_.perform({Decision::Kind::interrupt, AgentId{cpu}, 0}); }
  /// Everybody to the end, in turns; who stands at a gate waits until nobody else can do anything.
  void finish() {
    std::vector<Decision> all;
    for (std::size_t n = 0; n < 100000; ++n) {
      host_.list_decisions(all);
      if (all.empty()) break;
      const auto at_gate = [&](const Decision& d) {
        return d.kind == Decision::Kind::step && pending(d.agent.raw()) == "test.gate";
      };
      std::stable_partition(all.begin(), all.end(), [&](const Decision& d) { return !at_gate(d); });
      const auto free = static_cast<std::size_t>(
          std::count_if(all.begin(), all.end(), [&](const Decision& d) { return !at_gate(d); }));
      host_.perform(all[free == 0 ? 0 : n % free]);
    }
    for (std::uint32_t c = 0; c < host_.cpus(); ++c) REQUIRE(pending(c).empty());
  }

 private:
  ExploredHost& host_;
};

}  // namespace mmulab::test
