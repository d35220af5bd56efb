// SPDX-License-Identifier: MIT
// Random operations against a flat map; and run-ahead against steps.
#include <map>
#include <rapidcheck.h>

#include "tests/models/sparc64/sparc64_lab.h"

namespace mmulab::test {
namespace {

using Status = AccessResult::Status;

enum class Act : std::uint8_t { load, store, fetch, map, unmap, protect, clean, grow, run };
struct Operation {
  Act act = Act::load;
  std::uint32_t mm = 0;
  std::uint64_t page = 0;
  std::uint32_t choice = 0;
};

rc::Gen<Operation> operations() {
  return rc::gen::map(
      rc::gen::tuple(rc::gen::inRange(0, 9), rc::gen::inRange(0U, 4U), rc::gen::inRange(0U, 12U),
                     rc::gen::inRange(0U, 64U)),
      [](const std::tuple<int, std::uint32_t, std::uint32_t, std::uint32_t>& t) {
        return Operation{static_cast<Act>(std::get<0>(t)), std::get<1>(t), std::get<2>(t), std::get<3>(t)};
      });
}

/// What a user must find: the flat map.
struct Mapping {
  std::uint32_t frame = 0;
  bool write = false;
  bool dirty = false;
};

struct LastUse : EventObserver {
  Event event;
  void on_event(const Event& e) override {
    if (e.kind == EventKind::translation_used) event = e;
  }
};

class Oracle {
 public:
  explicit Oracle(const Sparc64Params& params) : lab_(tiny_options(1), params) {
    lab_.f.stream.subscribe(used_);
    for (std::uint32_t m = 0; m < mms; ++m)
      for (std::uint64_t page = 0; page < pages; ++page) ptes_[{m, page}] = lab_.map(MmId{m}, page, Pte{});
  }
  void run(const std::vector<Operation>& all) {
    ByHand hand(lab_.f.start_explored({[&](Context& ctx) {
      for (std::uint32_t m = 0; m < mms; ++m) lab_.port.init_mm(ctx, MmId{m});
      lab_.run_mm(ctx, MmId{0});
      for (const Operation& o : all) perform(ctx, o);
    }}));
    hand.finish();
    RC_ASSERT(wrong_.empty());
  }

 private:
  static constexpr std::uint32_t mms = 4;
  static constexpr std::uint64_t pages = 12;

  void perform(Context& ctx, const Operation& o) {
    const std::pair<std::uint32_t, std::uint64_t> key{current_, o.page};
    const auto found = map_.find(key);
    switch (o.act) {
      case Act::load: return expect(ctx, o.page, AccessKind::load, found != map_.end());
      case Act::store:
        return expect(ctx, o.page, AccessKind::store,
                      found != map_.end() && found->second.write && found->second.dirty);
      case Act::fetch: return expect(ctx, o.page, AccessKind::fetch, found != map_.end());
      case Act::map:
        if (found != map_.end()) return;
        map_[key] = {o.choice + 1, (o.choice & 1) != 0, (o.choice & 2) != 0};
        return install(ctx, key, PteAction::set, (o.choice & 4) != 0);
      case Act::unmap:
        map_.erase(key);
        return change(ctx, key, PteAction::clear, o.choice);
      case Act::protect:
        if (found != map_.end()) found->second.write = false;
        return change(ctx, key, PteAction::wrprotect, o.choice);
      case Act::clean:
        if (found == map_.end()) return;
        found->second.dirty = false;
        install(ctx, key, PteAction::set, false);
        return flush(ctx, o.page, o.choice);
      case Act::grow:
        ctx.world().store(lab_.f.state.mm_rss(MmId{current_}), std::uint64_t{o.choice});
        return lab_.port.after_fault(ctx, MmId{current_});
      case Act::run:
        current_ = o.mm;
        return lab_.run_mm(ctx, MmId{current_});
    }
  }
  void expect(Context& ctx, std::uint64_t page, AccessKind kind, bool allowed) {
    const AccessResult r = lab_.touch(ctx, MmId{current_}, page, kind);
    if ((r.status == Status::done) != allowed) wrong_ = "access allowed wrongly, or refused";
    if (!allowed || !wrong_.empty()) return;
    const Mapping& m = map_.at({current_, page});
    if (used_.event.frame != Frame{m.frame} || used_.event.page != VirtPage{page}) wrong_ = "another frame";
  }
  void install(Context& ctx, std::pair<std::uint32_t, std::uint64_t> key, PteAction action, bool preload) {
    const Mapping& m = map_.at(key);
    const Pte pte = lab_.leaf(m.frame, m.write, m.dirty);
    lab_.port.change_pte(ctx, {MmId{key.first}, VirtPage{key.second}, ptes_.at(key), action, pte});
    if (preload) lab_.port.update_mmu_cache(ctx, MmId{key.first}, VirtPage{key.second}, pte, AccessKind::load);
  }
  void change(Context& ctx, std::pair<std::uint32_t, std::uint64_t> key, PteAction action, std::uint32_t choice) {
    lab_.port.change_pte(ctx, {MmId{key.first}, VirtPage{key.second}, ptes_.at(key), action, Pte{}});
    flush(ctx, key.second, choice);
  }
  void flush(Context& ctx, std::uint64_t page, std::uint32_t choice) {
    Invalidation i = lab_.flush_of(ctx, MmId{current_}, page);
    i.scope = static_cast<Invalidation::Scope>(choice % 3);
    i.wait = choice % 2 == 0;
    i.first = VirtPage{page};
    i.end = VirtPage{page + 1 + choice % 12};
    lab_.port.invalidate(ctx, i);
  }

