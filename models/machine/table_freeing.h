// SPDX-License-Identifier: MIT
// How page tables are freed although somebody may be walking them without a lock. Source: mm/mmu_gather.c (struct
// mmu_table_batch, tlb_remove_table_sync_one, tlb_remove_table_rcu), kernel/smp.c, RCU-sched. Batches are pages of
// (table, level) words, 64 of them. The IPI is a call of every other cpu that does nothing: a cpu answers when it has
// interrupts on, so its walk is over. A grace period is a device's act for each batch: it ends when the walks that
// went on at call_rcu are over, and frees the tables then or at any later time (timed: kernel.rcu_grace_cycles after
// the call at the earliest). Which cpus walk it knows from a register that no machine has; RCU's own bookkeeping, its
// callbacks' cpu and their cost are left out. Cost: kernel.cost.smp_call_* for the IPI, gather_grow a batch,
// gather_queue a table, call_rcu a batch.
#pragma once

#include "models/machine/smp_call.h"
#include "models/mm/locks.h"
#include "models/mm/walkers.h"
#include "sim/exec/device.h"

namespace mmulab {

class TimedHost;

class TableFreeing : public Device, public Walkers {
 public:
  TableFreeing(const Machine& machine, const KernelState& state, const Locks& locks, std::uint32_t batch_entries,
               Cycles grace);
  void attach(TimedHost* host, AgentId agent) { host_ = host; agent_ = agent; }
  /// Handler of Vector::call_function.
  void on_interrupt(Context& ctx);

  void begin_walk(Context& ctx) override;
  void end_walk(Context& ctx) override;
  void synchronise(Context& ctx) override;
  std::uint32_t open_batch(Context& ctx) override;
  bool add(Context& ctx, std::uint32_t batch, std::size_t level, TableId table) override;
  void call_rcu(Context& ctx, std::uint32_t batch) override;
  [[nodiscard]] bool idle() const override;

  void list_enabled(const World& world, std::vector<std::uint32_t>& units) const override;
  [[nodiscard]] const Label& label() const override;
  [[nodiscard]] Footprint footprint(std::uint32_t unit) const override;
  void act(Access& access, std::uint32_t unit) override;

 private:
  enum Field : std::uint32_t { count, waiting, walking };  // walking: a bit a cpu; then the entries
  [[nodiscard]] std::uint32_t first_entry() const { return walking + state_.cpumask_words(); }
  [[nodiscard]] Cell<std::uint64_t> field(std::uint32_t batch, std::uint32_t at) const {
    return batches_.cell<std::uint64_t>(batch, at);
  }
  [[nodiscard]] Cell<std::uint64_t> used() const { return used_.cell<std::uint64_t>(0); }
  [[nodiscard]] Cell<std::uint64_t> walks(CpuId cpu) const { return walks_.cell<std::uint64_t>(cpu.raw()); }
  [[nodiscard]] bool ends_now(const World& world, std::uint32_t batch) const;
  void free_all(Access& a, std::uint32_t batch) const;

  World& world_;
  const KernelState& state_;
  const Locks& locks_;
  std::uint32_t entries_;
  Cycles grace_;
  SmpCall calls_;
  std::uint32_t slots_;
  Region batches_, used_, walks_;
  TimedHost* host_ = nullptr;
  AgentId agent_;
};

}  // namespace mmulab
