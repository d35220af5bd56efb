// SPDX-License-Identifier: MIT
// Whoever reads page tables without a lock (gup_fast) has interrupts off meanwhile; whoever frees a page-table page
// waits for that: with an IPI to every cpu, or behind an RCU grace period. Source: mm/mmu_gather.c (tlb_remove_table,
// tlb_remove_table_one, struct mmu_table_batch). The machine implements it (models/machine/table_freeing.h).
#pragma once

#include "models/mm/state.h"
#include "sim/exec/context.h"

namespace mmulab {

class Walkers {
 public:
  virtual ~Walkers() = default;
  /// A walk of this cpu begins or ends; interrupts are off.
  virtual void begin_walk(Context& ctx) = 0;
  virtual void end_walk(Context& ctx) = 0;
  /// Interrupts every other cpu and waits until it has answered: no walk that began before goes on
  /// (tlb_remove_table_sync_one). Interrupts on.
  virtual void synchronise(Context& ctx) = 0;

  /// An empty batch of tables; 0 if there is no more room.
  virtual std::uint32_t open_batch(Context& ctx) = 0;
  /// True if the batch is full now.
  virtual bool add(Context& ctx, std::uint32_t batch, std::size_t level, TableId table) = 0;
  /// The batch's tables are freed when every walk that goes on now is over (call_rcu).
  virtual void call_rcu(Context& ctx, std::uint32_t batch) = 0;
  /// No batch waits for a grace period.
  [[nodiscard]] virtual bool idle() const = 0;
};

}  // namespace mmulab
