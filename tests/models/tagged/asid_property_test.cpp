// SPDX-License-Identifier: MIT
// Any interleaving of switches on several cpus, with few ASIDs: nobody reaches a translation of another address space
// (kernel-tla's UniqueASIDPerCPU), and an mm that runs on two cpus runs under one ASID (SameASIDActiveTask). Turned
// back, the compare of active_asids' exchange is missed.
#include <rapidcheck.h>

#include "tests/models/tagged/tagged_fixture.h"
#include "tests/support/catch.h"

namespace mmulab::test {
namespace {

constexpr std::uint32_t cpus = 3;
constexpr std::uint32_t mms = 7;
constexpr std::uint32_t switches = 12;

/// Every mm maps page 1 to a frame of its own, so that a use tells whose translation it was.
std::uint64_t own_frame(std::uint32_t mm) { return 100 + mm; }

struct Watch : EventObserver {
  TaggedFixture* x = nullptr;
  std::array<MmId, cpus> running{};
  std::string wrong;
  std::size_t uses = 0;
  std::size_t rollovers = 0;
  void on_event(const Event& e) override {
    if (e.kind == EventKind::translation_dropped && e.a == 3) ++rollovers;
    if (e.kind != EventKind::translation_used) return;
    ++uses;
    if (e.frame != Frame{own_frame(e.mm.raw())}) wrong = "a translation of another address space";
    running[e.cpu.raw()] = e.mm;
    for (std::uint32_t c = 0; c < cpus; ++c) {
      if (c == e.cpu.raw() || running[c] != e.mm) continue;
      const World& w = x->f.world;
      if (w.load(x->port->mmu().asid_register(CpuId{c})) != w.load(x->port->mmu().asid_register(e.cpu)))
        wrong = "an address space runs under two ASIDs";
    }
  }
};

/// Each cpu runs mms in an order of its own, a page access each; `schedule` picks who takes the next step.
Watch run(const TaggedParams& params, const std::vector<std::uint32_t>& order,
          const std::vector<std::uint32_t>& schedule) {
  TaggedFixture x(params, cpus, mms);
  Watch watch;
  watch.x = &x;
  x.f.stream.subscribe(watch);
  for (std::uint32_t m = 0; m < mms; ++m) x.map(MmId{m}, 1, own_frame(m));
  const PortFixture::Body body = [&](Context& ctx) {
    for (std::uint32_t n = 0; n < switches; ++n) {
      watch.running[ctx.cpu().raw()] = MmId::none();
      const MmId mm{order[ctx.cpu().raw() * switches + n]};
      x.run_mm(ctx, mm);
      x.touch(ctx, mm, 1);
    }
    watch.running[ctx.cpu().raw()] = MmId::none();
  };
  ExploredHost& host = x.f.start_explored(std::vector<PortFixture::Body>(cpus, body));
  std::vector<Decision> decisions;
  std::uint64_t state = schedule[0];
  for (std::size_t step = 0;; ++step) {
    host.list_decisions(decisions);
    if (decisions.empty()) break;
    // Long stretches of one cpu, cut at steps that the schedule names.
    if (step % 64 == schedule[step / 64 % schedule.size()] % 64) state = schedule[step % schedule.size()];
    host.perform(decisions[state % decisions.size()]);
  }
  return watch;
}

TaggedParams params_of(bool ipi) {
  TaggedParams params = few_asids(cpus);
  if (ipi) params.invalidation = TaggedInvalidation::ipi;
  return params;
}

TEST_CASE("However switches and rollovers interleave, an ASID on a cpu names one address space") {
  std::size_t rollovers = 0;
  CHECK(rc::check([&](bool ipi) {
    const auto order = *rc::gen::container<std::vector<std::uint32_t>>(cpus * switches, rc::gen::inRange(0U, mms));
    const auto schedule = *rc::gen::container<std::vector<std::uint32_t>>(97, rc::gen::inRange(0U, 4096U));
    const Watch watch = run(params_of(ipi), order, schedule);
    rollovers += watch.rollovers;
    RC_ASSERT(watch.wrong.empty());
    RC_ASSERT(watch.uses == std::size_t{cpus} * switches);
  }));
  CHECK(rollovers > 100);
}

TEST_CASE("A rollover that leaves the fast path open is seen by the same test") {
  CHECK_FALSE([] {
    TaggedParams params = params_of(false);
    params.rollover_shuts_fast_path = false;
    std::uint64_t x = 1;
    const auto draw = [&x](std::uint64_t n) {
      x = x * 6364136223846793005ULL + 1442695040888963407ULL;
      return static_cast<std::uint32_t>((x >> 33) % n);
    };
    for (unsigned trial = 0; trial < 500; ++trial) {
      std::vector<std::uint32_t> order(cpus * switches), schedule(97);
      for (auto& mm : order) mm = draw(mms);
      for (auto& s : schedule) s = draw(4096);
      if (!run(params, order, schedule).wrong.empty()) return false;
    }
    return true;
  }());
}

}  // namespace
}  // namespace mmulab::test
