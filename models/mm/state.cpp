// SPDX-License-Identifier: MIT
#include "models/mm/state.h"

namespace mmulab {
namespace {
constexpr std::uint32_t round_up_to_line(std::uint32_t words) { return (words + 7) / 8 * 8; }
}  // namespace

KernelState::KernelState(World& world, const KernelLimits& limits, const TableGeometry& geometry,
                         std::uint32_t pte_words_per_entry)
    : limits_(limits),
      geometry_(geometry),
      // A pte whose page is translated in parts has a second word for their slots (real_pte_t).
      entry_words_(geometry.part_order() != 0 ? 2 : pte_words_per_entry) {
  constexpr auto memory = Coherence::memory;
  tasks_ = world.allocate("task", limits.tasks, TaskFields::words, Coherence::ordered_memory);
  cpus_ = world.allocate("cpu", limits.cpus, CpuFields::words, memory);
  apics_ = world.allocate("apic", limits.cpus, ApicFields::words, Coherence::internal);
  mms_ = world.allocate("mm", limits.mms, round_up_to_line(MmFields::cpumask + cpumask_words()), memory);
  vmas_ = world.allocate("vma", std::uint64_t{limits.mms} * limits.vmas_per_mm, VmaFields::words, memory);
  tables_ = world.allocate("table", limits.tables, TableFields::words, memory);
  table_words_ =
      world.allocate("pte", limits.tables, round_up_to_line(geometry.entries_max() * entry_words_), memory);
  frames_ = world.allocate("page", limits.frames, FrameFields::words, memory);
  allocator_ = world.allocate("zone", 1, 16, memory);
  files_ =
      world.allocate("file", limits.files, round_up_to_line(FileFields::pages_first + 2 * limits.file_pages), memory);
  if (limits.swap_slots != 0) {
    anon_vma_ = world.allocate("anon_vma", 1, 8, memory);
    swap_ = world.allocate("swap", limits.swap_slots, SwapFields::words, memory);
  }
  waits_ = world.allocate("wait_queue", limits.wait_queues, 8, memory);

  // Boot: every frame but the zero page, and every table, is free.
  world.store(frame(zero_frame(), FrameFields::refcount), std::uint64_t{1});
  for (std::uint32_t f = 1; f < limits.frames; ++f)
    world.store(frame_next_free(Frame{f}), f + 1 < limits.frames ? Frame{f + 1} : Frame::none());
  world.store(frame_free_head(), limits.frames > 1 ? Frame{1} : Frame::none());
  world.store(frames_free(), std::uint64_t{limits.frames - 1});
  for (std::uint32_t t = 0; t < limits.tables; ++t)
    world.store(table_next_free(TableId{t}), t + 1 < limits.tables ? TableId{t + 1} : TableId::none());
  world.store(table_free_head(), TableId{0});
}

}  // namespace mmulab
