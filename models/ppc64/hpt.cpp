// SPDX-License-Identifier: MIT
#include "models/ppc64/hpt.h"

namespace mmulab::ppc64 {
namespace {
const Label insert_scan{"ppc64.hash.insert_scan", "pteg_scan"};
const Label insert_lock{"ppc64.hash.insert_lock", "hpte_lock", Ordering::atomic};
const Label insert_r{"ppc64.hash.insert_r", "hpte_store"};
const Label insert_v{"ppc64.hash.insert_v", "hpte_publish", Ordering::release};
const Label evict_slot{"ppc64.hash.evict_slot", "pteg_scan"};
const Label evict_scan{"ppc64.hash.evict_scan", "pteg_scan"};
const Label evict_lock{"ppc64.hash.evict_lock", "hpte_lock", Ordering::atomic};
const Label evict_v{"ppc64.hash.evict_v", "hpte_store", Ordering::release};
const Label updatepp_lock{"ppc64.hash.updatepp_lock", "hpte_lock", Ordering::atomic};
const Label updatepp_r{"ppc64.hash.updatepp_r", "hpte_store"};
const Label updatepp_unlock{"ppc64.hash.updatepp_unlock", "hpte_store", Ordering::release};
const Label invalidate_lock{"ppc64.hpte.invalidate_lock", "hpte_lock", Ordering::atomic};
const Label invalidate_v{"ppc64.hpte.invalidate_v", "hpte_store", Ordering::release};

bool unlocked(const Access& a, Cell<std::uint64_t> v) { return (a.read(v) & hpte_lock) == 0; }
}  // namespace

Hpt::Hpt(World& world, const KernelState& state, const Ppc64Params& params)
    : state_(state),
      scheme_(params.vsid),
      layout_(params.vsid, params.pteg_count),
      compare_h_(params.compare_h),
      table_(
          world.allocate("ppc64.hpt", std::uint64_t{params.pteg_count} * slots_per_group, 2, Coherence::memory)) {
  MMULAB_ASSERT((params.pteg_count & (params.pteg_count - 1)) == 0, "a hash table has 2^n groups");
  MMULAB_ASSERT(params.pteg_count >= 2048 || params.vsid.bits == 36,
                "a tiny hash table needs the VSIDs of 2.6.22");
}

HptTarget Hpt::target(MmId mm, VirtPage at, std::uint64_t context, PageSize size) const {
  return target_of(scheme_, layout_, state_.geometry().page_shift(), mm, at, context, size);
}

/// For the event only. An id belongs to one mm for as long as that lives; an entry of a dead one has no owner.
MmId Hpt::owner_of(const Access& a, std::uint64_t context) const {
  for (std::uint32_t mm = 0; mm < state_.limits().mms; ++mm)
    if (a.context().world().load(state_.mm_context(MmId{mm})) == context) return MmId{mm};
  return MmId::none();
}

bool Hpt::software_matches(std::uint64_t v, const HptTarget& target, std::uint64_t slot) const {
  if ((v & hpte_valid) == 0 || ((v ^ target.avpn) & (hpte_b | hpte_avpn)) != 0) return false;
  if (!compare_h_) return true;
  const bool in_secondary = slot / slots_per_group == target.groups.secondary;
  return ((v & hpte_secondary) != 0) == in_secondary;
}

void Hpt::store_v(Access& a, std::uint64_t slot, std::uint64_t value, const HptTarget& target) const {
  Event event{EventKind::hpte_stored};
  event.a = a.exchange(v(slot), value);
  event.b = value;
  event.location = v(slot).at;
  event.mm = target.mm;
  event.page = target.page;
  event.tag = Tag{target.context};
  if (((event.a | event.b) & hpte_valid) != 0) {
    const Hpte entry{(event.a & hpte_valid) != 0 ? event.a : event.b, a.read(r(slot))};
    const AvpnLayout::Owner owner = layout_.owner(entry, slot / slots_per_group);
    const PageShift base = state_.geometry().page_shift();
    if (owner.context != target.context) event.mm = owner_of(a, owner.context);
    event.page = page_of(start_of(owner.page, PageShift{12}), base);
    event.part = part_of(owner.page, entry.size(), base);
    if (shift_of(entry.size()).raw() > base.raw())
      event.order = static_cast<std::uint8_t>(shift_of(entry.size()).raw() - base.raw());
    event.tag = Tag{owner.context};
    event.frame = entry.frame(base);
  }
  emit(a, event);
}

void Hpt::lock(Context& ctx, const Label& label, const HptTarget& target, std::uint64_t slot) const {
  const auto word = v(slot);
  ctx.step_when(label, writes(word).reads(r(slot)), [&](const Access& a) { return unlocked(a, word); },
                [&](Access& a) { store_v(a, slot, a.read(word) | hpte_lock, target); });
}

unsigned Hpt::insert(Context& ctx, const HptTarget& target, bool secondary, std::uint64_t value) const {
  const std::uint64_t first = slot_of(target, secondary, 0);
  const Location group = group_first(first / slots_per_group);
  for (unsigned index = 0;; ++index) {
    index = ctx.step(insert_scan, reads_words(group, group_words), [&](Access& a) {
      unsigned at = index;
      while (at < slots_per_group && (a.read(v(first + at)) & hpte_valid) != 0) ++at;
      return at;
    });
    if (index >= slots_per_group) return full;
    const std::uint64_t slot = first + index;
    // Somebody may have filled the slot before we got its lock: then on to the next one.
    const bool ours = ctx.step_when(
        insert_lock, writes(v(slot)), [&](const Access& a) { return unlocked(a, v(slot)); },
        [&](Access& a) {
          const std::uint64_t now = a.read(v(slot));
          if ((now & hpte_valid) != 0) return false;
          store_v(a, slot, now | hpte_lock, target);
          return true;
        });
    if (!ours) continue;
    ctx.step(insert_r, writes(r(slot)), [&](Access& a) { a.write(r(slot), value); });
    ctx.step(insert_v, writes(v(slot)).reads(r(slot)), [&](Access& a) {
      store_v(a, slot, target.avpn | hpte_valid | (secondary ? hpte_secondary : 0), target);
    });
    return index;
  }
}

void Hpt::evict(Context& ctx, std::uint64_t group) const {
  const std::uint64_t first = group * slots_per_group;
  const unsigned start = ctx.choose(evict_slot, slots_per_group);
  for (unsigned tried = 0;; ++tried) {
    const auto evictable = [](std::uint64_t word) { return (word & (hpte_valid | hpte_bolted)) == hpte_valid; };
    tried = ctx.step(evict_scan, reads_words(group_first(group), group_words), [&](Access& a) {
      unsigned n = tried;
      while (n < slots_per_group && !evictable(a.read(v(first + (start + n) % slots_per_group)))) ++n;
      return n;
    });
    if (tried >= slots_per_group) return;
    const std::uint64_t slot = first + (start + tried) % slots_per_group;
    const bool ours = ctx.step_when(
        evict_lock, writes(v(slot)).reads(r(slot)), [&](const Access& a) { return unlocked(a, v(slot)); },
        [&](Access& a) {
          const std::uint64_t now = a.read(v(slot));
          if (!evictable(now)) return false;
          store_v(a, slot, now | hpte_lock, HptTarget{});
          return true;
        });
    if (!ours) continue;
    ctx.step(evict_v, writes(v(slot)).reads(r(slot)), [&](Access& a) { store_v(a, slot, 0, HptTarget{}); });
    return;
  }
}

bool Hpt::update_pp(Context& ctx, const HptTarget& target, std::uint64_t slot, std::uint64_t value) const {
  lock(ctx, updatepp_lock, target, slot);
  const bool hit = ctx.step(updatepp_r, reads(v(slot)).writes(r(slot)), [&](Access& a) {
    if (!software_matches(a.read(v(slot)), target, slot)) return false;
    a.write(r(slot), (a.read(r(slot)) & ~(hpte_pp | hpte_n)) | (value & (hpte_pp | hpte_n | hpte_c)));
    return true;
  });
  ctx.step(updatepp_unlock, writes(v(slot)).reads(r(slot)),
           [&](Access& a) { store_v(a, slot, a.read(v(slot)) & ~hpte_lock, target); });
  return hit;
}

bool Hpt::invalidate(Context& ctx, const HptTarget& target, std::uint64_t slot) const {
  lock(ctx, invalidate_lock, target, slot);
  return ctx.step(invalidate_v, writes(v(slot)).reads(r(slot)), [&](Access& a) {
    const std::uint64_t found = a.read(v(slot));
    const bool hit = software_matches(found, target, slot);
    store_v(a, slot, hit ? 0 : found & ~hpte_lock, target);
    return hit;
  });
}

}  // namespace mmulab::ppc64
