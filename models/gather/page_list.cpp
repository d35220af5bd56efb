// SPDX-License-Identifier: MIT
#include "models/gather/page_list.h"

#include <algorithm>

namespace mmulab {
namespace {

const Label queue{"gather.queue_page", "gather_queue"};
const Label look{"gather.list_full", "gather_queue"};
const Label grow_list{"gather.allocate_page", "gather_grow"};
const Label read_entry{"gather.read_entry", "gather_queue"};
const Label drop_rmap{"gather.drop_rmap", "gather_queue"};
const Label empty{"gather.clear_list", "gather_queue"};

/// Entries are frames as the World stores ids; tables are told apart by a bit that no frame number reaches.
constexpr std::uint64_t table_bit = std::uint64_t{1} << 48;
constexpr unsigned level_shift = 40;
constexpr std::uint64_t delayed_bit = std::uint64_t{1} << 49;

std::uint32_t longest(const GatherAxes& axes) {
  switch (axes.pages) {
    case PageHome::cpu:
    case PageHome::stack: return axes.list_entries;
    case PageHome::stack_then_page: return std::max(axes.list_entries, axes.extra_entries);
    case PageHome::chain: return axes.list_entries + axes.chain_pages * axes.extra_entries;
  }
  return axes.list_entries;
}

}  // namespace

PageList::PageList(World& world, const KernelLimits& limits, const GatherAxes& axes)
    : axes_(axes), cpus_(limits.cpus), entries_max_(std::min(longest(axes), limits.frames + limits.tables)) {
  region_ = world.allocate("gather.list", std::uint64_t{limits.cpus} + limits.tasks,
                           (8 + entries_max_ + 1 + 7) / 8 * 8, Coherence::memory);
  world.assign(region_, {Owner::cpu, limits.cpus});
  world.assign(region_, {Owner::task, limits.tasks, limits.cpus});
}

void PageList::attach(Context& ctx, Gather& g) const {
  g.list = region_.at(axes_.pages == PageHome::cpu ? ctx.cpu().raw() : cpus_ + ctx.task().raw());
  g.capacity = std::min(axes_.list_entries, entries_max_);
}

bool PageList::full(Context& ctx, const Gather& g) const {
  const auto n = count(g.list);
  return ctx.step(look, reads(n), [&](Access& a) { return a.read(n) >= g.capacity; });
}

/// The entries that one more page would make.
std::uint32_t PageList::larger(const Gather& g) const {
  std::uint32_t next = g.capacity;
  if (axes_.pages == PageHome::stack_then_page && g.capacity < axes_.extra_entries) next = axes_.extra_entries;
  if (axes_.pages == PageHome::chain) next = g.capacity + axes_.extra_entries;
  return std::min(next, entries_max_);
}

bool PageList::grow(Context& ctx, Gather& g) const {
  const std::uint32_t next = larger(g);
  if (next <= g.capacity) return false;
  const auto n = count(g.list);
  ctx.step(grow_list, reads(n),
           [&](Access& a) { MMULAB_ASSERT(a.read(n) <= g.capacity, "a list is not overfull"); });
  g.capacity = next;
  return true;
}

void PageList::add(Context& ctx, const Gather& g, std::uint64_t word) const {
  const auto n = count(g.list);
  const auto at = static_cast<std::uint32_t>(ctx.world().load(n));
  MMULAB_ASSERT(at <= entries_max_, "a full list is flushed before the next entry");
  const auto slot = entry(g.list, at);
  ctx.step(queue, writes(n, slot), [&](Access& a) {
    a.write(slot, word);
    a.write(n, std::uint64_t{at} + 1);
  });
}

void PageList::add_page(Context& ctx, Gather& g, Frame frame, bool delayed_rmap) const {
  if (delayed_rmap && !g.delayed_rmaps) {
    g.delayed_rmaps = true;
    g.first_delayed = static_cast<std::uint32_t>(ctx.world().load(count(g.list)));
  }
  add(ctx, g, WordCodec<Frame>::encode(frame) | (delayed_rmap ? delayed_bit : 0));
}

/// tlb_flush_rmaps.
void PageList::drop_delayed_rmaps(Context& ctx, const Gather& g, Kernel& kernel) const {
  const auto entries = static_cast<std::uint32_t>(ctx.world().load(count(g.list)));
  for (std::uint32_t i = g.first_delayed; i < entries; ++i) {
    const auto slot = entry(g.list, i);
    const std::uint64_t word = ctx.step(drop_rmap, writes(slot), [&](Access& a) {
      const std::uint64_t listed = a.read(slot);
      if ((listed & delayed_bit) != 0) a.write(slot, listed & ~delayed_bit);
      return listed;
    });
    if ((word & delayed_bit) != 0) kernel.remove_rmap(ctx, WordCodec<Frame>::decode(word & ~delayed_bit), false);
  }
}

void PageList::add_table(Context& ctx, const Gather& g, std::size_t level, TableId table) const {
  add(ctx, g, table_bit | std::uint64_t{level} << level_shift | table.raw());
}

void PageList::release(Context& ctx, const Gather& g, Kernel& kernel) const {
  const Conclusion nothing(ctx);
  const auto n = count(g.list);
  const auto entries =
      static_cast<std::uint32_t>(ctx.step(read_entry, reads(n), [&](Access& a) { return a.read(n); }));
  std::uint32_t run = 0;  // consecutive frames before `i`, freed together
  for (std::uint32_t i = 0; i < entries; ++i) {
    const auto slot = entry(g.list, i);
    const std::uint64_t word = ctx.step(read_entry, reads(slot), [&](Access& a) { return a.read(slot); });
    if ((word & table_bit) == 0) {
      ++run;
      continue;
    }
    kernel.put_pages(ctx, entry(g.list, i - run).at, run);
    run = 0;
    kernel.free_table(ctx, TableId{word & 0xffffffff}, (word & ~table_bit) >> level_shift);
  }
  kernel.put_pages(ctx, entry(g.list, entries - run).at, run);
  ctx.step(empty, writes(n), [&](Access& a) { a.write(n, std::uint64_t{0}); });
}

}  // namespace mmulab
