// SPDX-License-Identifier: MIT
// free_tables = rcu: page tables go in batches to RCU, since somebody may be walking them without a lock. Source:
// mm/mmu_gather.c (tlb_remove_table, tlb_table_flush, tlb_remove_table_one; d86564a2f085 for the invalidation before
// the batch is handed on: x86 had none until then, and a shortcut for mms with one user). Cost: see
// models/machine/table_freeing.h.
#include "models/gather/axes_strategy.h"

namespace mmulab {
namespace {
const Label users_test{"gather.single_user", "page_ref"};
}  // namespace

bool AxesStrategy::grow(Context& ctx, Gather& g) {
  return pages_.may_grow(g) && kernel_->allocates_atomically(ctx) && pages_.grow(ctx, g);
}

/// "There cannot be a concurrent walk": but hardware walks for lazy cpus, too.
bool AxesStrategy::frees_at_once(Context& ctx, MmId mm) {
  if (axes_.free_tables != FreeTables::rcu || !axes_.single_user_frees_tables) return false;
  const auto users = state_.mm_users(mm);
  return ctx.step(users_test, reads(users), [&](Access& a) { return a.read(users) < 2; });
}

void AxesStrategy::remove_table(Context& ctx, Gather& g, std::size_t level, TableId table) {
  if (g.table_batch == 0 && kernel_->allocates_atomically(ctx)) g.table_batch = kernel_->walkers()->open_batch(ctx);
  if (g.table_batch == 0) {
    if (axes_.table_free_flushes) invalidate(ctx, g, FlushReason::full);
    kernel_->walkers()->synchronise(ctx);
    return kernel_->free_table(ctx, table, level);
  }
  if (!kernel_->walkers()->add(ctx, g.table_batch, level, table)) return;
  if (axes_.table_free_flushes) invalidate(ctx, g, FlushReason::full);
  flush_tables(ctx, g);
}

void AxesStrategy::flush_tables(Context& ctx, Gather& g) {
  kernel_->walkers()->call_rcu(ctx, g.table_batch);
  g.table_batch = 0;
}

}  // namespace mmulab
