// SPDX-License-Identifier: MIT
// Local work is a wait that an interrupt ends early: the handler runs at once, and what remains is done afterwards.
#include "sim/explore/explored_host.h"
#include "sim/timed/core_module.h"
#include "tests/support/catch.h"

namespace mmulab {
namespace {

const Label ring_label{"test.ring", "ring"};
const Label handle{"test.handle", "handle"};
const Label finish_label{"test.finish", "finish"};
constexpr std::uint64_t handle_cost = 10;
constexpr std::uint64_t finish_cost = 3;

struct NamedPricing : Pricing {
  Cycles cost(const Label& label) const override {
    return Cycles{label.cost() == "handle" ? handle_cost : finish_cost};
  }
  bool holds(CoreId, const Footprint&) const override { return true; }
  Cycle fetch(CoreId, const Footprint&, Cycle issue) override { return issue; }
  void complete(CoreId, const Footprint&) override {}
  Cycles least_latency() const override { return Cycles{1}; }
};

/// A bell that rings on cpu 0, a handler that answers, and a task that works and then takes one step.
struct Model : Device, Interrupts {
  World world;
  Region words = world.allocate("test", 4, 1, Coherence::memory);
  Cell<std::uint64_t> pending = words.cell<std::uint64_t>(0);
  Cell<std::uint64_t> handled = words.cell<std::uint64_t>(1);
  Cell<std::uint64_t> finished = words.cell<std::uint64_t>(2);
  std::uint64_t work = 0;
  bool restarts = false;

  void list_enabled(const World&, std::vector<std::uint32_t>&) const override {}
  const Label& label() const override { return ring_label; }
  Footprint footprint(std::uint32_t) const override { return writes(pending); }
  void act(Access& access, std::uint32_t) override { access.write(pending, std::uint64_t{1}); }

  bool deliverable(CpuId) const override { return world.load(pending) != 0; }
  Location pending_word(CpuId) const override { return pending.at; }
  void take(Context& ctx) override {
    ctx.step_uninterrupted(handle, writes(pending, handled), [this](Access& a) {
      a.write(pending, std::uint64_t{0});
      a.write(handled, a.context().now().raw());
    });
  }

  static void body(Context& ctx, void* argument) {
    auto& m = *static_cast<Model*>(argument);
    const auto effect = [&m](Access& a) { a.write(m.finished, a.context().now().raw()); };
    ctx.work(Cycles{m.work});
    if (!m.restarts) return ctx.step(finish_label, writes(m.finished), effect);
    while (!ctx.step_restartable(finish_label, writes(m.finished), Cycles{}, effect)) {}
  }
};

struct Outcome {
  std::uint64_t handled = 0;
  std::uint64_t finished = 0;
  std::vector<Decision::Kind> kinds;
};

Outcome run(std::uint64_t work, std::uint64_t ring_at, bool restarts, bool lookahead) {
  fresh_systemc_kernel();
  Model model;
  model.work = work;
  model.restarts = restarts;
  NamedPricing pricing;
  TimedOptions options;
  options.lookahead = lookahead;
  TimedHost host(model.world, pricing, {CoreId{0}}, options);
  std::vector<Decision> decisions;
  host.record_decisions(&decisions);
  host.set_interrupts(&model);
  const AgentId bell = host.add_device(model);
  Context context(host, model.world, TaskId{0});
  context.prepare(65536, &Model::body, &model);
  host.place(context, CpuId{0});
  host.seal();
  host.post(bell, Cycle{ring_at}, 0);
  CoreModules modules(host);
  modules.run();
  Outcome outcome{model.world.load(model.handled), model.world.load(model.finished), {}};
  for (const Decision& decision : decisions) outcome.kinds.push_back(decision.kind);

  // The same decisions, explored: the handler's step before the task's.
  Model again;
  again.work = work;
  again.restarts = restarts;
  again.world.start_tracking();
  ExploredHost explored(again.world, 1);
  explored.set_interrupts(&again);
  explored.add_device(again);
  Context replayed(explored, again.world, TaskId{0});
  replayed.prepare(65536, &Model::body, &again);
  explored.place(replayed, CpuId{0});
  explored.start();
  explored.replay(decisions);
  CHECK((again.world.load(again.handled) != 0) == (outcome.handled != 0));
  CHECK((again.world.load(again.handled) < again.world.load(again.finished)) == (outcome.handled < outcome.finished));
  return outcome;
}

using Kind = Decision::Kind;

TEST_CASE("An interrupt ends local work early, and what remains is done afterwards") {
  // The bell rings at 100, the cpu notices a cycle later, the handler's step takes 10: handled at 100 + 1 + 10. Of the
  // 1000 cycles of work 1000 - 101 remain; then the step: 111 + 899 + 3.
  for (const bool lookahead : {true, false})
    for (const bool restarts : {false, true}) {
      const Outcome outcome = run(1000, 100, restarts, lookahead);
      CHECK(outcome.handled == 100 + 1 + handle_cost);
      CHECK(outcome.finished == 1000 + handle_cost + finish_cost);
      CHECK(outcome.kinds == std::vector<Kind>{Kind::device, Kind::interrupt, Kind::step, Kind::step});
    }
}

TEST_CASE("An interrupt that comes in the last cycle of local work or with its end") {
  for (const bool lookahead : {true, false}) {
    // At 99: noticed at 100, when the work is just done. At 100: the cpu is first in the order of the cycle, so the
    // step is already under way; it completes at 103, and nothing is left that an interrupt could come before.
    CHECK(run(100, 99, false, lookahead).finished == 100 + handle_cost + finish_cost);
    CHECK(run(100, 100, false, lookahead).finished == 100 + finish_cost);
  }
}

TEST_CASE("Work without an interrupt costs what it says") {
  for (const bool lookahead : {true, false}) CHECK(run(1000, 5000, false, lookahead).finished == 1000 + finish_cost);
}

}  // namespace
}  // namespace mmulab
