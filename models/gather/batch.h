// SPDX-License-Identifier: MIT
// The recorder `batch`: (page, old pte) entries of one mm, per cpu or per task. Source: struct ppc64_tlb_batch
// (include/asm-powerpc/tlbflush.h, 2.6.20 and 2.6.22), sparc64's vaddrs[] of struct mmu_gather. Cost:
// kernel.cost.batch_note an entry plus its lines; flushing is the port's.
#pragma once

#include <string>

#include "models/mm/kernel.h"

namespace mmulab {

class Batch {
 public:
  /// One for each of the owners. `entry_words`: one more than a pte has.
  Batch(World& world, const std::string& name, const World::Holding& owners, std::uint32_t capacity,
        std::uint32_t entry_words);

  [[nodiscard]] std::uint32_t capacity() const { return capacity_; }
  /// True if the batch has entries of an mm other than `mm`.
  bool holds_other_mm(Context& ctx, std::uint32_t owner, MmId mm) const;
  bool full(Context& ctx, std::uint32_t owner) const;
  /// The same at a glance, for the owner itself.
  [[nodiscard]] bool has_no_room(const Context& ctx, std::uint32_t owner) const;
  /// Empty, at a glance, for the owner itself.
  [[nodiscard]] bool is_empty(const Context& ctx, std::uint32_t owner) const;
  /// How many entries of `mm` somebody else's batch holds.
  std::uint32_t held_by_other(Context& ctx, std::uint32_t other, MmId mm) const;
  /// Appends entry `index` of somebody else's batch, as it reads now, to one's own, which has room.
  void copy(Context& ctx, std::uint32_t other, std::uint32_t index, std::uint32_t owner, MmId mm) const;
  [[nodiscard]] std::uint32_t owners() const { return owners_; }
  /// Appends; `second`: where the pte's second word is, if it has one. True if the batch is full now. Preemption off,
  /// or the owner is the task itself.
  bool append(Context& ctx, std::uint32_t owner, MmId mm, VirtPage page, Pte old, Cell<std::uint64_t> second) const;
  /// What is pending, as the port wants it; count 0 if nothing is.
  Invalidation pending(Context& ctx, std::uint32_t owner) const;
  /// Forgets `count` entries that have been flushed.
  void clear(Context& ctx, std::uint32_t owner, std::uint32_t count) const;

  bool active(Context& ctx, std::uint32_t owner) const;
  void set_active(Context& ctx, std::uint32_t owner, bool active) const;

 private:
  enum : std::uint32_t { count_field, mm_field, active_field, entries_field = 8 };
  [[nodiscard]] Cell<std::uint64_t> count(std::uint32_t o) const {
    return region_.cell<std::uint64_t>(o, count_field);
  }
  [[nodiscard]] Cell<MmId> mm(std::uint32_t o) const { return region_.cell<MmId>(o, mm_field); }
  [[nodiscard]] Cell<bool> active_flag(std::uint32_t o) const { return region_.cell<bool>(o, active_field); }

  [[nodiscard]] std::uint32_t entry(std::uint32_t n) const { return entries_field + n * entry_words_; }

  std::uint32_t capacity_;
  std::uint32_t owners_;
  std::uint32_t entry_words_;
  Region region_;
};

}  // namespace mmulab
