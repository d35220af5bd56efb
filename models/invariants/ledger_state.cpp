// SPDX-License-Identifier: MIT
// The ledger's fingerprint: what can influence a later verdict, in a form that does not depend on when it
// happened.
#include "models/invariants/ledger.h"

namespace mmulab {
namespace {

/// Whether on its return nothing may be left of instances that lived when it began (Ledger::find_pending).
bool asks_for_age(Call call) { return zaps(call) || call == Call::madv_free || call == Call::mprotect; }

/// Which of the calls now active that ask for its age began after the instance was born.
std::uint64_t calls_since(const StateHash& names, const Ledger& ledger, const Instance& instance) {
  std::uint64_t mask = 0;
  for (std::uint32_t t = 0; t < ledger.execution().tasks(); ++t)
    for (const ActiveCall& call : ledger.execution().task(names.who_is(TaskId{t})).calls)
      if (asks_for_age(call.call) && call.covers(instance.mm, instance.page))
        mask = mask * 31 + 2 * std::uint64_t{t} + (call.order > instance.born.order ? 2 : 1);
  return mask;
}

StateHash hash_of(StateHash h, const Obligation& o, const Ledger& ledger) {
  h.mix(std::uint64_t{o.was.mm.raw()} << 32 | o.was.frame.raw());
  h.mix(o.was.page.raw());
  h.mix(o.was.rights | o.lost << 8 | static_cast<std::uint64_t>(o.change) << 16 |
        static_cast<std::uint64_t>(o.due_by) << 20 | std::uint64_t{o.due} << 24 | std::uint64_t{o.returned} << 25 |
        std::uint64_t{o.found_by_other} << 26 | std::uint64_t{o.dormant} << 27 |
        std::uint64_t{o.new_written} << 28 | std::uint64_t{ledger.is_dead(o.was)} << 29 |
        std::uint64_t{ledger.execution().call_is_active(o.opened.task, o.opened.call_order)} << 30 |
        std::uint64_t{ledger.execution().still_holds(o.opened.task, o.until)} << 31);
  h.mix(std::uint64_t{o.replaced_by.raw()} << 32 | h.name(o.opened.task));
  h.mix(o.denied);
  h.mix(o.returned ? 0 : calls_since(h, ledger, o.was));
  for (const TlbCopy& c : o.tlb) {
    StateHash copy;
    copy.mix(h.name(c.core) << 32 | c.tag.raw());
    copy.mix(c.rights);
    h.mix_unordered(copy);
  }
  for (const Location at : o.hptes) {
    StateHash copy;
    copy.mix(at.raw());
    h.mix_unordered(copy);
  }
  for (const Location at : o.tsbs) {
    StateHash copy;
    copy.mix(std::uint64_t{at.raw()} << 32);
    h.mix_unordered(copy);
  }
  return h;
}

StateHash hash_of(StateHash h, const PageRecord& r, const Ledger& ledger) {
  h.mix(std::uint64_t{r.live.mm.raw()} << 32 | r.live.frame.raw());
  h.mix(r.live.page.raw());
  h.mix(r.raw.raw());
  h.mix(std::uint64_t{r.present} | std::uint64_t{ledger.is_dead(r.live)} << 1 | r.live.rights << 8);
  h.mix(r.present ? calls_since(h, ledger, r.live) : 0);
  h.mix(r.past.known ? calls_since(h, ledger, r.past.was) : 0);
  h.mix(r.past.known ? 1 + (std::uint64_t{r.past.was.frame.raw()} << 8 | static_cast<std::uint64_t>(r.past.change))
                     : 0);
  h.mix(r.past.known
            ? r.past.lost | std::uint64_t{ledger.is_dead(r.past.was)} << 8 |
                  std::uint64_t{ledger.execution().call_is_active(r.past.opened.task, r.past.opened.call_order)}
                      << 9
            : 0);
  if (r.past.known && r.past.due_by == Due::unlock_of_destination)
    h.mix(1 + std::uint64_t{ledger.execution().still_holds(r.past.opened.task, r.past.until)});
  h.mix(r.disturbed.when.known ? h.name(r.disturbed.when.task) + 1 : 0);
  h.mix(std::uint64_t{r.disturbed.dirty});
  for (unsigned i = 0; i < r.disturbed.ptls; ++i)
    h.mix(std::uint64_t{ledger.execution().still_holds(r.disturbed.when.task, r.disturbed.ptl[i])});
  return h;
}

}  // namespace

void Ledger::mix_into(StateHash& hash) const {
  state_.execution.mix_into(hash);
  for (const auto& [id, o] : *state_.open) hash.mix_unordered(hash_of(hash.element(), o, *this));
  for (const auto& [key, record] : *state_.pages) hash.mix_unordered(hash_of(hash.element(), record, *this));
  for (const auto& [at, h] : *state_.hptes) {
    const PageRecord* record = page(h.mm, h.page);
    StateHash entry;
    entry.mix(std::uint64_t{at} << 32 | h.frame.raw());
    entry.mix(h.page.raw() << 16 ^ h.tag.raw());
    entry.mix(h.rights | std::uint64_t{record != nullptr && record->lineage == h.lineage} << 8);
    hash.mix_unordered(entry);
  }
  for (const auto& [at, tsb] : *state_.tsbs) {
    StateHash entry;
    entry.mix(at);
    entry.mix(tsb.data);
    entry.mix(tsb.page.raw() << 8 ^ tsb.mm.raw());
    hash.mix_unordered(entry);
  }
  for (const NotedEntry& n : *state_.noted) {
    StateHash entry;
    entry.mix(hash.name(n.cpu) << 32 | hash.name(n.task));
    entry.mix(n.page.raw() << 1 | std::uint64_t{n.being_flushed});
    entry.mix(n.mm.raw());
    hash.mix_unordered(entry);
  }
  for (const CopyWatch& w : *state_.watches) {
    hash.mix(w.page.raw() << 2 | std::uint64_t{w.all} << 1 | std::uint64_t{w.stored});
    hash.mix(std::uint64_t{w.source.raw()} << 32 | hash.name(w.task));
  }
  for (std::uint32_t cpu = 0; cpu < config_.cpus; ++cpu) hash.mix(batch_depth(hash.who_is(CpuId{cpu})));
  for (const FrameRecord& f : *state_.frames)
    hash.mix(std::uint64_t{f.allocated_seen} | std::uint64_t{f.anonymous} << 1 | std::uint64_t{f.dirty} << 2 |
             std::uint64_t{f.uncovered} << 3 | std::uint64_t{f.unbacked} << 4 | std::uint64_t{f.lazyfree} << 5 |
             std::uint64_t{f.writing} << 6);
}

}  // namespace mmulab
