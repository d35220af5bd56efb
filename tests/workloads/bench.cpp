// SPDX-License-Identifier: MIT
#include "tests/workloads/bench.h"

#include "models/mm/config.h"
#include "sim/lab/build.h"

namespace mmulab::workload::bench {
namespace {

lab::SystemParts parts_of(const Plan& plan, const PlanEnvironment& environment, std::uint64_t& privately) {
  lab::SystemParts parts;
  parts.topology.cores_per_socket = environment.cpus;
  parts.geometry = environment.geometry;
  parts.limits = plan.limits;
  parts.make_port = [&privately](const lab::PortParts& port_parts) {
    lab::MadePort made;
    made.port = std::make_unique<DirectPort>(port_parts, privately);
    return made;
  };
  config::Schema schema;
  describe_kernel(schema);
  const config::Values values = config::load_text(schema, "test", "[kernel]\nversion = \"2.6.22\"\n");
  parts.policy = kernel_policy(values);
  kernel_costs(values, [&](const std::string& name, Cycles cost) { parts.costs.emplace_back(name, cost); });
  parts.costs.emplace_back("ipi_send", Cycles{100});
  return parts;
}

struct Counts : EventObserver {
  explicit Counts(Result& into) : result(into) { result.calls.assign(call_kinds, 0); }
  void on_event(const Event& event) override {
    if (event.kind == EventKind::call_entered) ++result.calls[event.a];
    if (event.kind != EventKind::measurement_begun) return;
    ++result.measured;
    result.measured_at = event.cycle;
  }
  Result& result;
};

void conclude(const lab::System& system, const Plan& plan, Result& result) {
  result.finished = system.finished();
  // What the page cache holds stays when everybody has gone.
  std::uint64_t cached = 0;
  for (std::uint32_t f = 0; f < plan.limits.files; ++f)
    for (std::uint32_t page = 0; page < plan.limits.file_pages; ++page)
      if (system.world.load(system.state->file_page(FileId{f}, page)).exists()) ++cached;
  result.frames_missing = plan.limits.frames - 1 - cached - system.world.load(system.state->frames_free());
  result.world = system.world.computed_fingerprint();
}

}  // namespace

Cell<Pte> DirectPort::entry_of(MmId mm, VirtAddr va) const {
  const VirtPage page = page_of(va, state_.geometry().page_shift());
  TableId table = machine_.world.load(state_.mm_root(mm));
  for (std::size_t level = state_.geometry().levels() - 1; table.exists() && level > 0; --level) {
    const Pte upper = machine_.world.load(state_.entry(table, state_.geometry().index(page, level)));
    table = pte().is_present(upper) ? TableId{pte().frame(upper).raw()} : TableId::none();
  }
  return table.exists() ? state_.entry(table, state_.geometry().index(page, 0)) : Cell<Pte>{};
}

bool DirectPort::permits(Pte value, AccessKind kind) const {
  const Rights rights = pte().rights(value);
  return pte().is_present(value) && (kind != AccessKind::store || rights.write) &&
         (kind != AccessKind::fetch || rights.exec);
}

Pte DirectPort::used(Pte value, AccessKind kind) const {
  return value.with(kind == AccessKind::store ? pte().accessed | pte().dirty : pte().accessed);
}

AccessResult DirectPort::access(Context& ctx, MmId mm, VirtAddr va, AccessKind kind) {
  const Cell<Pte> entry = entry_of(mm, va);
  if (entry.at == Location{}) return {AccessResult::Status::fault, false};
  const auto folded = folded_.cell<std::uint64_t>(ctx.cpu().raw());
  AccessResult result;
  const bool made = ctx.step_restartable(touch, writes(entry, folded), Cycles{}, [&](Access& a) {
    const Pte value = a.read(entry);
    if (entry_of(mm, va).at != entry.at) {
      result.status = AccessResult::Status::interrupted;
    } else if (!permits(value, kind)) {
      result = {AccessResult::Status::fault, pte().is_present(value)};
    } else {
      a.write(entry, used(value, kind));
      a.write(folded, mix(a.read(folded) ^ va.raw() ^ static_cast<std::uint64_t>(kind)));
    }
  });
  if (!made) result.status = AccessResult::Status::interrupted;
  return result;
}

Cycle DirectPort::access_privately(CpuId cpu, MmId mm, AccessBuffer& buffer, Cycle now, Cycle horizon) {
  const CoreId core{cpu.raw()};
  for (; buffer.next < buffer.end; ++buffer.next, ++privately_) {
    const std::uint64_t word = buffer.addresses[buffer.next];
    const AccessKind kind = (word & AccessBuffer::store_bit) != 0 ? AccessKind::store : AccessKind::load;
    const VirtAddr va{word & ~AccessBuffer::store_bit};
    const Cell<Pte> entry = entry_of(mm, va);
    const Cycle done = now + machine_.costs.of(touch);
    if (entry.at == Location{} || done >= horizon || !machine_.lines->writable(core, entry.at)) break;
    const Pte value = machine_.world.load(entry);
    if (!permits(value, kind)) break;
    *machine_.world.untracked_words(entry.at) = used(value, kind).raw();
    std::uint64_t& folded = *machine_.world.untracked_words(folded_.at(cpu.raw()));
    folded = mix(folded ^ va.raw() ^ static_cast<std::uint64_t>(kind));
    now = done;
  }
  return now;
}

Result run_timed(Plan plan, const PlanEnvironment& environment, bool lookahead, const AccessWatcher* watcher) {
  fresh_systemc_kernel();
  Result result;
  Counts counter(result);
  lab::System system(parts_of(plan, environment, result.privately));
  system.events.subscribe(counter);
  if (watcher != nullptr) system.events.attend(*watcher);
  lab::populate(system, plan);
  TimedOptions options;
  options.lookahead = lookahead;
  options.until = Cycle{2'000'000'000};
  const TimedHost& host = system.make_timed(options);
  system.run_timed();
  result.end = host.reached();
  conclude(system, plan, result);
  return result;
}

Result run_explored(Plan plan, const PlanEnvironment& environment, std::uint64_t pick) {
  Result result;
  Counts counter(result);
  lab::System system(parts_of(plan, environment, result.privately));
  system.events.subscribe(counter);
  lab::populate(system, plan);
  ExploredHost& host = system.make_explored();
  host.start();
  std::vector<Decision> decisions;
  for (std::uint64_t n = 0; n < 1'000'000; ++n) {
    host.list_decisions(decisions);
    if (decisions.empty()) break;
    host.perform(decisions[below(draw(pick, n), decisions.size())]);
  }
  conclude(system, plan, result);
  return result;
}

}  // namespace mmulab::workload::bench