  Sparc64Lab lab_;
  LastUse used_;
  std::map<std::pair<std::uint32_t, std::uint64_t>, Cell<Pte>> ptes_;
  std::map<std::pair<std::uint32_t, std::uint64_t>, Mapping> map_;
  std::uint32_t current_ = 0;
  std::string wrong_;
};

TEST_CASE("Whatever happens, a user finds exactly what the flat map says") {
  CHECK(rc::check([](bool hardware, bool huge) {
    Sparc64Params params = tiny_params(3);
    params.context_bits = 2;  // two numbers for four mms: every other switch wraps
    params.hardware_tsb_walk = hardware;
    params.huge_tsb_entries = huge ? 2 : 0;
    const auto all = *rc::gen::container<std::vector<Operation>>(60, operations());
    Oracle(params).run(all);
  }));
}

// ---------------------------------------------------------------------------------------------------- run-ahead

struct Traffic : PrivateRun {
  Sparc64Lab* lab = nullptr;
  CpuId cpu;
  MmId mm;
  AccessBuffer buffer;
  Cycle advance(Cycle now, Cycle horizon, bool& blocked) override {
    const Cycle reached = lab->port.access_privately(cpu, mm, buffer, now, horizon);
    blocked = buffer.next == buffer.end;
    return reached;
  }
  [[nodiscard]] Cycle next_end(Cycle now) const override { return lab->port.hit_end(cpu, mm, buffer, now); }
};

struct Outcome {
  Fingerprint world;
  Cycle end;
  std::size_t private_accesses = 0;
};

Outcome run_traffic(const Sparc64Params& params, std::uint32_t threads, std::uint64_t seed, bool ahead) {
  constexpr std::uint32_t cpus = 2;
  constexpr std::size_t accesses = 400;
  Sparc64Lab lab(threads == 1 ? tiny_options(cpus) : tiny_options(1, cpus), params);
  std::vector<std::vector<std::uint64_t>> addresses(cpus);
  std::vector<Traffic> traffic(cpus);
  std::uint64_t x = seed * 2 + 1;
  for (std::uint32_t c = 0; c < cpus; ++c) {
    for (std::uint64_t page = 0; page < 8; ++page) lab.map(MmId{c}, page, lab.leaf(10 + page + 100 * c));
    for (std::size_t n = 0; n < accesses; ++n) {
      x = x * 6364136223846793005ULL + 1442695040888963407ULL;
      const std::uint64_t page = (x >> 40) % 3 == 0 ? (x >> 50) % 8 : (x >> 50) % 2;
      addresses[c].push_back(Sparc64Lab::address(page).raw() | ((x >> 33 & 1) != 0 ? AccessBuffer::store_bit : 0));
    }
    traffic[c].lab = &lab;
    traffic[c].cpu = CpuId{c};
    traffic[c].mm = MmId{c};
    traffic[c].buffer = {addresses[c].data(), 0, accesses};
  }
  // Nobody leaves user mode in less than 20 cycles, which is how far the other core may run ahead.
  lab.f.costs.set("trap_entry", Cycles{20});
  lab.f.costs.set("hardware_tsb_walk", Cycles{5});
  Outcome outcome;
  const auto body = [&](Context& ctx) {
    Traffic& t = traffic[ctx.cpu().raw()];
    lab.f.lines->set_least_latency(Cycles{20});
    lab.port.init_mm(ctx, t.mm);
    lab.run_mm(ctx, t.mm);
    while (t.buffer.next != t.buffer.end) {
      const std::size_t before = t.buffer.next;
      if (ahead) lab.f.host_timed->run_ahead(ctx, t);
      outcome.private_accesses += t.buffer.next - before;
      if (t.buffer.next == t.buffer.end) break;
      const std::uint64_t address = addresses[ctx.cpu().raw()][t.buffer.next++];
      const auto kind = (address & AccessBuffer::store_bit) != 0 ? AccessKind::store : AccessKind::load;
      lab.touch(ctx, t.mm, (address & ~AccessBuffer::store_bit) >> 13, kind);
    }
    ctx.step(gate, Footprint{}, [](Access&) {});
  };
  outcome.end = lab.f.run_timed({body, body});
  outcome.world = lab.f.world.computed_fingerprint();
  return outcome;
}

TEST_CASE("Run-ahead leaves the same World at the same cycle as steps do") {
  for (bool hardware : {false, true})
    for (std::uint32_t threads : {1U, 2U})
      for (Replacement replacement : {Replacement::lru, Replacement::fifo, Replacement::random, Replacement::tree})
        for (std::uint64_t seed = 0; seed < 4; ++seed) {
          Sparc64Params params = tiny_params();
          params.hardware_tsb_walk = hardware;
          params.dtlb = {{{2, 2, replacement}, true, false}, {{1, 2, replacement}, true, true}};
          const Outcome steps = run_traffic(params, threads, seed, false);
          const Outcome ahead = run_traffic(params, threads, seed, true);
          CHECK(steps.world == ahead.world);
          CHECK(steps.end == ahead.end);
          CHECK(ahead.private_accesses > (threads == 2 ? 10U : hardware ? 300U : 100U));
        }
}

}  // namespace
}  // namespace mmulab::test
