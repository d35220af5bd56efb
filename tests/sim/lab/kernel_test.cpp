// SPDX-License-Identifier: MIT
// The kernel by itself, on an architecture that caches nothing: every call, both hosts, frames and tables all
// back.
#include <map>

#include "models/mm/config.h"
#include "sim/config/load.h"
#include "tests/support/catch.h"
#include "tests/support/uncached_port.h"

namespace mmulab {
namespace {

lab::SystemParts parts(std::uint32_t cpus, const GatherAxes& axes) {
  lab::SystemParts p;
  p.topology.cores_per_socket = cpus;
  p.geometry = TableGeometry{PageShift{12}, {2, 2, 2, 0, 0}, 3};
  p.limits.tasks = 3;
  p.limits.mms = 3;
  p.limits.frames = 64;
  p.limits.tables = 48;
  p.axes = axes;
  p.make_port = [](const lab::PortParts& port_parts) { lab::MadePort made;
    made.port = std::make_unique<test::UncachedPort>(port_parts);
    return made;
  };
  config::Schema schema;
  describe_kernel(schema);
  const config::Values values = config::load_text(schema, "test", "[kernel]\nversion = \"2.6.22\"\n");
  p.policy = kernel_policy(values);
  kernel_costs(values, [&](const std::string& name, Cycles cost) { p.costs.emplace_back(name, cost); });
  p.costs.emplace_back("ipi_send", Cycles{100});
  return p;
}

VmaRecord anonymous(std::uint64_t first, std::uint64_t pages) {
  VmaRecord r;
  r.first = VirtPage{first};
  r.end = VirtPage{first + pages};
  r.rights = {true, false};
  r.kind = VmaKind::anonymous;
  return r;
}

VirtAddr va(std::uint64_t page) { return VirtAddr{page << 12}; }

struct Trace : StepObserver {
  std::vector<std::string> lines;
  void on_step(AgentId agent, const Label& label) override {
    lines.push_back(fmt::format("{} {}", agent, label.name()));
  }
  void on_store(const Label& label, Location at, std::uint64_t o, std::uint64_t n) override {
    lines.push_back(fmt::format("  {} {} {:x}->{:x}", label.name(), at.raw(), o, n));
  }
};

/// Two threads of one mm and a forked child, using every call of the kernel.
void add_tasks(lab::System& s, std::uint32_t cpus) {
  Kernel& k = *s.kernel;
  k.boot_vma(s.world, MmId{0}, anonymous(8, 8));
  const TaskId child = s.add_child("child", CpuId{cpus - 1}, [](Context& ctx, Kernel& kernel) {
    CHECK(kernel.access(ctx, va(9), AccessKind::load) == Outcome::ok);
    CHECK(kernel.access(ctx, va(9), AccessKind::store) == Outcome::ok);
  });
  s.add_task("first", MmId{0}, CpuId{0}, [child](Context& ctx, Kernel& kernel) {
    for (std::uint64_t page = 8; page < 16; ++page)
      CHECK(kernel.access(ctx, va(page), AccessKind::store) == Outcome::ok);
    CHECK(kernel.fork(ctx, child, MmId{1}) == Outcome::ok);
    CHECK(kernel.access(ctx, va(8), AccessKind::store) == Outcome::ok);
    CHECK(kernel.mprotect(ctx, VirtPage{8}, Pages{2}, Rights{false, false}) == Outcome::ok);
    CHECK(kernel.access(ctx, va(8), AccessKind::store) == Outcome::no_permission);
    CHECK(kernel.munmap(ctx, VirtPage{10}, Pages{3}) == Outcome::ok);
    CHECK(kernel.access(ctx, va(11), AccessKind::load) == Outcome::bad_address);
    CHECK(kernel.mmap(ctx, anonymous(20, 4)) == Outcome::ok);
    CHECK(kernel.access(ctx, va(21), AccessKind::store) == Outcome::ok);
  });
  s.add_task("second", MmId{0}, CpuId{1 % cpus}, [](Context& ctx, Kernel& kernel) {
    CHECK(kernel.access(ctx, va(14), AccessKind::store) == Outcome::ok);
    CHECK(kernel.madvise_dontneed(ctx, VirtPage{14}, Pages{2}) == Outcome::ok);
    CHECK(kernel.access(ctx, va(14), AccessKind::load) == Outcome::ok);
    CHECK(kernel.zero_read(ctx, VirtPage{13}, Pages{2}) == Outcome::ok);
    kernel.yield(ctx);
    CHECK(kernel.access(ctx, va(14), AccessKind::store) == Outcome::ok);
  });
  s.seal();
}

void check_everything_returned(const lab::System& s, const lab::SystemParts& p) {
  CHECK(s.finished());
  CHECK(s.world.load(s.state->frames_free()) == p.limits.frames - 1);
  std::uint32_t free_tables = 0;
  for (TableId t = s.world.load(s.state->table_free_head()); t.exists();
       t = s.world.load(s.state->table_next_free(t)))
    ++free_tables;
  // An idle cpu may still borrow the root of the last mm that ran there.
  CHECK(free_tables + 2 >= p.limits.tables);
  // The zero page, counted or not, has only the reference that it was born with.
  CHECK(s.world.load(s.state->frame(KernelState::zero_frame(), FrameFields::refcount)) == 1);
  CHECK(s.world.load(s.state->frame(KernelState::zero_frame(), FrameFields::mapcount)) == 0);
}

struct Run {
  std::vector<Decision> decisions;
  Trace trace;
  Fingerprint final_state;
  Cycle end;
};

Run run_timed(const lab::SystemParts& p, std::uint32_t cpus, bool lookahead) {
  fresh_systemc_kernel();
  Run run;
  lab::System s(p);
  s.set_observer(&run.trace);
  add_tasks(s, cpus);
  TimedOptions options;
  options.lookahead = lookahead;
  TimedHost& host = s.make_timed(options);
  host.record_decisions(&run.decisions);
  s.run_timed();
  check_everything_returned(s, p);
  run.final_state = s.world.computed_fingerprint();
  run.end = host.reached();
  return run;
}

TEST_CASE("Every call of the kernel works on one and on two cpus, and every frame and table comes back") {
  for (std::uint32_t cpus : {1U, 2U, 3U}) {
    const Run run = run_timed(parts(cpus, GatherAxes{}), cpus, true);
    CHECK(run.end > Cycle{10000});
  }
}

TEST_CASE("A zero page that is counted like any other costs more, and all of its references come back") {
  lab::SystemParts counted = parts(2, GatherAxes{});
  counted.policy.zero_page_counted = true;
  CHECK(run_timed(counted, 2, true).end > run_timed(parts(2, GatherAxes{}), 2, true).end);
}

TEST_CASE("With lookahead on or off the kernel takes the same steps to the same end") {
  const Run on = run_timed(parts(2, GatherAxes{}), 2, true);
  const Run off = run_timed(parts(2, GatherAxes{}), 2, false);
  CHECK(on.trace.lines == off.trace.lines);
  CHECK(on.end == off.end);
  CHECK(on.final_state == off.final_state);
}

TEST_CASE("A timed run of the kernel, replayed in the explored host, stores the same and ends in the same World") {
  const lab::SystemParts p = parts(2, GatherAxes{});
  const Run timed = run_timed(p, 2, true);
  Trace trace;
  lab::System s(p);
  s.set_observer(&trace);
  add_tasks(s, 2);
  ExploredHost& host = s.make_explored();
  host.start();
  host.replay(timed.decisions);
  CHECK(trace.lines == timed.trace.lines);
  CHECK(s.world.fingerprint() == timed.final_state);
  check_everything_returned(s, p);
}

/// Page tables that have been freed, by level.
struct FreedTables : EventObserver {
  std::vector<std::uint64_t> levels;
  void on_event(const Event& event) override {
    if (event.kind == EventKind::table_freed) levels.push_back(event.a);
  }
};

using Ranges = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

/// Maps [8, 10), [10, 12) and [12, 16), touches all of them, and unmaps the parts in turn: what each unmap frees.
std::vector<std::vector<std::uint64_t>> tables_freed_by(const Ranges& ranges) {
  fresh_systemc_kernel();
  std::vector<std::vector<std::uint64_t>> freed;
  lab::System s(parts(1, GatherAxes{}));
  FreedTables seen;
  s.events.subscribe(seen);
  for (const std::uint64_t first : {8U, 10U, 12U})
    s.kernel->boot_vma(s.world, MmId{0}, anonymous(first, first == 12 ? 4 : 2));
  s.add_task("unmapper", MmId{0}, CpuId{0}, [&](Context& ctx, Kernel& kernel) {
    for (std::uint64_t page = 8; page < 16; ++page)
      CHECK(kernel.access(ctx, va(page), AccessKind::store) == Outcome::ok);
    for (const auto& [first, pages] : ranges) {
      seen.levels.clear();
      CHECK(kernel.munmap(ctx, VirtPage{first}, Pages{pages}) == Outcome::ok);
      freed.push_back(seen.levels);
    }
  });
  s.seal();
  s.make_timed(TimedOptions{});
  s.run_timed();
  return freed;
}

TEST_CASE("munmap frees the tables that no VMA needs any more, though it has unmapped but a part of what they map") {
  using Levels = std::vector<std::vector<std::uint64_t>>;
  CHECK(tables_freed_by({{8, 2}, {10, 2}, {12, 4}}) == Levels{{}, {0}, {0, 1}});
  CHECK(tables_freed_by({{10, 2}, {12, 4}, {8, 2}}) == Levels{{}, {0}, {0, 1}});
  CHECK(tables_freed_by({{9, 2}, {8, 8}}) == Levels{{}, {0, 0, 1}});
  CHECK(tables_freed_by({{13, 2}, {8, 4}, {12, 1}, {15, 1}}) == Levels{{}, {0}, {}, {0, 1}});
  CHECK(tables_freed_by({{8, 8}}) == Levels{{0, 0, 1}});
}

}  // namespace
}  // namespace mmulab
