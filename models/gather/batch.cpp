// SPDX-License-Identifier: MIT
#include "models/gather/batch.h"

namespace mmulab {
namespace {

const Label look{"batch.look", "batch_note"};
const Label note_entry{"batch.note", "batch_note"};
const Label look_at_other{"batch.look_at_other", "batch_note"};
const Label copy_entry{"batch.copy", "batch_note"};
const Label empty{"batch.clear", "batch_note"};
const Label switch_on{"batch.set_active", "batch_note"};

constexpr std::uint32_t words_of(std::uint32_t capacity, std::uint32_t each) {
  return (8 + capacity * each + 7) / 8 * 8;
}

}  // namespace

Batch::Batch(World& world, const std::string& name, const World::Holding& owners, std::uint32_t capacity,
             std::uint32_t entry_words)
    : capacity_(capacity),
      owners_(owners.owners),
      entry_words_(entry_words),
      region_(world.allocate(name, owners.owners, words_of(capacity, entry_words), Coherence::memory)) {
  world.assign(region_, owners);
}

bool Batch::holds_other_mm(Context& ctx, std::uint32_t owner, MmId wanted) const {
  return ctx.step(look, reads(count(owner), mm(owner)),
                  [&](Access& a) { return a.read(count(owner)) != 0 && a.read(mm(owner)) != wanted; });
}

bool Batch::full(Context& ctx, std::uint32_t owner) const {
  return ctx.step(look, reads(count(owner)), [&](Access& a) { return a.read(count(owner)) >= capacity_; });
}

bool Batch::has_no_room(const Context& ctx, std::uint32_t owner) const {
  return ctx.world().load(count(owner)) >= capacity_;
}

bool Batch::is_empty(const Context& ctx, std::uint32_t owner) const { return ctx.world().load(count(owner)) == 0; }

std::uint32_t Batch::held_by_other(Context& ctx, std::uint32_t other, MmId wanted) const {
  return ctx.step(look_at_other, reads(count(other), mm(other)), [&](Access& a) {
    return a.read(mm(other)) == wanted ? static_cast<std::uint32_t>(a.read(count(other))) : 0;
  });
}

void Batch::copy(Context& ctx, std::uint32_t other, std::uint32_t index, std::uint32_t owner, MmId whose) const {
  const Conclusion nothing(ctx);
  struct Entry {
    VirtPage page;
    Pte old;
  };
  const std::uint32_t at = entry(index);
  const auto page_cell = region_.cell<VirtPage>(other, at + BatchEntry::page);
  const auto pte_cell = region_.cell<Pte>(other, at + BatchEntry::old_pte);
  Entry copied;
  ctx.step(copy_entry, reads(page_cell, pte_cell), [&](Access& a) {
    copied.page = a.keep(a.read(page_cell));
    copied.old = a.keep(a.read(pte_cell));
  });
  append(ctx, owner, whose, copied.page, copied.old, region_.cell<std::uint64_t>(other, at + BatchEntry::second));
}

bool Batch::append(Context& ctx, std::uint32_t owner, MmId whose, VirtPage page, Pte old,
                   Cell<std::uint64_t> second) const {
  const auto n = static_cast<std::uint32_t>(ctx.world().load(count(owner)));
  MMULAB_ASSERT(n < capacity_, "a full batch is flushed before the next entry");
  const auto page_cell = region_.cell<VirtPage>(owner, entry(n) + BatchEntry::page);
  const auto pte_cell = region_.cell<Pte>(owner, entry(n) + BatchEntry::old_pte);
  const bool two_words = entry_words_ > BatchEntry::second;
  Footprint footprint = writes(count(owner), mm(owner), page_cell, pte_cell);
  const Cell<std::uint64_t> second_cell{Location{pte_cell.at.raw() + 1}};
  if (two_words) footprint.writes(second_cell).reads(second);
  return ctx.step(note_entry, footprint, [&](Access& a) {
    a.write(page_cell, page);
    a.write(pte_cell, old);
    if (two_words) a.write(second_cell, a.read(second));
    a.write(mm(owner), whose);
    a.write(count(owner), std::uint64_t{n} + 1);
    Event event{EventKind::batch_noted};
    event.mm = whose;
    event.page = page;
    event.a = n + 1;
    emit(a, event);
    return n + 1 >= capacity_;
  });
}

Invalidation Batch::pending(Context& ctx, std::uint32_t owner) const {
  Invalidation what;
  what.scope = Invalidation::Scope::entries;
  what.entries = region_.at(owner, entries_field);
  what.entry_words = entry_words_;
  ctx.step(look, reads(count(owner), mm(owner)), [&](Access& a) {
    what.count = a.keep(static_cast<std::uint32_t>(a.read(count(owner))));
    what.mm = a.keep(a.read(mm(owner)));
  });
  return what;
}

void Batch::clear(Context& ctx, std::uint32_t owner, std::uint32_t flushed) const {
  ctx.step(empty, writes(count(owner)), [&](Access& a) {
    a.write(count(owner), std::uint64_t{0});
    Event event{EventKind::batch_flushed};
    event.a = flushed;
    emit(a, event);
  });
}

bool Batch::active(Context& ctx, std::uint32_t owner) const {
  return ctx.step(look, reads(active_flag(owner)), [&](Access& a) { return a.read(active_flag(owner)); });
}

void Batch::set_active(Context& ctx, std::uint32_t owner, bool on) const {
  ctx.step(switch_on, writes(active_flag(owner)), [&](Access& a) { a.write(active_flag(owner), on); });
}

}  // namespace mmulab
