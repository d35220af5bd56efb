// SPDX-License-Identifier: MIT
// The VMAs of an mm: a sorted array of records, searched as one step under mmap_sem; what maps a file changes under
// that file's i_mmap_lock, too. Source: mm/mmap.c (find_vma, split_vma, vma_link, unlink_file_vma). Left out: merging,
// the red-black tree's depth (kernel.cost.find_vma stands for it).
#include "models/mm/kernel.h"

namespace mmulab {
namespace {

const Label find{"vma.find", "find_vma"};
const Label link_in{"vma.link", "vma_link"};
const Label unlink_out{"vma.unlink", "vma_link"};

Cell<std::uint64_t> word(Location first, std::uint32_t n) {
  return Cell<std::uint64_t>{Location{first.raw() + n}};
}

template <class Load>
VmaRecord load_record(const KernelState& state, Load&& load, VmaId v) {
  VmaRecord r;
  r.first = VirtPage{load(state.vma<std::uint64_t>(v, VmaFields::start))};
  r.end = VirtPage{load(state.vma<std::uint64_t>(v, VmaFields::end))};
  const auto rights = load(state.vma<std::uint64_t>(v, VmaFields::rights));
  r.rights = {(rights & 1) != 0, (rights & 2) != 0};
  r.kind = load(state.vma<VmaKind>(v, VmaFields::kind));
  r.shares_tables = (rights & vma_shares_tables) != 0;
  r.huge = (rights & vma_huge) != 0;
  r.file = load(state.vma<FileId>(v, VmaFields::file));
  r.offset_pages = load(state.vma<std::uint64_t>(v, VmaFields::offset));
  return r;
}

template <class Store>
void store_record(const KernelState& state, Store&& store, VmaId v, const VmaRecord& r) {
  store(state.vma<std::uint64_t>(v, VmaFields::start), r.first.raw());
  store(state.vma<std::uint64_t>(v, VmaFields::end), r.end.raw());
  store(state.vma<std::uint64_t>(v, VmaFields::rights),
        (r.rights.write ? 1U : 0U) | (r.rights.exec ? std::uint64_t{2} : 0) |
            (r.shares_tables ? vma_shares_tables : 0) | (r.huge ? vma_huge : 0));
  store(state.vma<VmaKind>(v, VmaFields::kind), r.kind);
  store(state.vma<FileId>(v, VmaFields::file), r.file);
  store(state.vma<std::uint64_t>(v, VmaFields::offset), r.offset_pages);
}

}  // namespace

VmaRecord Kernel::load_vma(const Access& a, VmaId vma) const {
  return load_record(state_, [&](auto cell) { return a.read(cell); }, vma);
}

void Kernel::lock_i_mmap(Context& ctx, const VmaRecord& vma) {
  if (vma.maps_file()) locks_.spin_lock(ctx, state_.file(vma.file, FileFields::i_mmap_lock), LockClass::i_mmap);
}

void Kernel::unlock_i_mmap(Context& ctx, const VmaRecord& vma) {
  if (vma.maps_file()) locks_.spin_unlock(ctx, state_.file(vma.file, FileFields::i_mmap_lock), LockClass::i_mmap);
}

/// Around a change of where pages that others look for by their frame (vma_link, __vma_adjust, take_rmap_locks).
void Kernel::lock_rmap(Context& ctx, const VmaRecord& vma) {
  lock_i_mmap(ctx, vma);
  lock_anon_vma(ctx);
}

void Kernel::unlock_rmap(Context& ctx, const VmaRecord& vma) {
  unlock_anon_vma(ctx);
  unlock_i_mmap(ctx, vma);
}

std::uint32_t Kernel::vma_count(Context& ctx, MmId mm) {
  const auto count = state_.mm_vma_count(mm);
  return ctx.step(find, reads(count), [&](Access& a) { return static_cast<std::uint32_t>(a.read(count)); });
}

/// Whether so many more fit in (do_mmap's and split_vma's look at map_count); mmap_sem held for write.
bool Kernel::has_room(Context& ctx, MmId mm, std::uint32_t vmas) {
  const Conclusion nothing(ctx);
  return !state_.limits().bounded_maps || vma_count(ctx, mm) + vmas <= state_.limits().vmas_per_mm;
}

/// The first VMA that ends after `page` (it may begin after it, too); none if there is none.
VmaId Kernel::find_vma(Context& ctx, MmId mm, VirtPage page, VmaRecord& record) {
  const auto count = state_.mm_vma_count(mm);
  return ctx.step(find, reads(count).reads_words(state_.vmas_first(mm), state_.vmas_words()), [&](Access& a) {
    const auto n = static_cast<std::uint32_t>(a.read(count));
    for (std::uint32_t i = 0; i < n; ++i) {
      const VmaId v = state_.vma_of(mm, i);
      if (VirtPage{a.read(state_.vma<std::uint64_t>(v, VmaFields::end))} <= page) continue;
      record = a.keep(load_vma(a, v));
      return v;
    }
    return VmaId::none();
  });
}

/// Where no VMA is, around `page`: from the end of prev to the start of next (find_vma_prev).
PageRange Kernel::hole_around(Context& ctx, MmId mm, VirtPage page) {
  const auto count = state_.mm_vma_count(mm);
  return ctx.step(find, reads(count).reads_words(state_.vmas_first(mm), state_.vmas_words()), [&](Access& a) {
    PageRange hole{VirtPage{}, VirtPage{} + state_.geometry().user_pages()};
    const auto n = static_cast<std::uint32_t>(a.read(count));
    for (std::uint32_t i = 0; i < n; ++i) {
      const VmaRecord vma = load_vma(a, state_.vma_of(mm, i));
      if (vma.end <= page) hole.first = vma.end;
      else if (vma.first < hole.end) hole.end = vma.first;
    }
    return hole;
  });
}

void Kernel::read_vma(Context& ctx, VmaId vma, VmaRecord& record) {
  const Location first = state_.vma<std::uint64_t>(vma, 0).at;
  ctx.step(find, reads_words(first, VmaFields::words), [&](Access& a) { record = a.keep(load_vma(a, vma)); });
}

/// mmap_sem held for write, the range known to be free.
void Kernel::insert_vma(Context& ctx, MmId mm, const VmaRecord& record) {
  lock_i_mmap(ctx, record);
  link_vma(ctx, mm, record);
  unlock_i_mmap(ctx, record);
}

void Kernel::link_vma(Context& ctx, MmId mm, const VmaRecord& record) {
  const auto count = state_.mm_vma_count(mm);
  ctx.step(link_in, writes(count).writes_words(state_.vmas_first(mm), state_.vmas_words()), [&](Access& a) {
    const auto n = static_cast<std::uint32_t>(a.read(count));
    MMULAB_ASSERT(n < state_.limits().vmas_per_mm, "the plan of the workload counted all VMAs");
    std::uint32_t at = n;
    while (at > 0 && VirtPage{a.read(state_.vma<std::uint64_t>(state_.vma_of(mm, at - 1), VmaFields::start))} >
                         record.first) {
      const Location from = state_.vma<std::uint64_t>(state_.vma_of(mm, at - 1), 0).at;
      const Location to = state_.vma<std::uint64_t>(state_.vma_of(mm, at), 0).at;
      for (std::uint32_t w = 0; w < VmaFields::words; ++w) a.write(word(to, w), a.read(word(from, w)));
      --at;
    }
    store_record(state_, [&](auto cell, auto value) { a.write(cell, value); }, state_.vma_of(mm, at), record);
    a.write(count, std::uint64_t{n} + 1);
  });
}

/// Whoever looks for pages by their frame does not see it any more: its page tables may go.
void Kernel::remove_vma(Context& ctx, MmId mm, VmaId vma) {
  const auto count = state_.mm_vma_count(mm);
  // Its own mm's VMAs change under mmap_sem only, which is ours.
  const VmaRecord gone = load_record(state_, [&](auto cell) { return ctx.world().load(cell); }, vma);
  lock_rmap(ctx, gone);
  ctx.step(unlink_out, writes(count).writes_words(state_.vmas_first(mm), state_.vmas_words()), [&](Access& a) {
    const auto n = static_cast<std::uint32_t>(a.read(count));
    for (std::uint32_t i = vma.raw() - state_.vma_of(mm, 0).raw(); i + 1 < n; ++i) {
      const Location from = state_.vma<std::uint64_t>(state_.vma_of(mm, i + 1), 0).at;
      const Location to = state_.vma<std::uint64_t>(state_.vma_of(mm, i), 0).at;
      for (std::uint32_t w = 0; w < VmaFields::words; ++w) a.write(word(to, w), a.read(word(from, w)));
    }
    a.write(count, std::uint64_t{n} - 1);
    Event event{EventKind::vma_unlinked};
    event.mm = mm;
    event.page = gone.first;
    event.a = static_cast<std::uint64_t>(gone.kind);
    event.b = (gone.end - gone.first).raw();
    emit(a, event);
  });
  unlock_rmap(ctx, gone);
}

/// Makes `at` a border between VMAs, if it lies inside one.
void Kernel::split_vma(Context& ctx, MmId mm, VirtPage at) {
  VmaRecord record;
  const VmaId vma = find_vma(ctx, mm, at, record);
  if (!vma.exists() || record.first >= at) return;
  VmaRecord upper = record;
  upper.first = at;
  upper.offset_pages += (at - record.first).raw();
  const auto end = state_.vma<std::uint64_t>(vma, VmaFields::end);
  lock_rmap(ctx, record);
  ctx.step(link_in, writes(end), [&](Access& a) { a.write(end, at.raw()); });
  link_vma(ctx, mm, upper);
  unlock_rmap(ctx, record);
}

void Kernel::boot_vma(World& world, MmId mm, const VmaRecord& record) {
  const auto count = state_.mm_vma_count(mm);
  const auto n = static_cast<std::uint32_t>(world.load(count));
  MMULAB_ASSERT(n < state_.limits().vmas_per_mm, "the plan of the workload counted all VMAs");
  store_record(state_, [&](auto cell, auto value) { world.store(cell, value); }, state_.vma_of(mm, n), record);
  world.store(count, std::uint64_t{n} + 1);
  if (record.huge) port_.boot_huge_range(mm, record.first, record.end);
}

}  // namespace mmulab
