// SPDX-License-Identifier: MIT
#include "models/sparc64/tsb.h"

#include <algorithm>

namespace mmulab::sparc64 {
namespace {

const Label load_entry{"tsb.load", "tsb_load"};
const Label lock_entry{"tsb.lock", "tsb_lock", Ordering::atomic};
const Label recheck_pte{"tsb.recheck_pte", "table_load"};
const Label give_up{"tsb.unlock_invalid", "tsb_store", Ordering::release};
const Label store_data{"tsb.store_data", "tsb_store"};
const Label store_tag{"tsb.store_tag", "tsb_store", Ordering::release};
const Label flush_look{"tsb_flush.load", "tsb_load"};
const Label flush_cas{"tsb_flush.cas", "tsb_flush", Ordering::atomic};
const Label init{"tsb.init", "tsb_init"};
const Label copy_load{"tsb_copy.load", "tsb_load"};
const Label copy_store{"tsb_copy.store", "tsb_store"};

/// Tables are initialised in stretches of 8 KiB, the smallest real TSB.
constexpr std::uint32_t init_entries = 512;

void report(Access& a, const TsbSlot& slot, std::uint64_t tag, std::uint64_t data) {
  Event event{EventKind::tsb_stored};
  event.mm = slot.mm;
  event.page = slot.page;
  event.location = slot.first;
  event.a = tag;
  event.b = data;
  emit(a, event);
}

void put(Access& a, const TsbSlot& slot, std::uint64_t tag, std::uint64_t data) {
  a.write(slot.tag_cell(), tag);
  a.write(slot.data_cell(), data);
  report(a, slot, tag, data);
}

bool is_power_of_two(std::uint32_t n) { return n != 0 && (n & (n - 1)) == 0; }

}  // namespace

Tsbs::Tsbs(World& world, const KernelState& state, const Sparc64Params& params)
    : kernel_(state),
      params_(params),
      tte_(layout_of(params.tte_format)),
      hash_(state.geometry().page_shift(), params.tsb_entries_first),
      huge_hash_(PageShift{22}, 1),
      large_bits_(22 - state.geometry().page_shift().raw()) {
  MMULAB_ASSERT(is_power_of_two(params.tsb_entries_first) && is_power_of_two(params.tsb_entries_max) &&
                    params.tsb_entries_first <= params.tsb_entries_max,
                "a TSB has 2^n entries");
  storage_ = world.allocate("sparc64.tsb", std::uint64_t{state.limits().mms} * 2,
                            params.tsb_entries_max * TsbEntry::words, Coherence::memory);
  if (params.huge_tsb_entries == 0) return;
  MMULAB_ASSERT(is_power_of_two(params.huge_tsb_entries), "a TSB has 2^n entries");
  huge_ = world.allocate("sparc64.huge_tsb", state.limits().mms, params.huge_tsb_entries * TsbEntry::words,
                         Coherence::memory);
}

TsbSlot Tsbs::huge_slot(MmId mm, VirtPage page) const {
  const VirtPage large{page.raw() >> large_bits_};
  return {at(huge(mm), huge_hash_.index(large, params_.huge_tsb_entries)), huge_hash_.tag(large), mm,
          VirtPage{large.raw() << large_bits_}};
}

TsbEntry Tsbs::load(Context& ctx, const TsbSlot& slot) const {
  return ctx.step(load_entry, reads(slot.tag_cell(), slot.data_cell()), [&](Access& a) {
    return TsbEntry{a.read(slot.tag_cell()), a.read(slot.data_cell())};
  });
}

bool Tsbs::insert(Context& ctx, const TsbSlot& slot, std::uint64_t data, const Cell<Pte>* recheck) const {
  const auto tag = slot.tag_cell();
  const auto word = slot.data_cell();
  ctx.step_when(lock_entry, writes(tag).reads(word),
                [&](const Access& a) { return (a.read(tag) & TsbEntry::lock_bit) == 0; },
                [&](Access& a) {
                  a.write(tag, a.read(tag) | TsbEntry::lock_bit);
                  report(a, slot, a.read(tag), a.read(word));
                });
  if (recheck != nullptr) {
    const Pte now = ctx.step(recheck_pte, reads(*recheck), [&](Access& a) { return a.read(*recheck); });
    if (!now.has(tte_.valid)) {
      ctx.step(give_up, writes(tag).reads(word), [&](Access& a) {
        a.write(tag, TsbEntry::invalid_bit);
        report(a, slot, TsbEntry::invalid_bit, a.read(word));
      });
      return false;
    }
  }
  ctx.step(store_data, writes(word).reads(tag), [&](Access& a) {
    a.write(word, data);
    report(a, slot, a.read(tag), data);
  });
  ctx.step(store_tag, writes(tag).reads(word), [&](Access& a) {
    a.write(tag, slot.tag);
    report(a, slot, slot.tag, a.read(word));
  });
  return true;
}

void Tsbs::flush(Context& ctx, const TsbSlot& slot) const {
  const auto tag = slot.tag_cell();
  const auto unlocked = [&](const Access& a) { return (a.read(tag) & TsbEntry::lock_bit) == 0; };
  const bool match = ctx.step_when(flush_look, reads(tag), unlocked,
                                   [&](Access& a) { return a.read(tag) == slot.tag; });
  if (!match) return;
  const auto word = slot.data_cell();
  ctx.step_when(flush_cas, writes(tag).reads(word), unlocked, [&](Access& a) {
    if (a.read(tag) != slot.tag) return;
    a.write(tag, TsbEntry::invalid_bit);
    report(a, slot, TsbEntry::invalid_bit, a.read(word));
  });
}

void Tsbs::flush_all(Context& ctx, MmId mm, const TsbTable& table) const {
  for (std::uint32_t n = 0; n < table.entries; ++n) {
    TsbSlot slot{at(table, n), TsbEntry::invalid_bit, mm, VirtPage{}};
    const auto tag = slot.tag_cell();
    slot.tag = ctx.step_when(flush_look, reads(tag),
                             [&](const Access& a) { return (a.read(tag) & TsbEntry::lock_bit) == 0; },
                             [&](Access& a) { return a.read(tag); });
    if ((slot.tag & TsbEntry::invalid_bit) != 0) continue;
    slot.page = hash_.page(slot.tag, n);
    flush(ctx, slot);
  }
}

void Tsbs::initialise(Context& ctx, MmId mm, const TsbTable& table) const {
  for (std::uint32_t from = 0; from < table.entries; from += init_entries) {
    const std::uint32_t count = std::min(init_entries, table.entries - from);
    ctx.step(init, writes_words(at(table, from), count * TsbEntry::words), [&](Access& a) {
      for (std::uint32_t n = from; n < from + count; ++n)
        put(a, {at(table, n), 0, mm, VirtPage{}}, TsbEntry::invalid_bit, 0);
    });
  }
}

void Tsbs::copy(Context& ctx, MmId mm, const TsbTable& from, const TsbTable& to) const {
  for (std::uint32_t n = 0; n < from.entries; ++n) copy_entry(ctx, mm, from, n, to);
}

void Tsbs::copy_entry(Context& ctx, MmId mm, const TsbTable& from, std::uint32_t index, const TsbTable& to) const {
  const TsbSlot old{at(from, index), 0, mm, VirtPage{}};
  const TsbEntry entry = ctx.step(copy_load, reads(old.tag_cell(), old.data_cell()), [&](Access& a) {
    return TsbEntry{a.read(old.tag_cell()), a.read(old.data_cell())};
  });
  if (entry.locked() || entry.invalid()) return;
  const TsbSlot target = slot(mm, to, hash_.page(entry.tag, index));
  ctx.step(copy_store, writes(target.tag_cell(), target.data_cell()),
           [&](Access& a) { put(a, target, entry.tag, entry.data); });
}

}  // namespace mmulab::sparc64
