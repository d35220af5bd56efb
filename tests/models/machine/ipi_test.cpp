// SPDX-License-Identifier: MIT
#include "tests/support/catch.h"
#include "tests/support/port_fixture.h"

namespace mmulab {
namespace {
const Label spin{"test.spin", "test_spin"};

TEST_CASE("An IPI is handled one way after its send, by the target, at a step boundary") {
  test::FixtureOptions options;
  options.topology.cores_per_socket = 2;
  test::PortFixture f(options);
  const Region flag = f.world.allocate("test.flag", 1, 1, Coherence::internal);
  const auto handled = flag.cell<std::uint64_t>(0);
  Cycle handled_at;
  f.interrupts.set_handler(Vector::call_function, [&](Context& ctx) {
    ctx.step(spin, writes(handled), [&](Access& a) { a.write(handled, std::uint64_t{1}); });
    handled_at = ctx.now();
  });
  f.machine();
  f.run_timed({[&](Context& ctx) { f.fabric.send(ctx, CpuId{1}, Vector::call_function); },
               [&](Context& ctx) {
                 ctx.step_when(spin, reads(handled), [&](const Access& a) { return a.read(handled) == 1; },
                               [](Access&) {});
               }});
  // send 1, one way 1200; the parked target wakes a cycle later; irq.enter and the handler's step cost 1 each, but
  // irq.enter also fetches its task's two depth words (one line, from memory: 200; `pending` is a register).
  CHECK(handled_at.raw() == 1 + 1200 + 1 + 200 + 1 + 1);
}
}  // namespace
}  // namespace mmulab
