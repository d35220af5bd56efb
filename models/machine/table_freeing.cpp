// SPDX-License-Identifier: MIT
#include "models/machine/table_freeing.h"

#include <algorithm>

#include "sim/timed/timed_host.h"

namespace mmulab {
namespace {

const Label call_lock{"sync_walkers.lock", "smp_call_send"};
const Label call_enqueue{"sync_walkers.enqueue", "smp_call_send"};
const Label wait_begin{"sync_walkers.wait_begin", "smp_call_wait"};
const Label wait{"sync_walkers.wait", "smp_call_wait"};
const Label take_queue{"sync_walkers.take_queue", "smp_call_receive"};
const Label read_call{"sync_walkers.read", "smp_call_receive"};
const Label unlock_call{"sync_walkers.unlock", "smp_call_receive"};
const SmpCallLabels call_labels{call_lock, call_enqueue, wait_begin, wait, take_queue, read_call, unlock_call};

const Label walk_begins{"gup.walk_begins", "test_flag"};
const Label walk_ends{"gup.walk_ends", "test_flag"};
const Label take_batch{"table_batch.allocate", "gather_grow"};
const Label queue{"table_batch.queue", "gather_queue"};
const Label call{"table_batch.call_rcu", "call_rcu", Ordering::full};  // its bookkeeping never lags behind itself
const Label grace_period{"rcu.grace_period", "table_free"};

constexpr std::uint32_t slots_max = 64;
constexpr unsigned level_shift = 40;

}  // namespace

TableFreeing::TableFreeing(const Machine& machine, const KernelState& state, const Locks& locks,
                           std::uint32_t batch_entries, Cycles grace)
    : world_(machine.world),
      state_(state),
      locks_(locks),
      entries_(std::min(batch_entries, state.limits().tables)),
      grace_(grace),
      calls_(machine, state, "sync_walkers", call_labels),
      slots_(std::min(slots_max, state.limits().tables)) {
  batches_ = world_.allocate("table_batch", slots_, first_entry() + entries_, Coherence::memory);
  used_ = world_.allocate("table_batch.used", 1, 1, Coherence::memory);
  walks_ = world_.allocate("walks", state.limits().cpus, 1, Coherence::internal);
}

// ---------------------------------------------------------------------------------------------------- walks

void TableFreeing::begin_walk(Context& ctx) {
  const auto mine = walks(ctx.cpu());
  ctx.step(walk_begins, writes(mine), [&](Access& a) { a.write(mine, std::uint64_t{1}); });
}

void TableFreeing::end_walk(Context& ctx) {
  const auto mine = walks(ctx.cpu());
  ctx.step(walk_ends, writes(mine), [&](Access& a) { a.write(mine, std::uint64_t{0}); });
}

/// smp_call_function(tlb_remove_table_smp_sync, NULL, 1).
void TableFreeing::synchronise(Context& ctx) {
  const Conclusion nothing(ctx);
  locks_.preempt_disable(ctx);
  CpuMask others, interrupt;
  for (std::uint32_t c = 0; c < state_.limits().cpus; ++c)
    if (CpuId{c} != ctx.cpu()) others.add(CpuId{c});
  for (std::uint32_t c = 0; c < state_.limits().cpus; ++c)
    if (others.has(CpuId{c}) && calls_.enqueue(ctx, CpuId{c}, {})) interrupt.add(CpuId{c});
  calls_.interrupt(ctx, interrupt, Vector::call_function);
  calls_.await(ctx, others);
  locks_.preempt_enable(ctx);
}

void TableFreeing::on_interrupt(Context& ctx) {
  calls_.receive(ctx, Vector::call_function, [](Context&, CpuId, const SmpCall::Payload&) {});
}

// ---------------------------------------------------------------------------------------------------- batches

std::uint32_t TableFreeing::open_batch(Context& ctx) {
  return ctx.step(take_batch, writes(used()), [&](Access& a) {
    const std::uint64_t taken = a.read(used());
    for (std::uint32_t slot = 0; slot < slots_; ++slot) {
      if ((taken >> slot & 1) != 0) continue;
      a.write(used(), taken | std::uint64_t{1} << slot);
      return slot + 1;
    }
    return std::uint32_t{0};
  });
}

bool TableFreeing::add(Context& ctx, std::uint32_t batch, std::size_t level, TableId table) {
  const auto n = field(batch - 1, count);
  const auto at = static_cast<std::uint32_t>(ctx.world().load(n));
  const auto entry = field(batch - 1, first_entry() + at);
  ctx.step(queue, writes(n, entry), [&](Access& a) {
    a.write(entry, std::uint64_t{level} << level_shift | table.raw());
    a.write(n, std::uint64_t{at} + 1);
  });
  return at + 1 == entries_;
}

void TableFreeing::call_rcu(Context& ctx, std::uint32_t batch) {
  Footprint footprint = reads_words(walks_.first(), walks_.words());
  footprint.writes_words(field(batch - 1, waiting).at, 1 + state_.cpumask_words());
  ctx.step(call, footprint, [&](Access& a) {
    a.write(field(batch - 1, waiting), std::uint64_t{1});
    CpuMask busy;
    for (std::uint32_t c = 0; c < state_.limits().cpus; ++c)
      if (a.read(walks(CpuId{c})) != 0) busy.add(CpuId{c});
    for (std::uint32_t w = 0; w < state_.cpumask_words(); ++w) a.write(field(batch - 1, walking + w), busy.word(w));
  });
  if (host_ != nullptr) host_->post(agent_, ctx.now() + grace_, batch - 1);
}

// ---------------------------------------------------------------------------------------------------- grace periods

bool TableFreeing::idle() const {
  for (std::uint32_t slot = 0; slot < slots_; ++slot)
    if (world_.load(field(slot, waiting)) != 0) return false;
  return true;
}

/// Of the walks that it waits for one is over, or none is left.
bool TableFreeing::ends_now(const World& world, std::uint32_t batch) const {
  if (world.load(field(batch, waiting)) == 0 || world.load(state_.zone_lock()) != 0) return false;
  bool any = false;
  for (std::uint32_t c = 0; c < state_.limits().cpus; ++c) {
    if ((world.load(field(batch, walking + c / 64)) & CpuMask::bit(CpuId{c})) == 0) continue;
    any = true;
    if (world.load(walks(CpuId{c})) == 0) return true;
  }
  return !any;
}

void TableFreeing::list_enabled(const World& world, std::vector<std::uint32_t>& units) const {
  for (std::uint32_t slot = 0; slot < slots_; ++slot)
    if (ends_now(world, slot)) units.push_back(slot);
}

const Label& TableFreeing::label() const { return grace_period; }

Footprint TableFreeing::footprint(std::uint32_t unit) const {
  Footprint footprint = reads(state_.zone_lock()).reads_words(walks_.first(), walks_.words());
  footprint.writes(state_.table_free_head(), used());
  footprint.writes_words(state_.table(TableId{0}, 0).at, state_.limits().tables * TableFields::words);
  return footprint.writes_words(batches_.at(unit), batches_.stride());
}

void TableFreeing::act(Access& a, std::uint32_t unit) {
  bool left = false;
  for (std::uint32_t c = 0; c < state_.limits().cpus; ++c) {
    const auto word = field(unit, walking + c / 64);
    if (a.read(walks(CpuId{c})) == 0) a.write(word, a.read(word) & ~CpuMask::bit(CpuId{c}));
    else left = left || (a.read(word) & CpuMask::bit(CpuId{c})) != 0;
  }
  if (!left && a.read(state_.zone_lock()) == 0) return free_all(a, unit);
  if (host_ != nullptr) host_->post(agent_, a.context().now() + grace_, unit);
}

void TableFreeing::free_all(Access& a, std::uint32_t batch) const {
  const auto head = state_.table_free_head();
  const std::uint64_t entries = a.read(field(batch, count));
  for (std::uint32_t n = 0; n < entries; ++n) {
    const auto entry = field(batch, first_entry() + n);
    const std::uint64_t word = a.exchange(entry, std::uint64_t{0});
    const TableId table{word & 0xffffffff};
    a.write(state_.table_next_free(table), a.read(head));
    a.write(head, table);
    a.write(state_.table_owner(table), MmId::none());
    Event event{EventKind::table_freed};
    event.table = table;
    event.a = word >> level_shift;
    emit(a, event);
  }
  a.write(field(batch, count), std::uint64_t{0});
  a.write(field(batch, waiting), std::uint64_t{0});
  a.write(used(), a.read(used()) & ~(std::uint64_t{1} << batch));
}

}  // namespace mmulab
