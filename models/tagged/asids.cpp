// SPDX-License-Identifier: MIT
#include "models/tagged/asids.h"

namespace mmulab::tagged {
namespace {

const Label read_id_label{"asid.read_id", "tagged_asid_read"};
const Label store_id_label{"asid.store_id", "tagged_asid_update"};
const Label read_active{"asid.read_active", "tagged_percpu"};
const Label read_generation{"asid.read_generation", "tagged_asid_read"};
const Label exchange_active{"asid.exchange_active", "tagged_asid_exchange", Ordering::atomic};
const Label check_label{"asid.check", "tagged_asid_read"};
const Label keep_reserved_label{"asid.keep_reserved", "tagged_asid_search"};
const Label keep_number_label{"asid.keep_number", "tagged_asid_update"};
const Label claim_label{"asid.claim", "tagged_asid_search"};
const Label rollover_label{"asid.rollover", "tagged_asid_rollover", Ordering::atomic};
const Label reserve_label{"asid.reserve", "tagged_asid_exchange", Ordering::atomic};
const Label pend_label{"asid.pend_flushes", "tagged_asid_update"};
const Label pending_label{"asid.flush_pending", "tagged_cpumask_atomic", Ordering::full};
const Label publish_label{"asid.publish", "tagged_percpu"};
const Label count_label{"asid.count", "tagged_asid_search"};
const Label reset_mask{"asid.reset_mask", "tagged_cpumask_atomic"};

std::uint64_t bit_of(std::uint32_t asid) { return std::uint64_t{1} << (asid % 64); }

}  // namespace

ContextId AsidAllocator::read_id(Context& ctx, MmId mm) const {
  const auto id = of(mm);
  return ctx.step(read_id_label, reads(id), [&](Access& a) { return a.read(id); });
}

ContextId AsidAllocator::store_id(Context& ctx, MmId mm, ContextId id) const {
  const auto cell = of(mm);
  return ctx.step(store_id_label, writes(cell), [&](Access& a) {
    a.write(cell, id);
    return id;
  });
}

// ------------------------------------------------------------------------------------------------ generations

Generations::Generations(const KernelState& state, const Machine& machine, const Locks& locks, Mmu& mmu,
                         const TaggedParams& params)
    : AsidAllocator(state), locks_(locks), mmu_(mmu), params_(params) {
  const std::uint32_t cpus = state.limits().cpus;
  World& world = machine.world;
  MMULAB_ASSERT(params.asids >= cpus + 2, "after a rollover an ASID must be left for an mm that no cpu runs");
  words_ = world.allocate("tagged.asids", 1, Fields::pending + state.cpumask_words(), Coherence::memory);
  map_ = world.allocate("tagged.asid_map", 1, (params.asids + 63) / 64, Coherence::memory);
  active_ = world.allocate("tagged.active_asids", cpus, 8, Coherence::memory);
  reserved_ = world.allocate("tagged.reserved_asids", cpus, 1, Coherence::memory);
  world.store(generation(), std::uint64_t{1});
  world.store(next(), std::uint64_t{1});
  world.store(map(0), std::uint64_t{1});
}

std::uint32_t Generations::take(Context& ctx, MmId mm) {
  Conclusion only(ctx);
  ContextId id = read_id(ctx, mm);
  if (take_fast(ctx, id)) return only(id.asid());
  locks_.spin_lock(ctx, lock(), LockClass::context_alloc);
  const auto cell = of(mm);
  const bool current = ctx.step(check_label, reads(cell, generation()), [&](Access& a) {
    id = a.keep(a.read(cell));
    return id.generation() == a.read(generation());
  });
  if (!current) id = store_id(ctx, mm, renew(ctx, id));
  only.forget_all_but(id);
  if (params_.publish_before_flush) publish(ctx, id);
  flush_if_pending(ctx);
  if (!params_.publish_before_flush) publish(ctx, id);
  locks_.spin_unlock(ctx, lock(), LockClass::context_alloc);
  return only(id.asid());
}

bool Generations::is_current(Context& ctx, ContextId id) {
  return ctx.step(read_generation, reads(generation()),
                  [&](Access& a) { return id.generation() == a.read(generation()); });
}

/// Without the lock: as long as this cpu has an active ASID no rollover has happened since.
bool Generations::take_fast(Context& ctx, ContextId id) {
  const auto mine = active(ctx.cpu());
  if (params_.exchange_active_asids)
    return is_current(ctx, id) && ctx.step(exchange_active, writes(mine),
                                           [&](Access& a) { return a.exchange(mine, id).exists(); });
  const ContextId old = ctx.step(read_active, reads(mine), [&](Access& a) { return a.read(mine); });
  if (!old.exists() || !is_current(ctx, id)) return false;
  return ctx.step(exchange_active, writes(mine), [&](Access& a) {
    if (!(a.read(mine) == old)) return false;
    a.write(mine, id);
    return true;
  });
}

/// new_context: the lock is held, `old` is of a past generation, or nothing.
ContextId Generations::renew(Context& ctx, ContextId old) {
  // Under the lock nobody else changes generation, bitmap or reserved ASIDs: looking ahead of the step is allowed.
  const World& world = ctx.world();
  if (old.exists()) {
    const ContextId same{world.load(generation()), old.asid()};
    if (keep_reserved(ctx, old, same) || keep_number(ctx, old.asid())) return same;
  }
  std::uint32_t asid = find_free(world, static_cast<std::uint32_t>(world.load(next())));
  if (asid == params_.asids) {
    roll_over(ctx);
    asid = find_free(world, 1);
  }
  claim(ctx, asid);
  return ContextId{world.load(generation()), asid};
}

/// check_update_reserved_asid: the mm was running during a rollover, on any number of cpus.
bool Generations::keep_reserved(Context& ctx, ContextId old, ContextId renewed) {
  return ctx.step(keep_reserved_label, writes_words(reserved_.first(), reserved_.words()), [&](Access& a) {
    bool found = false;
    for (std::uint32_t c = 0; c < state_.limits().cpus; ++c) {
      if (!(a.read(reserved(CpuId{c})) == old)) continue;
      a.write(reserved(CpuId{c}), renewed);
      found = true;
    }
    return found;
  });
}

/// The number that it had is not taken in this generation yet.
bool Generations::keep_number(Context& ctx, std::uint32_t asid) {
  const auto word = map(asid);
  return ctx.step(keep_number_label, writes(word), [&](Access& a) {
    const std::uint64_t bits = a.read(word);
    a.write(word, bits | bit_of(asid));
    return (bits & bit_of(asid)) == 0;
  });
}

std::uint32_t Generations::find_free(const World& world, std::uint32_t from) const {
  for (std::uint32_t asid = from; asid < params_.asids; ++asid)
    if ((world.load(map(asid)) & bit_of(asid)) == 0) return asid;
  return params_.asids;
}

void Generations::claim(Context& ctx, std::uint32_t asid) {
  const auto word = map(asid);
  ctx.step(claim_label, writes(word, next()), [&](Access& a) {
    a.write(word, a.read(word) | bit_of(asid));
    a.write(next(), std::uint64_t{asid});
  });
}

/// flush_context: one cpu's active ASID at a time, since the fast path takes no lock.
void Generations::roll_over(Context& ctx) {
  ctx.step(rollover_label, writes(generation()).writes_words(map_.first(), map_.words()), [&](Access& a) {
    a.add(generation(), std::uint64_t{1});
    for (std::uint32_t n = 0; n < params_.asids; n += 64) a.write(map(n), std::uint64_t{n == 0 ? 1U : 0U});
  });
  for (std::uint32_t c = 0; c < state_.limits().cpus; ++c) {
    const auto running = active(CpuId{c});
    const auto kept = reserved(CpuId{c});
    ctx.step(reserve_label, writes(running, kept).writes_words(map_.first(), map_.words()), [&](Access& a) {
      ContextId id = a.read(running);
      if (params_.rollover_shuts_fast_path) a.write(running, ContextId{});
      // No switch since the last rollover: what was reserved then is still loaded.
      if (!id.exists()) id = a.read(kept);
      a.write(map(id.asid()), a.read(map(id.asid())) | bit_of(id.asid()));
      a.write(kept, id);
    });
  }
  const Location first = pending(CpuId{0}).at;
  ctx.step(pend_label, writes_words(first, state_.cpumask_words()), [&](Access& a) {
    for (std::uint32_t c = 0; c < state_.limits().cpus; ++c)
      a.write(pending(CpuId{c}), a.read(pending(CpuId{c})) | CpuMask::bit(CpuId{c}));
  });
}

void Generations::flush_if_pending(Context& ctx) {
  const Conclusion nothing(ctx);
  const CpuId cpu = ctx.cpu();
  const auto word = pending(cpu);
  const bool due = ctx.step(pending_label, writes(word), [&](Access& a) {
    const std::uint64_t bits = a.read(word);
    a.write(word, bits & ~CpuMask::bit(cpu));
    return (bits & CpuMask::bit(cpu)) != 0;
  });
  if (due) mmu_.invalidate_all(ctx);
}

void Generations::publish(Context& ctx, ContextId id) {
  const auto mine = active(ctx.cpu());
  ctx.step(publish_label, writes(mine), [&](Access& a) { a.write(mine, id); });
}

// ------------------------------------------------------------------------------------------------ versions

Versions::Versions(const KernelState& state, const Machine& machine, const Locks& locks, Mmu& mmu,
                   const TaggedParams& params)
    : AsidAllocator(state), locks_(locks), mmu_(mmu), params_(params) {
  words_ = machine.world.allocate("tagged.asids", 1, 16, Coherence::memory);
  machine.world.store(last(), ContextId{1, 0});
}

std::uint32_t Versions::take(Context& ctx, MmId mm) {
  const ContextId id = read_id(ctx, mm);
  const ContextId newest = ctx.step(read_generation, reads(last()), [&](Access& a) { return a.read(last()); });
  if (id.generation() == newest.generation()) return id.asid();
  locks_.spin_lock(ctx, lock(), LockClass::context_alloc);
  const ContextId fresh = ctx.step(count_label, writes(last()), [&](Access& a) {
    const ContextId before = a.read(last());
    const bool used_up = before.asid() + 1 == params_.asids;
    a.write(last(), used_up ? ContextId{before.generation() + 1, 1} : ContextId{before.raw() + 1});
    return a.read(last());
  });
  if (fresh.asid() == 1 && fresh.generation() != 1) {
    mmu_.broadcast_all(ctx);
    mmu_.sync(ctx);
  }
  locks_.spin_unlock(ctx, lock(), LockClass::context_alloc);
  ctx.step(reset_mask, writes_words(state_.mm_cpumask_first(mm), state_.cpumask_words()), [&](Access& a) {
    for (std::uint32_t w = 0; w < state_.cpumask_words(); ++w)
      a.write(state_.mm_cpumask(mm, w), w == ctx.cpu().raw() / 64 ? CpuMask::bit(ctx.cpu()) : std::uint64_t{0});
  });
  store_id(ctx, mm, fresh);
  return fresh.asid();
}

}  // namespace mmulab::tagged
