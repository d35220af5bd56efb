// SPDX-License-Identifier: MIT
// Two cpus against a flat map: whatever is mapped, unmapped with a flush, protected with a flush, evicted and
// accessed, in whatever order, an access sees what the map says.
#include <rapidcheck.h>

#include <map>

#include "tests/models/ppc64/ppc64_fixture.h"

namespace mmulab {
namespace {
using namespace ppc64;
using test::Ppc64Fixture;
using Status = AccessResult::Status;

const Label next_command{"test.ppc64.next_command", "test_next_command"};

enum class What : std::uint64_t { none, load, store, map, unmap, protect, evict };
struct Command {
  What what;
  std::uint32_t cpu;
  std::uint64_t page;
  std::uint64_t frame;
};
std::ostream& operator<<(std::ostream& out, const Command& c) {
  return out << "{" << static_cast<int>(c.what) << " cpu " << c.cpu << " page " << c.page << " frame " << c.frame
             << "}";
}

constexpr std::uint64_t pages = 40;  // 32 slots: both groups overflow

class Machine2 : public Ppc64Fixture {
 public:
  explicit Machine2(const Ppc64Params& params) : Ppc64Fixture(params) {
    commands_ = world.allocate("test.command", 2, 3, Coherence::internal);
    for (std::uint64_t p = 0; p < pages; ++p) ptes_.push_back(map_page(p, 0, 0));
    explore({[this](Context& ctx) { serve(ctx); }, [this](Context& ctx) { serve(ctx); }});
  }
  void perform(const Command& c, std::uint32_t draw) {
    world.store(commands_.at(c.cpu, 1), c.page);
    world.store(commands_.at(c.cpu, 2), c.frame);
    world.store(commands_.at(c.cpu, 0), static_cast<std::uint64_t>(c.what));
    do {
      if (waits(c.cpu)) deliver_all();
      else step(c.cpu, {draw % 2, draw / 2 % 8});
    } while (host_explored->pending(AgentId{c.cpu})->label != &next_command);
  }
  AccessResult result;

 private:
  void serve(Context& ctx) {
    for (;;) {
      const auto what = commands_.cell<What>(ctx.cpu().raw(), 0);
      const auto page = commands_.cell<std::uint64_t>(ctx.cpu().raw(), 1);
      const auto frame = commands_.cell<std::uint64_t>(ctx.cpu().raw(), 2);
      std::uint64_t p = 0, f = 0;
      const What now = ctx.step_when(next_command, writes(what).reads(page, frame),
                                     [&](const Access& a) { return a.read(what) != What::none; },
                                     [&](Access& a) {
                                       p = a.read(page), f = a.read(frame);
                                       return a.exchange(what, What::none);
                                     });
      act(ctx, now, p, f);
    }
  }
  void act(Context& ctx, What what, std::uint64_t page, std::uint64_t frame) {
    const auto at = ptes_[page];
    switch (what) {
      case What::load: result = touch(ctx, page, AccessKind::load); break;
      case What::store: result = touch(ctx, page, AccessKind::store); break;
      case What::map:
        flush(ctx, page,
              change(ctx, page, at, PteAction::set, pte_of(frame, frame % 2 != 0 ? rw : rw & ~page_dirty)));
        if (frame % 3 == 0) port.update_mmu_cache(ctx, MmId{0}, VirtPage{page}, world.load(at), AccessKind::load);
        break;
      case What::unmap: flush(ctx, page, change(ctx, page, at, PteAction::clear)); break;
      case What::protect: flush(ctx, page, change(ctx, page, at, PteAction::wrprotect)); break;
      case What::evict: port.hpt().evict(ctx, page % 4); break;
      case What::none: break;
    }
  }
  void flush(Context& ctx, std::uint64_t page, Pte old) {
    if (!port.may_be_cached(old)) return;
    note(0, page, old);
    port.invalidate(ctx, entries(1));
  }
  Region commands_;
  std::vector<Cell<Pte>> ptes_;
};

struct Mapping {
  std::uint64_t frame;
  bool writable;
};

TEST_CASE("Table, copies and flushes together are as good as a flat map") {
  const bool holds = rc::check([] {
    Ppc64Params params = test::tiny_params();
    params.parallel_search = *rc::gen::arbitrary<bool>();
    params.preset_c = *rc::gen::arbitrary<bool>();
    params.multiple_match = MultipleMatch::machine_check;
    Machine2 m(params);
    std::map<std::uint64_t, Mapping> map;
    const auto commands = *rc::gen::container<std::vector<Command>>(
        rc::gen::build<Command>(rc::gen::set(&Command::what, rc::gen::weightedElement<What>({{4, What::load},
                                                                                             {3, What::store},
                                                                                             {6, What::map},
                                                                                             {2, What::unmap},
                                                                                             {1, What::protect},
                                                                                             {1, What::evict}})),
                                rc::gen::set(&Command::cpu, rc::gen::inRange(0U, 2U)),
                                rc::gen::set(&Command::page, rc::gen::inRange<std::uint64_t>(0, pages)),
                                rc::gen::set(&Command::frame, rc::gen::inRange<std::uint64_t>(1, 1000))));
    std::uint32_t draw = 12345;
    for (const Command& c : commands) {
      m.log.events.clear();
      m.perform(c, draw = draw * 1664525 + 1013904223);
      const auto known = map.find(c.page);
      if (c.what == What::load || c.what == What::store) {
        const bool allowed = known != map.end() && (c.what == What::load || known->second.writable);
        RC_ASSERT((m.result.status == Status::done) == allowed);
        if (allowed) RC_ASSERT(m.log.last(EventKind::translation_used).frame == Frame{known->second.frame});
      }
      if (c.what == What::map) map[c.page] = {c.frame, true};
      if (c.what == What::unmap) map.erase(c.page);
      if (c.what == What::protect && known != map.end()) known->second.writable = false;
      for (std::uint64_t page = 0; page < pages; ++page) RC_ASSERT(m.matches(page).size() <= 1);
    }
  });
  CHECK(holds);
}
}  // namespace
}  // namespace mmulab
