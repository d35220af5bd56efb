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
  tell_who_is_who(world);

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

void KernelState::tell_who_is_who(World& world) const {
  world.assign(tasks_, {Owner::task, limits_.tasks});
  world.name(tasks_, TaskFields::cpu, Names::cpu);
  world.name(tasks_, TaskFields::next_runnable, Names::task);
  for (const std::uint32_t field : {TaskFields::waiter, TaskFields::reaper}) world.name(tasks_, field, Names::task);
  for (const Region* of_cpu : {&cpus_, &apics_}) world.assign(*of_cpu, {Owner::cpu, limits_.cpus});
  for (const std::uint32_t field :
       {CpuFields::current, CpuFields::idle_task, CpuFields::rq_lock, CpuFields::rq_head, CpuFields::rq_tail})
    world.name(cpus_, field, Names::task);
  for (const std::uint32_t field :
       {MmFields::sem_head, MmFields::sem_tail, MmFields::page_table_lock, MmFields::context_lock})
    world.name(mms_, field, Names::task);
  world.name(mms_, MmFields::cpumask, Names::cpu_bits);
  world.name(tables_, TableFields::ptl, Names::task);
  for (const std::uint32_t field : {FrameFields::wait_head, FrameFields::wait_tail})
    world.name(frames_, field, Names::task);
  world.name(allocator_, 0, Names::task);
  world.name(files_, FileFields::i_mmap_lock, Names::task);
  if (limits_.swap_slots != 0) world.name(anon_vma_, 0, Names::task);
  world.name(waits_, 0, Names::task);
}

}  // namespace mmulab
