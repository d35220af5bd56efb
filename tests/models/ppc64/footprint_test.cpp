// SPDX-License-Identifier: MIT
// Every step of the port declares exactly what it needs: with any one item dropped, the checking build must abort.
#include <sys/wait.h>
#include <unistd.h>

#include <map>

#include "sim/exec/mutation.h"
#include "tests/models/ppc64/ppc64_fixture.h"

#ifdef MMULAB_CHECK_FOOTPRINT
namespace mmulab {
namespace {
using namespace ppc64;
using test::Ppc64Fixture;

void accesses(Ppc64Fixture& f, Context& ctx) {
  for (std::uint64_t n = 0; n < 18; ++n) f.touch(ctx, 1 + 4 * n, AccessKind::load);  // evicts
  f.touch(ctx, 2, AccessKind::load);
  f.touch(ctx, 2, AccessKind::store);  // updatepp
  f.touch(ctx, 2, AccessKind::store);
  f.touch(ctx, 3, AccessKind::fetch);
  f.touch(ctx, 1, AccessKind::load);
}

void life(Ppc64Fixture& f, Context& ctx) {
  accesses(f, ctx);
  const auto at = f.map_page(2, 7, Ppc64Fixture::ro | page_hashpte);
  for (const PteAction action :
       {PteAction::wrprotect, PteAction::young, PteAction::access_flags, PteAction::modify_start,
        PteAction::modify_commit, PteAction::set, PteAction::set, PteAction::clear})
    f.note(0, 2, f.change(ctx, 2, at, action, Ppc64Fixture::pte_of(7, Ppc64Fixture::ro)));
  f.note(0, 2, Ppc64Fixture::pte_of(7, page_hashpte));
  f.port.invalidate(ctx, f.entries(1));
  f.run_only_on(CpuId{0});
  f.port.invalidate(ctx, f.entries(1));
  f.port.init_mm(ctx, MmId{2});
  f.port.switch_mm(ctx, MmId{0}, MmId{2});
  f.port.switch_mm(ctx, MmId{2}, MmId{0});
  f.port.destroy_mm(ctx, MmId{2});
}

/// Everything that the port does, on machines that differ in what their steps declare.
void everything() {
  for (const bool parallel : {false, true})
    for (const LocalSample sample : {LocalSample::before_hpt, LocalSample::after_hpt}) {
      Ppc64Params params = test::tiny_params();
      params.parallel_search = parallel;
      params.preset_c = !parallel;
      params.local_sample = sample;
      params.snoop_stall = Cycles{5};
      params.multiple_match = MultipleMatch::machine_check;
      Ppc64Fixture f(params);
      for (std::uint64_t n = 0; n < 18; ++n) f.map_page(1 + 4 * n, 5 + n, Ppc64Fixture::rw);
      f.map_page(2, 6, Ppc64Fixture::rw & ~page_dirty);
      f.map_page(3, 6, Ppc64Fixture::ro | page_exec);
      for (const unsigned index : {4U, 5U}) f.file(0, index, !parallel, Ppc64Fixture::pte_of(5, Ppc64Fixture::rw));
      f.world.store(f.state.task_in_user(TaskId{0}), true);
      f.run({[&](Context& ctx) {
               life(f, ctx);
               f.touch(ctx, 0, AccessKind::load);  // machine check
             },
             [&](Context& ctx) { f.touch(ctx, 1, AccessKind::load); }});
    }
  // A fault that finds BUSY.
  Ppc64Fixture f(test::tiny_params());
  f.map_page(1, 5, Ppc64Fixture::rw);
  const Ppc64Fixture::Body load = [&](Context& ctx) { f.touch(ctx, 1, AccessKind::load); };
  f.explore({load, load});
  f.step_to(1, "ppc64.hash.set_busy");
  f.step_to(0, "ppc64.hash.insert_r");
  f.step_to(1, "ppc64.hash.wait_busy");
  static_cast<void>(f.waits(1));
  f.finish(0);
  f.finish(1);
}

int exit_code_without(const Label& label, std::size_t item) {
  const pid_t child = fork();
  if (child == 0) {
    if (freopen("/dev/null", "w", stderr) == nullptr || freopen("/dev/null", "w", stdout) == nullptr) _exit(99);
    drop_declared_item(label, item);
    everything();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

TEST_CASE("Every item that a step declares is needed") {
  std::map<const Label*, std::size_t> declared;
  observe_declarations([&](const Label& label, std::size_t items) {
    if (label.name().rfind("ppc64.", 0) == 0) declared[&label] = std::max(declared[&label], items);
  });
  everything();
  observe_declarations(nullptr);
  CHECK(declared.size() > 40);
  for (const auto& [label, items] : declared)
    for (std::size_t item = 0; item < items; ++item) {
      INFO(label->name() << " item " << item);
      CHECK(exit_code_without(*label, item) == 4);
    }
}
}  // namespace
}  // namespace mmulab
#endif
