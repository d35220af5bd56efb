// SPDX-License-Identifier: MIT
// One access, its cycles and its faults.
#include "tests/models/sparc64/sparc64_lab.h"

namespace mmulab::test {
namespace {

const MmId mm{0};

struct Costs {
  std::uint64_t trap, hit, tsb_load, tsb_lock, tsb_store, table, fill;
};
constexpr Costs cost_sets[] = {{20, 1, 3, 30, 4, 12, 20}, {7, 2, 11, 5, 9, 40, 13}};

void set_costs(CostTable& table, const Costs& c) {
  table.set("trap_entry", Cycles{c.trap});
  table.set("tlb_hit", Cycles{c.hit});
  table.set("tsb_load", Cycles{c.tsb_load});
  table.set("tsb_lock", Cycles{c.tsb_lock});
  table.set("tsb_store", Cycles{c.tsb_store});
  table.set("table_load", Cycles{c.table});
  table.set("tlb_fill", Cycles{c.fill});
}

TEST_CASE("A TSB hit costs trap entry, one quad load, the fill and the access") {
  for (const Costs& c : cost_sets) {
    Sparc64Lab lab(tiny_options(1), tiny_params(1));
    set_costs(lab.f.costs, c);
    lab.map(mm, 1, lab.leaf(11));
    lab.map(mm, 2, lab.leaf(12));
    Cycles taken, hit;
    lab.f.run_timed({[&](Context& ctx) {
      lab.port.init_mm(ctx, mm);
      lab.run_mm(ctx, mm);
      lab.touch(ctx, mm, 1);
      lab.touch(ctx, mm, 2);  // the one TLB entry goes; both TSB entries share a line, which is warm now
      const Cycle before = ctx.now();
      lab.touch(ctx, mm, 1);
      taken = ctx.now() - before;
      const Cycle again = ctx.now();
      lab.touch(ctx, mm, 1, AccessKind::store);
      hit = ctx.now() - again;
    }});
    CHECK(taken.raw() == c.trap + c.tsb_load + c.fill + c.hit);
    CHECK(hit.raw() == c.hit);
  }
}

TEST_CASE("A TSB miss adds three table loads, the lock and two stores") {
  for (const Costs& c : cost_sets) {
    Sparc64Lab lab(tiny_options(1), tiny_params());
    set_costs(lab.f.costs, c);
    lab.map(mm, 1, lab.leaf(11));
    Cycles taken;
    lab.f.run_timed({[&](Context& ctx) {
      lab.port.init_mm(ctx, mm);
      lab.run_mm(ctx, mm);
      lab.touch(ctx, mm, 1);
      lab.port.invalidate(ctx, lab.flush_of(ctx, mm, 1));
      const Cycle before = ctx.now();
      lab.touch(ctx, mm, 1);
      taken = ctx.now() - before;
    }});
    CHECK(taken.raw() == c.trap + c.tsb_load + 3 * c.table + c.tsb_lock + 2 * c.tsb_store + c.fill + c.hit);
  }
}

TEST_CASE("The first miss of a cold core also pays for three table lines and no more") {
  // Lines of this core already: the task's (irq_disable) and the TSB's (init_mm). From memory: one line a level,
  // 200.
  const Costs& c = cost_sets[0];
  Sparc64Lab lab(tiny_options(1), tiny_params());
  set_costs(lab.f.costs, c);
  lab.map(mm, 1, lab.leaf(11));
  Cycles taken;
  lab.f.run_timed({[&](Context& ctx) {
    lab.port.init_mm(ctx, mm);
    lab.run_mm(ctx, mm);
    const Cycle before = ctx.now();
    lab.touch(ctx, mm, 1);
    taken = ctx.now() - before;
  }});
  const std::uint64_t warm = c.trap + c.tsb_load + 3 * c.table + c.tsb_lock + 2 * c.tsb_store + c.fill + c.hit;
  CHECK(taken.raw() == warm + 3 * 200);
}

TEST_CASE("A walker in hardware hits in the TSB without a trap") {
  Sparc64Params params = tiny_params(1);
  params.hardware_tsb_walk = true;
  Sparc64Lab lab(tiny_options(1), params);
  set_costs(lab.f.costs, cost_sets[0]);
  lab.f.costs.set("hardware_tsb_walk", Cycles{45});
  lab.f.costs.set("hardware_fill", Cycles{6});
  lab.map(mm, 1, lab.leaf(11));
  lab.map(mm, 2, lab.leaf(12));
  Cycles taken;
  lab.f.run_timed({[&](Context& ctx) {
    lab.port.init_mm(ctx, mm);
    lab.run_mm(ctx, mm);
    lab.touch(ctx, mm, 1);
    lab.touch(ctx, mm, 2);
    const Cycle before = ctx.now();
    lab.touch(ctx, mm, 1);
    taken = ctx.now() - before;
  }});
  CHECK(taken.raw() == 45 + 6 + cost_sets[0].hit);
}

TEST_CASE("What is not mapped faults, what is not permitted faults as a protection") {
  Sparc64Lab lab(tiny_options(1), tiny_params());
  lab.map(mm, 1, lab.leaf(11, true, false));  // writable but clean: W is clear
  Pte no_exec = lab.port.pte().make(Frame{12}, Rights{true, false});
  lab.map(mm, 2, no_exec);
  lab.f.run_timed({[&](Context& ctx) {
    lab.port.init_mm(ctx, mm);
    lab.run_mm(ctx, mm);
    const AccessResult absent = lab.touch(ctx, mm, 3);
    CHECK(absent.status == AccessResult::Status::fault);
    CHECK_FALSE(absent.protection);
    CHECK(lab.touch(ctx, mm, 1).status == AccessResult::Status::done);
    const AccessResult clean = lab.touch(ctx, mm, 1, AccessKind::store);
    CHECK(clean.status == AccessResult::Status::fault);
    CHECK(clean.protection);
    const AccessResult fetch = lab.touch(ctx, mm, 2, AccessKind::fetch);
    CHECK(fetch.status == AccessResult::Status::fault);
    CHECK(fetch.protection);
    CHECK(lab.touch(ctx, mm, 1, AccessKind::fetch).status == AccessResult::Status::done);
    // Every way out of a trap turns interrupts on again.
    CHECK(ctx.world().load(lab.f.state.task_irqs_off(ctx.task())) == 0);
  }});
}

TEST_CASE("After a protection fault the raised pte is seen only because the handler demaps the page") {
  for (bool demap : {true, false}) {
    Sparc64Params params = tiny_params();
    params.demap_on_protection = demap;
    Sparc64Lab lab(tiny_options(1), params);
    const auto ptep = lab.map(mm, 1, lab.leaf(11, true, false));
    lab.f.run_timed({[&](Context& ctx) {
      lab.port.init_mm(ctx, mm);
      lab.run_mm(ctx, mm);
      lab.touch(ctx, mm, 1);
      CHECK(lab.touch(ctx, mm, 1, AccessKind::store).protection);
      const Pte raised = lab.leaf(11, true, true);
      lab.port.change_pte(ctx, {mm, VirtPage{1}, ptep, PteAction::access_flags, raised});
      lab.port.update_mmu_cache(ctx, mm, VirtPage{1}, raised, AccessKind::store);
      CHECK((lab.touch(ctx, mm, 1, AccessKind::store).status == AccessResult::Status::done) == demap);
    }});
  }
}

TEST_CASE("One entry of 4M serves every 8K page of it, from the huge TSB") {
  Sparc64Params params = tiny_params(1);
  params.huge_tsb_entries = 4;
  FixtureOptions options = tiny_options(1);
  options.geometry = TableGeometry{PageShift{13}, {10, 4, 4, 0, 0}, 3};
  Sparc64Lab lab(options, params);
  const std::uint64_t size_4m = std::uint64_t{3} << 61;
  for (std::uint64_t page : {512U, 519U}) lab.map(mm, page, lab.leaf(1024 + page - 512).with(size_4m));
  lab.map(mm, 1, lab.leaf(11));
  struct Frames : EventObserver {
    std::vector<std::uint32_t> used;
    int fills = 0;
    void on_event(const Event& e) override {
      if (e.kind == EventKind::translation_used) used.push_back(e.frame.raw());
      if (e.kind == EventKind::translation_filled) ++fills;
    }
  } frames;
  lab.f.stream.subscribe(frames);
  lab.f.run_timed({[&](Context& ctx) {
    lab.port.init_mm(ctx, mm);
    lab.run_mm(ctx, mm);
    lab.touch(ctx, mm, 512);
    lab.touch(ctx, mm, 519);
    CHECK(frames.fills == 1);
    lab.touch(ctx, mm, 1);
    lab.touch(ctx, mm, 519);
    CHECK(ctx.world().load(lab.port.tsbs().huge_slot(mm, VirtPage{519}).tag_cell()) == 1);
    lab.port.invalidate(ctx, lab.flush_of(ctx, mm, 600));
    CHECK(ctx.world().load(lab.port.tsbs().huge_slot(mm, VirtPage{519}).tag_cell()) ==
          sparc64::TsbEntry::invalid_bit);
    CHECK(lab.copies(mm, 512) == 0);
  }});
  CHECK(frames.used == std::vector<std::uint32_t>{1024, 1024 + 7, 11, 1024 + 7});
}

}  // namespace
}  // namespace mmulab::test
