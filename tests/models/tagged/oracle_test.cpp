// SPDX-License-Identifier: MIT
// Random operations against a flat map: whatever is mapped, unmapped, protected and switched, a user finds what the
// map says, with more address spaces than ASIDs, under each allocator and each way to invalidate.
#include <map>
#include <rapidcheck.h>

#include "tests/models/tagged/tagged_fixture.h"
#include "tests/support/catch.h"

namespace mmulab::test {
namespace {

using Status = AccessResult::Status;

enum class Act : std::uint8_t { load, store, fetch, map, unmap, protect, run, end };
struct Operation {
  Act act = Act::load;
  std::uint32_t mm = 0;
  std::uint64_t page = 0;
  std::uint32_t choice = 0;
};

constexpr std::uint32_t mms = 5;
constexpr std::uint64_t pages = 10;

rc::Gen<Operation> operations() {
  return rc::gen::map(rc::gen::tuple(rc::gen::inRange(0, static_cast<int>(Act::end)), rc::gen::inRange(0U, mms),
                                     rc::gen::inRange<std::uint64_t>(0, pages), rc::gen::inRange(0U, 64U)),
                      [](const std::tuple<int, std::uint32_t, std::uint64_t, std::uint32_t>& t) {
                        return Operation{static_cast<Act>(std::get<0>(t)), std::get<1>(t), std::get<2>(t),
                                         std::get<3>(t)};
                      });
}

/// What a user must find.
struct Mapping {
  std::uint32_t frame = 0;
  bool write = false;
};

struct LastUse : EventObserver {
  Event event;
  void on_event(const Event& e) override {
    if (e.kind == EventKind::translation_used) event = e;
  }
};

class Oracle {
 public:
  explicit Oracle(const TaggedParams& params) : x_(params, 1, mms) {
    x_.f.stream.subscribe(used_);
    for (std::uint32_t m = 0; m < mms; ++m)
      for (std::uint64_t page = 0; page < pages; ++page)
        ptes_[{m, page}] = x_.f.map(MmId{m}, VirtPage{page}, Pte{}, x_.port->pte());
  }
  void run(const std::vector<Operation>& all) {
    ExploredHost& host = x_.f.start_explored({[&](Context& ctx) {
      for (std::uint32_t m = 0; m < mms; ++m) x_.port->init_mm(ctx, MmId{m});
      x_.run_mm(ctx, MmId{0});
      for (const Operation& o : all) perform(ctx, o);
    }});
    while (host.pending(AgentId{0}) != nullptr) host.perform({Decision::Kind::step, AgentId{0}, 0});
    RC_ASSERT(wrong_.empty());
  }

 private:
  void perform(Context& ctx, const Operation& o) {
    const std::pair<std::uint32_t, std::uint64_t> key{current_, o.page};
    const auto found = map_.find(key);
    const bool mapped = found != map_.end();
    switch (o.act) {
      case Act::load: return expect(ctx, o.page, AccessKind::load, mapped);
      case Act::store: return expect(ctx, o.page, AccessKind::store, mapped && found->second.write);
      case Act::fetch: return expect(ctx, o.page, AccessKind::fetch, mapped);
      case Act::map: {
        if (mapped) return;
        const Mapping m{o.choice + 1, (o.choice & 1) != 0};
        map_[key] = m;
        return change(ctx, key, PteAction::set, x_.port->pte().make(Frame{m.frame}, Rights{m.write, true}));
      }
      case Act::unmap:
        map_.erase(key);
        change(ctx, key, PteAction::clear, Pte{});
        return flush(ctx, o);
      case Act::protect:
        if (!mapped) return;
        found->second.write = false;
        change(ctx, key, PteAction::wrprotect, Pte{});
        return flush(ctx, o);
      case Act::run:
      case Act::end: break;
    }
    current_ = o.mm;
    x_.run_mm(ctx, MmId{current_});
  }
  void expect(Context& ctx, std::uint64_t page, AccessKind kind, bool allowed) {
    if ((x_.touch(ctx, MmId{current_}, page, kind) == Status::done) != allowed)
      wrong_ = "access allowed wrongly, or refused";
    if (!allowed || !wrong_.empty()) return;
    if (used_.event.frame != Frame{map_.at({current_, page}).frame} || used_.event.page != VirtPage{page})
      wrong_ = "another frame";
  }
  void change(Context& ctx, std::pair<std::uint32_t, std::uint64_t> key, PteAction action, Pte value) {
    x_.port->change_pte(ctx, {MmId{key.first}, VirtPage{key.second}, ptes_.at(key), action, value});
  }
  void flush(Context& ctx, const Operation& o) {
    const auto scope = o.choice % 2 == 0 ? Invalidation::Scope::mm : Invalidation::Scope::range;
    x_.flush(ctx, MmId{current_}, scope, o.page, o.page + 1 + o.choice % 6);
  }

  TaggedFixture x_;
  LastUse used_;
  std::map<std::pair<std::uint32_t, std::uint64_t>, Cell<Pte>> ptes_;
  std::map<std::pair<std::uint32_t, std::uint64_t>, Mapping> map_;
  std::uint32_t current_ = 0;
  std::string wrong_;
};

TEST_CASE("Whatever happens, a user of the tagged machine finds exactly what the flat map says") {
  CHECK(rc::check([](bool versions, bool ipi, bool reserved) {
    TaggedParams params = few_asids(1);
    if (versions) params.allocator = AsidAllocation::versions;
    else if (ipi) params.invalidation = TaggedInvalidation::ipi;
    params.flush_ceiling = 3;
    params.reserved_root_at_switch = reserved;
    Oracle(params).run(*rc::gen::container<std::vector<Operation>>(80, operations()));
  }));
}

}  // namespace
}  // namespace mmulab::test
