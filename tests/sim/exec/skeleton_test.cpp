// SPDX-License-Identifier: MIT
// The walking skeleton: the same straight-line code runs timed and explored, and agrees.
#include "sim/explore/explored_host.h"
#include "sim/timed/core_module.h"
#include "tests/support/catch.h"

namespace mmulab {
namespace {

const Label take_lock{"test.lock", "lock"};
const Label drop_lock{"test.unlock", "lock"};
const Label bump{"test.bump", "bump"};

struct FlatPricing : Pricing {
  Cycles cost(const Label& label) const override { return Cycles{label.cost() == "lock" ? 10U : 3U}; }
  bool holds(CoreId, const Footprint&) const override { return true; }
  Cycle fetch(CoreId, const Footprint&, Cycle issue) override { return issue; }
  void complete(CoreId, const Footprint&) override {}
  Cycles least_latency() const override { return Cycles{1}; }
};

struct Model {
  World world;
  Region words = world.allocate("test", 4, 1, Coherence::memory);
  Cell<std::uint32_t> lock = words.cell<std::uint32_t>(0);
  Cell<std::uint64_t> counter = words.cell<std::uint64_t>(1);

  static void body(Context& ctx, void* argument) {
    auto& m = *static_cast<Model*>(argument);
    for (int i = 0; i < 3; ++i) {
      ctx.step_when(take_lock, writes(m.lock), [&](const Access& a) { return a.read(m.lock) == 0; },
                    [&](Access& a) { a.write(m.lock, std::uint32_t{1}); });
      const auto seen = ctx.step(bump, reads(m.counter), [&](Access& a) { return a.read(m.counter); });
      ctx.step(bump, writes(m.counter), [&](Access& a) { a.write(m.counter, seen + 1); });
      ctx.step(drop_lock, writes(m.lock), [&](Access& a) { a.write(m.lock, std::uint32_t{0}); });
    }
  }
};

struct Stores : StepObserver {
  std::vector<std::string> lines;
  void on_step(AgentId agent, const Label& label) override {
    lines.push_back(fmt::format("{} {}", agent, label.name()));
  }
  void on_store(const Label& label, Location at, std::uint64_t o, std::uint64_t n) override {
    lines.push_back(fmt::format("  {} {} {}->{}", label.name(), at.raw(), o, n));
  }
};

struct TimedRun {
  std::vector<Decision> decisions;
  Stores stores;
  std::uint64_t counter = 0;
  Fingerprint final_state;
  Cycle end;
};

TimedRun run_timed(bool lookahead, std::uint32_t cpus) {
  fresh_systemc_kernel();
  TimedRun run;
  Model model;
  FlatPricing pricing;
  std::vector<CoreId> core_of;
  for (std::uint32_t c = 0; c < cpus; ++c) core_of.emplace_back(c);
  TimedOptions options;
  options.lookahead = lookahead;
  TimedHost host(model.world, pricing, core_of, options);
  host.set_observer(&run.stores);
  host.record_decisions(&run.decisions);
  std::vector<std::unique_ptr<Context>> contexts;
  for (std::uint32_t c = 0; c < cpus; ++c) {
    contexts.push_back(std::make_unique<Context>(host, model.world, TaskId{c}));
    contexts.back()->set_observer(&run.stores);
    contexts.back()->prepare(65536, &Model::body, &model);
    host.place(*contexts.back(), CpuId{c});
  }
  host.seal();
  CoreModules modules(host);
  modules.run();
  run.counter = model.world.load(model.counter);
  run.final_state = model.world.computed_fingerprint();
  run.end = host.reached();
  return run;
}

TEST_CASE("One core takes exactly the sum of its steps' costs") {
  // Three rounds of lock 10 + bump 3 + bump 3 + unlock 10.
  const TimedRun run = run_timed(true, 1);
  CHECK(run.counter == 3);
  CHECK(run.end == Cycle{3 * (10 + 3 + 3 + 10)});
}

TEST_CASE("Lookahead changes neither the order of steps nor the end") {
  const TimedRun on = run_timed(true, 3);
  const TimedRun off = run_timed(false, 3);
  CHECK(on.counter == 9);
  CHECK(on.stores.lines == off.stores.lines);
  CHECK(on.end == off.end);
}

TEST_CASE("A timed run's decisions replayed in the explored host give the same stores and the same World") {
  const TimedRun timed = run_timed(true, 3);
  Model model;
  model.world.start_tracking();
  Stores stores;
  ExploredHost host(model.world, 3);
  host.set_observer(&stores);
  std::vector<std::unique_ptr<Context>> contexts;
  for (std::uint32_t c = 0; c < 3; ++c) {
    contexts.push_back(std::make_unique<Context>(host, model.world, TaskId{c}));
    contexts.back()->set_observer(&stores);
    contexts.back()->prepare(65536, &Model::body, &model);
    host.place(*contexts.back(), CpuId{c});
  }
  host.start();
  host.replay(timed.decisions);
  CHECK(stores.lines == timed.stores.lines);
  CHECK(model.world.fingerprint() == timed.final_state);
  CHECK(model.world.computed_fingerprint() == timed.final_state);
}

}  // namespace
}  // namespace mmulab
