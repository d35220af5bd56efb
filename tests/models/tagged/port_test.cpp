// SPDX-License-Identifier: MIT
// What a switch loads, what a flush reaches, what a rollover keeps.
#include "tests/models/tagged/tagged_fixture.h"
#include "tests/support/catch.h"

namespace mmulab::test {
namespace {

using Status = AccessResult::Status;

constexpr MmId mm_a{0}, mm_b{1}, mm_c{2}, mm_d{3};

/// Runs `body` alone on cpu 0, to its end; the labels of its steps, as they are taken, go to `taken`.
void alone(TaggedFixture& x, const PortFixture::Body& body, std::vector<std::string>* taken = nullptr) {
  ExploredHost& host = x.f.start_explored({body});
  while (const Op* next = host.pending(AgentId{0})) {
    if (taken != nullptr) taken->emplace_back(next->label->name());
    host.perform({Decision::Kind::step, AgentId{0}, 0});
  }
}

struct UseLog : EventObserver {
  std::vector<Event> uses;
  void on_event(const Event& e) override {
    if (e.kind == EventKind::translation_used) uses.push_back(e);
  }
};

}  // namespace

TEST_CASE("A translation outlives the switch to another mm, and only its own mm reaches it") {
  TaggedFixture x(few_asids(1));
  x.map(mm_a, 1, 8);
  const auto of_b = x.map(mm_b, 1, 9);
  UseLog log;
  x.f.stream.subscribe(log);
  alone(x, [&](Context& ctx) {
    x.run_mm(ctx, mm_a);
    x.touch(ctx, mm_a, 1);
    x.run_mm(ctx, mm_b);
    x.touch(ctx, mm_b, 1);
    // Nothing was flushed: the old translations answer, whatever the tables say now.
    ctx.world().store(of_b, Pte{});
    x.touch(ctx, mm_b, 1);
    x.run_mm(ctx, mm_a);
    x.touch(ctx, mm_a, 1);
  });
  REQUIRE(log.uses.size() == 4);
  CHECK(log.uses[0].frame == Frame{8});
  CHECK(log.uses[1].frame == Frame{9});
  CHECK(log.uses[2].frame == Frame{9});
  CHECK(log.uses[3].frame == Frame{8});
  CHECK(log.uses[0].tag == log.uses[3].tag);
  CHECK(log.uses[0].tag != log.uses[1].tag);
}

TEST_CASE("A rollover keeps what is running, and gives its number to nobody else") {
  TaggedParams params = few_asids(2);  // 1, 2 and 3
  TaggedFixture x(params, 2);
  for (const MmId mm : {mm_a, mm_b, mm_c, mm_d}) x.map(mm, 1, 8 + mm.raw());
  ExploredHost& host = x.f.start_explored({[&](Context& ctx) {
                                             x.run_mm(ctx, mm_b);
                                             x.run_mm(ctx, mm_c);
                                             x.run_mm(ctx, mm_d);  // none is left
                                           },
                                           [&](Context& ctx) {
                                             x.run_mm(ctx, mm_a);
                                             x.touch(ctx, mm_a, 1);
                                             x.run_mm(ctx, mm_b);
                                             x.run_mm(ctx, mm_a);
                                           }});
  const auto step = [&](std::uint32_t cpu) { host.perform({Decision::Kind::step, AgentId{cpu}, 0}); };
  const auto touched = [&] { return x.port->mmu().tlbs().kinds(CoreId{1}); };
  while (x.f.world.load(touched()) == 0) step(1);
  while (host.pending(AgentId{0}) != nullptr) step(0);
  CHECK(x.asid_of(mm_a) == 1);
  CHECK(x.asid_of(mm_c) == 3);
  CHECK(x.asid_of(mm_d) == 2);
  CHECK(x.generation_of(mm_d) == x.generation_of(mm_a) + 1);
  while (host.pending(AgentId{1}) != nullptr) step(1);
  // b's number had gone to d; a's was reserved until this cpu ran something else.
  CHECK(x.generation_of(mm_a) == x.generation_of(mm_b));
  CHECK(x.asid_of(mm_a) != x.asid_of(mm_b));
}

TEST_CASE("A switch to an mm with a good ASID takes no lock, and back from a kernel thread no step") {
  TaggedParams params = few_asids(1);
  params.asids = 8;
  TaggedFixture x(params);
  for (const MmId mm : {mm_a, mm_b}) x.map(mm, 1, 8 + mm.raw());
  std::vector<std::string> taken;
  std::size_t begun = 0, fast = 0, lazy = 0;
  alone(
      x,
      [&](Context& ctx) {
        x.run_mm(ctx, mm_a);
        x.run_mm(ctx, mm_b);
        begun = taken.size();
        x.port->switch_mm(ctx, mm_b, mm_a);
        fast = taken.size();
        x.port->switch_mm(ctx, mm_a, MmId::none());
        x.port->switch_mm(ctx, MmId::none(), mm_a);
        lazy = taken.size();
      },
      &taken);
  const std::vector<std::string> switched(taken.begin() + static_cast<std::ptrdiff_t>(begun),
                                          taken.begin() + static_cast<std::ptrdiff_t>(fast));
  CHECK(switched == std::vector<std::string>{"tagged.load_reserved", "asid.read_id", "asid.read_active",
                                             "asid.read_generation", "asid.exchange_active", "tagged.load_root"});
  CHECK(lazy == fast);
}

TEST_CASE("Flushes by page, by range and of the whole mm kill what they name, and nothing of another mm") {
  for (const bool ipi : {false, true}) {
    TaggedParams params = few_asids(1);
    params.dtlb_4k.ways = 8;
    params.asids = 8;
    params.flush_ceiling = 3;
    if (ipi) params.invalidation = TaggedInvalidation::ipi;
    TaggedFixture x(params);
    const auto copies = [&](MmId mm, std::uint64_t page) {
      std::vector<TranslationCopy> found;
      x.port->list_copies(mm, VirtPage{page}, found);
      return found.size();
    };
    for (std::uint64_t page = 1; page <= 3; ++page)
      for (const MmId mm : {mm_a, mm_b}) x.map(mm, page, 8 * page + mm.raw());
    const auto fill = [&](Context& ctx, MmId mm) {
      x.run_mm(ctx, mm);
      for (std::uint64_t page = 1; page <= 3; ++page) x.touch(ctx, mm, page);
    };
    alone(x, [&](Context& ctx) {
      fill(ctx, mm_b);
      fill(ctx, mm_a);
      x.flush(ctx, mm_a, Invalidation::Scope::range, 2, 3);
      CHECK((copies(mm_a, 1) == 1 && copies(mm_a, 2) == 0 && copies(mm_a, 3) == 1));
      // From another mm: the flush names the mm's ASID, not the loaded one.
      x.flush(ctx, mm_b, Invalidation::Scope::range, 1, 2);
      CHECK((copies(mm_b, 1) == 0 && copies(mm_b, 2) == 1 && copies(mm_a, 1) == 1));
      x.flush(ctx, mm_a, Invalidation::Scope::range, 0, 9);
      CHECK((copies(mm_a, 1) == 0 && copies(mm_a, 3) == 0 && copies(mm_b, 3) == 1));
      x.flush(ctx, mm_b, Invalidation::Scope::mm);
      CHECK(copies(mm_b, 2) + copies(mm_b, 3) == 0);
    });
  }
}

TEST_CASE("IPIs go to the cpus that have run the mm, a broadcast needs none and reaches all") {
  for (const bool ipi : {false, true}) {
    TaggedParams params = few_asids(3);
    if (ipi) params.invalidation = TaggedInvalidation::ipi;
    TaggedFixture x(params, 3);
    x.map(mm_a, 1, 8);
    x.map(mm_b, 1, 9);
    std::size_t sent = 0, left = 9;
    struct Sent : EventObserver {
      std::size_t* n = nullptr;
      void on_event(const Event& e) override { *n += e.kind == EventKind::ipi_sent ? 1U : 0U; }
    } log;
    log.n = &sent;
    x.f.stream.subscribe(log);
    const auto spin = [&](Context& ctx) { ctx.work(Cycles{90'000}); };
    x.f.run_timed({[&](Context& ctx) {
                     ctx.work(Cycles{20'000});
                     x.run_mm(ctx, mm_a);
                     x.flush(ctx, mm_a, Invalidation::Scope::mm);
                     std::vector<TranslationCopy> copies;
                     x.port->list_copies(mm_a, VirtPage{1}, copies);
                     left = copies.size();
                   },
                   [&](Context& ctx) {
                     x.run_mm(ctx, mm_a);
                     x.touch(ctx, mm_a, 1);
                     x.run_mm(ctx, mm_b);
                     x.touch(ctx, mm_b, 1);
                     for (int n = 0; n < 300; ++n) {
                       ctx.work(Cycles{300});
                       x.touch(ctx, mm_b, 1);
                     }
                   },
                   [&](Context& ctx) {
                     x.run_mm(ctx, mm_b);
                     spin(ctx);
                     x.touch(ctx, mm_b, 1);
                   }});
    CHECK(sent == (ipi ? 1 : 0));
    CHECK(left == 0);
  }
}

TEST_CASE("ptep_test_and_clear_young clears the accessed bit and nothing else") {
  TaggedFixture x(few_asids(1));
  const auto cell = x.map(mm_a, 1, 8);
  const Pte before = x.f.world.load(cell);
  alone(x, [&](Context& ctx) {
    const Pte old = x.port->change_pte(ctx, {mm_a, VirtPage{1}, cell, PteAction::young, Pte{}});
    CHECK(old == before);
  });
  CHECK(x.f.world.load(cell) == before.without(radix::pte_accessed));
}

}  // namespace mmulab::test
