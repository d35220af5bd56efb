// SPDX-License-Identifier: MIT
// How translations die: flush_hash_range. Hash entries first, found through the slot bits of the recorded ptes;
// then the TLB copies, by tlbiel or by tlbie over the bus, whether or not the hash entry was still there. Source:
// Linux 2.6.22 tlb_64.c (__flush_tlb_pending), hash_native_64.c (native_flush_hash_range, tlbie); linux-gather.md
// 2.6. Cost: irq_disable, flush_begin, for each entry batch_read + hpte_lock + hpte_store, then ptesync,
// spin_lock, tlbie or tlbiel for each, tlbsync, spin_unlock, irq_enable; and the bus (tlbie_bus.h).
#include "models/ppc64/port.h"

namespace mmulab {

using namespace ppc64;

namespace {
const Label flush_begin{"ppc64.flush.begin", "flush_begin"};
const Label sample_mask{"ppc64.flush.sample_mask", "cpumask_read"};
const Label read_entry{"ppc64.flush.read_entry", "batch_read"};
const Label search_group{"ppc64.settle.search", "pteg_scan"};
const Label local_tlbie{"ppc64.tlbiel", "tlbiel", Ordering::full};
const Label sync{"ppc64.ptesync", "ptesync", Ordering::full};
const Label tlbsync{"ppc64.ptesync_after_tlbie", "tlbsync", Ordering::full};

Event flush_event(EventKind kind, const Invalidation& what) {
  Event event{kind};
  event.mm = what.mm;
  event.a = static_cast<std::uint64_t>(what.reason);
  event.b = what.count;
  return event;
}
/// The pte that an entry of a batch holds.
template <class Read>
RealPte noted(Location entry, std::uint32_t words, const Read& read) {
  RealPte old;
  old.pte = read(Cell<Pte>{Location{entry.raw() + BatchEntry::old_pte}});
  if (words > BatchEntry::second) old.slots = read(Cell<std::uint64_t>{Location{entry.raw() + BatchEntry::second}});
  return old;
}
Location entry_at(const Invalidation& what, std::uint32_t i) {
  return Location{what.entries.raw() + i * what.entry_words};
}
}  // namespace

bool Ppc64Port::only_here(const Access& a, MmId mm) const {
  const std::uint32_t self = a.context().cpu().raw();
  for (std::uint32_t w = 0; w < state_.cpumask_words(); ++w) {
    const std::uint64_t want = w == self / 64 ? std::uint64_t{1} << (self % 64) : 0;
    if (a.read(state_.mm_cpumask(mm, w)) != want) return false;
  }
  return true;
}

bool Ppc64Port::sample_local(Context& ctx, const Label& label, MmId mm) {
  if (params_.local_sample == LocalSample::always_global) return false;
  return ctx.step(label, reads_words(state_.mm_cpumask_first(mm), state_.cpumask_words()),
                  [&](Access& a) { return only_here(a, mm); });
}

bool Ppc64Port::begin_flush(Context& ctx, const Invalidation& what) {
  const bool samples = params_.local_sample == LocalSample::before_hpt;
  Footprint footprint;
  if (samples) footprint.reads_words(state_.mm_cpumask_first(what.mm), state_.cpumask_words());
  return ctx.step(flush_begin, footprint, [&](Access& a) {
    emit(a, flush_event(EventKind::flush_begun, what));
    return samples && only_here(a, what.mm);
  });
}

/// Pass 1. Marks the entries whose hash entry was not there any more.
void Ppc64Port::clear_entries(Context& ctx, const Invalidation& what, std::uint64_t* missed) {
  struct Entry {
    VirtPage page;
    RealPte old;
  };
  for (std::uint32_t i = 0; i < what.count; ++i) {
    Conclusion only(ctx);
    const Location at = entry_at(what, i);
    const Entry entry = ctx.step(read_entry, reads_words(at, what.entry_words), [&](Access& a) {
      return Entry{a.read(Cell<VirtPage>{Location{at.raw() + BatchEntry::page}}),
                   noted(at, what.entry_words, [&](auto cell) { return a.read(cell); })};
    });
    bool hit = false;
    if (entry.old.pte.has(page_hashpte))
      for_each_entry(what.mm, entry.page, last_context_of(what.mm), entry.old,
                     [&](const HptTarget& t, std::uint64_t slot) { hit = hpt_.invalidate(ctx, t, slot) || hit; });
    only(hit);
    if (!hit) missed[i / 64] |= std::uint64_t{1} << (i % 64);
  }
}

void Ppc64Port::ptesync(Context& ctx) {
  const auto outstanding = bus_.outstanding(ctx.cpu());
  ctx.step_when(sync, reads(outstanding), UntilZero{outstanding}, [](Access&) {});
}

void Ppc64Port::ptesync_after(Context& ctx, const Invalidation* done) {
  const auto outstanding = bus_.outstanding(ctx.cpu());
  const auto tell = [&](Access& a) {
    if (done != nullptr) emit(a, flush_event(EventKind::flush_done, *done));
  };
  if (params_.ptesync_after_tlbie) ctx.step_when(tlbsync, reads(outstanding), UntilZero{outstanding}, tell);
  else ctx.step(tlbsync, Footprint{}, tell);
}

void Ppc64Port::tlbiel(Context& ctx, TlbKey key) {
  const CoreId core = machine_.topology.core_of(ctx.cpu());
  Footprint footprint;
  hardware_.declare_kill(footprint, core, key);
  ctx.step(local_tlbie, footprint, [&](Access& a) {
    hardware_.kill(a, core, key);
    Event event{EventKind::translation_dropped};
    event.page = hardware_.page_of(key);
    event.part = hardware_.part_of(key);
    event.tag = Tag{key.tag()};
    emit(a, event);
  });
}

/// Interrupts are off, so the cpu stays the same. each_key(visit) calls visit(key) for every key that must die.
template <class EachKey>
void Ppc64Port::invalidate_tlbs(Context& ctx, MmId mm, bool local, const EachKey& each_key,
                                const Invalidation* done) {
  const auto lock = tlbie_lock_.cell<std::uint64_t>(0);
  const bool locks = !local && !params_.lockless_tlbie;
  if (locks) locks_.spin_lock(ctx, lock, LockClass::tlbie);
  ptesync(ctx);
  std::uint32_t sent = 0;
  each_key([&](TlbKey key) {
    ctx.learn(sent++);
    if (local) tlbiel(ctx, key);
    else bus_.issue(ctx, mm, key);
  });
  ptesync_after(ctx, done);
  if (locks) locks_.spin_unlock(ctx, lock, LockClass::tlbie);
}

void Ppc64Port::tlbie_one(Context& ctx, const HptTarget& target, bool local) {
  const TlbKey key = target.key();
  invalidate_tlbs(ctx, target.mm, local, [key](const auto& visit) { visit(key); }, nullptr);
}

void Ppc64Port::invalidate(Context& ctx, const Invalidation& what) {
  const Conclusion nothing(ctx);
  MMULAB_ASSERT(refuses(what.scope) == nullptr, refuses(what.scope));
  MMULAB_ASSERT(what.count <= ppc64_batch_entries_max, "a batch of hash entries is limited");
  if (what.count == 0) return;
  std::uint64_t missed[ppc64_batch_entries_max / 64] = {};
  locks_.irq_disable(ctx);
  bool local = begin_flush(ctx, what);
  if (!what.tlb_only) clear_entries(ctx, what, missed);
  if (params_.local_sample == LocalSample::after_hpt) local = sample_local(ctx, sample_mask, what.mm);
  const std::uint64_t context = last_context_of(what.mm);
  const auto each_key = [&](const auto& visit) {
    // The batch is this cpu's own, and its lines have just been read.
    const auto load = [&](auto cell) { return ctx.world().load(cell); };
    for (std::uint32_t i = 0; i < what.count; ++i) {
      if (!params_.tlbie_on_miss && (missed[i / 64] >> (i % 64) & 1) != 0) continue;
      const Location at = entry_at(what, i);
      for_each_entry(what.mm, load(Cell<VirtPage>{at}), context, noted(at, what.entry_words, load),
                     [&](const HptTarget& t, std::uint64_t) { visit(t.key()); });
    }
  };
  invalidate_tlbs(ctx, what.mm, local, each_key, &what);
  locks_.irq_enable(ctx);
}

const char* Ppc64Port::refuses(Invalidation::Scope scope) const {
  return scope == Invalidation::Scope::entries
             ? nullptr
             : "ppc64 finds old hash entries only through the slot bits of recorded ptes";
}

bool Ppc64Port::invalidate_software_entry(Context& ctx, MmId mm, VirtPage page, Pte old) {
  Conclusion only(ctx);
  if (!old.has(page_hashpte)) return only(true);
  const HptTarget t = target(mm, page);
  locks_.irq_disable(ctx);
  const bool hit = hpt_.invalidate(ctx, t, slot_of(t, RealPte{old, 0}.slot()));
  locks_.irq_enable(ctx);
  return only(hit || params_.tlbie_on_miss);
}

void Ppc64Port::remove_entries(Context& ctx, MmId mm, VirtPage page, bool both_groups) {
  const Conclusion nothing(ctx);
  const HptTarget t = target(mm, page);
  for (const bool secondary : {false, true}) {
    if (secondary && !both_groups) continue;
    const std::uint64_t first = hpt_.slot_of(t, secondary, 0);
    const auto matching = ctx.step(
        search_group, reads_words(hpt_.group_first(first / slots_per_group), Hpt::group_words), [&](Access& a) {
          std::uint64_t slots = 0;
          for (unsigned i = 0; i < slots_per_group; ++i)
            if (Hpt::hardware_matches(Hpte{a.read(hpt_.v(first + i)), a.read(hpt_.r(first + i))}, t, secondary))
              slots |= std::uint64_t{1} << i;
          return slots;
        });
    for (unsigned i = 0; i < slots_per_group; ++i)
      if ((matching >> i & 1) != 0) hpt_.invalidate(ctx, t, first + i);
  }
  tlbie_one(ctx, t, false);
}

}  // namespace mmulab
