// SPDX-License-Identifier: MIT
// A strategy that is nothing but its choice on each axis: every preset in configs/strategies/ is one. A strategy
// that needs more derives from this and overrides the hooks in which it differs.
#pragma once

#include <memory>

#include "models/gather/axes.h"
#include "models/gather/batch.h"
#include "models/gather/page_list.h"
#include "models/gather/reclaim_batch.h"

namespace mmulab {

class AxesStrategy : public Strategy {
 public:
  /// Lays its lists and batches out in the World. The kernel is bound later: it needs the strategy first.
  AxesStrategy(World& world, const KernelState& state, Port& port, Locks& locks, const GatherAxes& axes);
  void bind(Kernel& kernel) { kernel_ = &kernel; }

  [[nodiscard]] bool treats_cpus_alike() const override;
  void begin(Context& ctx, Gather& g) override;
  void end_vma(Context& ctx, Gather& g, const VmaRecord& vma) override;
  void locked(Context& ctx, Gather* g, MmId mm, const PtlPair& ptls) override;
  Room room(Context& ctx, Gather& g, std::uint32_t n) override;
  Pte pte_op(Context& ctx, Gather* g, const PteRequest& request) override;
  void note(Context& ctx, Gather& g, const NoteArguments& what) override;
  [[nodiscard]] bool delays_rmap() const override;
  PageVerdict put_page(Context& ctx, Gather& g, Frame frame, bool delayed_rmap) override;
  void put_table(Context& ctx, Gather& g, std::size_t level, TableId table, VirtPage page) override;
  void before_unlock(Context& ctx, Gather* g, MmId mm) override;
  AfterUnlock after_unlock(Context& ctx, Gather& g) override;
  void lock_break(Context& ctx, Gather& g, LockBreakReason why) override;
  void flush(Context& ctx, Gather& g) override;
  void end(Context& ctx, Gather& g) override;
  void classic_flush(Context& ctx, const ClassicFlush& what) override;
  void switch_out(Context& ctx, MmId mm) override;
  void settle(Context& ctx, MmId mm, VirtPage first, VirtPage end) override;
  void hash_fault(Context& ctx, MmId mm, VirtPage page) override;
  bool rmap_note(Context& ctx, MmId mm, bool dirty) override;
  void rmap_flush(Context& ctx, bool dirty_only) override;
  [[nodiscard]] bool promises_empty_at_unlock() const override { return axes_.promises_empty_at_unlock; }

  [[nodiscard]] const GatherAxes& axes() const { return axes_; }

 protected:
  [[nodiscard]] bool has(Trigger trigger) const { return (axes_.triggers & trigger) != 0; }
  [[nodiscard]] bool records_entries() const { return batch_ != nullptr; }
  [[nodiscard]] std::uint32_t owner(const Context& ctx) const {
    return axes_.scope == RecordScope::cpu ? ctx.cpu().raw() : ctx.task().raw();
  }
  /// Makes what is recorded dead (the batch, the range, the mm); frees nothing.
  void invalidate(Context& ctx, Gather& g, FlushReason why);
  void flush_batch(Context& ctx, FlushReason why);
  /// Invalidates and frees in the order that the axes say.
  void flush_and_release(Context& ctx, Gather& g, FlushReason why);
  void record_entry(Context& ctx, const Gather* g, const PteRequest& request, Pte old);
  /// A full batch ends this gather's walk instead of being flushed where it fills up.
  [[nodiscard]] bool stops_when_batch_full(const Gather& g) const;
  void settle_nested(Context& ctx, Gather& g);
  /// More entries for the list, if a page is to be had.
  [[nodiscard]] bool grow(Context& ctx, Gather& g);
  // free_tables = rcu (table_store.cpp)
  [[nodiscard]] bool frees_at_once(Context& ctx, MmId mm);
  void remove_table(Context& ctx, Gather& g, std::size_t level, TableId table);
  void flush_tables(Context& ctx, Gather& g);
  /// Entries outlive the lock, and whoever must not rely on them learns that there are some (deferral.cpp).
  [[nodiscard]] bool publishes() const { return has_unflushed_; }
  [[nodiscard]] Cell<std::uint64_t> unflushed(MmId mm) const { return unflushed_.cell<std::uint64_t>(mm.raw(), 0); }
  void publish(Context& ctx, MmId mm);
  void withdraw(Context& ctx, MmId mm);
  bool others_pend(Context& ctx, MmId mm);
  /// Flushes what others have recorded of the mm; they will do so again.
  void flush_others(Context& ctx, MmId mm);
  [[nodiscard]] bool flushes_instead_of_waiting(const Gather& g) const;
  /// tlb_flush_rmaps: what was flushed is no longer mapped.
  void drop_delayed_rmaps(Context& ctx, Gather& g);

  const KernelState& state_;
  Port& port_;
  Locks& locks_;
  GatherAxes axes_;
  Kernel* kernel_ = nullptr;
  std::unique_ptr<Batch> batch_;
  std::unique_ptr<ReclaimBatch> reclaim_;
  PageList pages_;
  Region unflushed_;  ///< an mm's word: how many batches hold entries of it
  bool has_unflushed_ = false;
};

}  // namespace mmulab
