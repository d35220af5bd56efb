// SPDX-License-Identifier: MIT
// What tells the cursor's states apart.
#include "sim/explore/cursor.h"

namespace mmulab {
namespace {

void mix_footprint(StateHash& hash, const Footprint& footprint) {
  for (const Touch& t : footprint)
    hash.mix(hash.name(t.first) << 32 | std::uint64_t{t.words} << 1 | static_cast<std::uint64_t>(t.use));
}

void add(Fingerprint& sum, const StateHash& hash) {
  sum.high += hash.high();
  sum.low += hash.low();
}

}  // namespace

Fingerprint Cursor::key() {
  if (!key_) find_key();
  return *key_;
}

Fingerprint Cursor::own_key() { return key_under(nullptr, system_.world().fingerprint()); }

/// Where the World is the same under several names, tasks and observers tell.
void Cursor::find_key() {
  named_ = nullptr;
  bool own_names = namings() == 1;
  for (Context* context : system_.contexts()) own_names = own_names || context->history().has_own_names();
  if (own_names) {
    key_ = own_key();
    return;
  }
  symmetry_.find_least(system_.world(), least_);
  for (const Renaming* names : least_.under) {
    const Fingerprint key = key_under(names, least_.world);
    if (key_ && !(key.high < key_->high)) continue;
    key_ = key;
    named_ = names;
  }
}

Fingerprint Cursor::key_under(const Renaming* names, const Fingerprint& world) {
  Fingerprint observed;
  if (names == nullptr) {
    observe();
    observed = observed_;
  } else {
    const StateHash hash = system_.checker().fingerprint(names);
    observed = {hash.high(), hash.low()};
  }
  const Fingerprint own = locals(names);
  StateHash all;
  for (const std::uint64_t word : {world.high, world.low, own.high, own.low, observed.high, observed.low})
    all.mix(word);
  // An interrupt may still come when winding down has begun, and lead to where it has not.
  if (final_) all.mix(1);
  return {all.high(), all.low()};
}

Fingerprint Cursor::world_key() {
  const Fingerprint own = system_.ending();
  if (!symmetry_.any()) return own;
  symmetry_.find_least(system_.world(), least_);
  return least_.world;
}

Fingerprint Cursor::locals(const Renaming* names) const {
  Fingerprint sum;
  for (Context* context : system_.contexts()) {
    StateHash hash(names);
    hash.mix(hash.name(context->task()) + 1);
    hash.mix(context->cpu().exists() ? hash.name(context->cpu()) : ~std::uint64_t{0});
    // Whether it may go on depends on that.
    hash.mix(context->progress() == Context::done ? 1 : 0);
    if (options_.local_key == LocalKey::stacks) {
      const Fiber::Image image = context->fiber().image();
      const auto* words = static_cast<const std::uint64_t*>(image.context);
      for (std::size_t i = 0; i < image.bytes / sizeof(std::uint64_t); ++i) hash.mix(words[i]);
    } else {
      context->history().tell(hash);
    }
    add(sum, hash);
  }
  for (std::uint32_t c = 0; c < host_.cpus(); ++c) {
    const ExploredHost::CpuState state = host_.cpu_state(CpuId{c});
    StateHash hash(names);
    hash.mix(hash.name(CpuId{c}) << 32);
    hash.mix(hash.name(state.current->task()));
    hash.mix(state.pending != nullptr ? state.pending->label->number() + 1 : 0);
    if (state.pending != nullptr) mix_footprint(hash, state.pending->footprint);
    add(sum, hash);
  }
  return sum;
}

AgentId Cursor::named(AgentId cpu) {
  if (!key_) find_key();
  return named_ == nullptr ? cpu : AgentId{(*named_)(CpuId{cpu.raw()}).raw()};
}

std::uint64_t Cursor::named(std::uint64_t places, const std::vector<Move>& moves) {
  if (!key_) find_key();
  return named_ == nullptr ? places : Symmetry::renamed(places, moves, *named_, host_);
}

std::uint64_t Cursor::named_back(std::uint64_t places, const std::vector<Move>& moves) {
  if (!key_) find_key();
  return named_ == nullptr ? places : Symmetry::named_back(places, moves, *named_, host_);
}

/// Only who was alike at the start is alike.
void Cursor::keep_namings_of_start() {
  if (!symmetry_.any()) return;
  const Fingerprint own = own_key();
  symmetry_.keep_if([&](const Renaming& names) {
    return key_under(&names, names.fingerprint(system_.world())) == own;
  });
  symmetry_.follow(system_.world());
}

void Cursor::check_names(const Renaming& names) {
  const Fingerprint expected = key_under(&names, names.fingerprint(system_.world()));
  const std::vector<Move> steps = path_;
  Coverage* coverage = std::exchange(coverage_, nullptr);
  pop_to(0);
  take_back_to(0);
  for (Move step_made : steps) {
    step_made.decision = Symmetry::renamed(step_made.decision, names, host_);
    step(step_made);
  }
  MMULAB_ASSERT(own_key() == expected, "a schedule under other names leads to the same state under these");
  take_back_to(0);
  for (std::size_t i = 0; i < first_; ++i) step(steps[i]);
  coverage_ = coverage;
}

}  // namespace mmulab
