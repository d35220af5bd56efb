// SPDX-License-Identifier: MIT
#include "sim/explore/reduction.h"

namespace mmulab {
namespace {

bool flag(const std::vector<bool>& flags, std::size_t n) { return n < flags.size() && flags[n]; }

void set_flag(std::vector<bool>& flags, std::size_t n) {
  if (n >= flags.size()) flags.resize(n + 1, false);
  flags[n] = true;
}

}  // namespace

bool Reduction::holds(const Actor& actor, std::uint32_t lock) const {
  return actor.task.exists() && world_.load(Location{lock}) == std::uint64_t{actor.task.raw()} + 1;
}

void Reduction::expect(const Actor& actor, const Step& step) {
  futures_.expect(actor.who, actor.progress, *step.label, step.footprint);
}

void Reduction::learn(const Actor& actor, const Step& step) {
  const Futures::Point at = futures_.expect(actor.who, actor.progress, *step.label, step.footprint);
  futures_.set_point(actor.who, at);
  for (const Touch& t : step.footprint)
    for (std::uint32_t w = 0; w < t.words; ++w) touch(actor, step, t.first.raw() + w);
}

void Reduction::touch_lock(const Actor& actor, const Step& step, std::uint32_t at) {
  Word& word = words_[at];
  // Who comes without a guard would have noticed that it is held, even if he never has.
  if (holds(actor, at) || step.guarded || word.lock_abused) return;
  word.lock_abused = true;
  lose(word.relied_on_guard);
}

void Reduction::touch(const Actor& actor, const Step& step, std::uint32_t at) {
  Word& word = words_[at];
  if (word.is_lock) touch_lock(actor, step, at);
  if (!word.touched) {
    word.touched = true;
    if (actor.in_interrupt()) return;
    std::size_t n = 0;
    for (const std::uint32_t lock : locks_)
      if (n < guards_max && lock != at && holds(actor, lock)) word.guard[n++] = lock + 1;
    return;
  }
  bool had = false;
  bool has = false;
  for (std::uint32_t& guard : word.guard) {
    had = had || guard != 0;
    if (guard != 0 && (actor.in_interrupt() || !holds(actor, guard - 1))) guard = 0;
    has = has || guard != 0;
  }
  if (had && !has) lose(word.relied_on_guard);
}

void Reduction::learn_lock(Location at) {
  Word& word = words_[at.raw()];
  if (word.is_lock) return;
  word.is_lock = true;
  locks_.push_back(at.raw());
}

void Reduction::learn_choice(const Label& label) { set_flag(choosing_labels_, label.number()); }

bool Reduction::is_guarded(const Actor& actor, std::uint32_t at) {
  if (!by_locks_) return false;
  Word& word = words_[at];
  if (word.is_lock && !word.lock_abused && holds(actor, at)) {
    word.relied_on_guard = true;
    return true;
  }
  for (const std::uint32_t guard : word.guard)
    if (guard != 0 && holds(actor, guard - 1)) {
      word.relied_on_guard = true;
      return true;
    }
  return false;
}

bool Reduction::has_words_to_itself(const Actor& actor, const Step& step) {
  unguarded_.clear();
  for (const Touch& t : step.footprint)
    for (std::uint32_t w = 0; w < t.words; ++w)
      if (!is_guarded(actor, t.first.raw() + w)) unguarded_.push_back({Location{t.first.raw() + w}, 1, t.use});
  return !futures_.meets_others(actor.who, unguarded_, precedence_);
}

bool Reduction::has_to_itself(Who who, const Footprint& footprint) {
  unguarded_.assign(footprint.begin(), footprint.end());
  return !futures_.meets_others(who, unguarded_, precedence_);
}

bool Reduction::may_ease(const Actor& actor, CpuId cpu, const Step& step) {
  if (actor.in_interrupt() || flag(choosing_labels_, step.label->number())) return false;
  if (step.restarts) {
    if (flag(interrupted_, cpu.raw())) return false;
    set_flag(relied_uninterrupted_, cpu.raw());
  }
  return has_words_to_itself(actor, step);
}

bool Reduction::is_private(const Actor& actor, CpuId cpu, const Step& step) {
  std::optional<Futures::Obstacle>& obstacle = obstacles_[cpu.raw()];
  if (obstacle && futures_.stands(*obstacle)) return false;
  const Futures::Point at = futures_.expect(actor.who, actor.progress, *step.label, step.footprint);
  // Rather than performing it and taking it back again.
  if (!futures_.meets_others(actor.who, futures_.always_concerns(at), precedence_) && may_ease(actor, cpu, step))
    return true;
  obstacle = futures_.obstacle();
  return false;
}

bool Reduction::is_private_act(Who who, const Step& step) {
  if (flag(choosing_labels_, step.label->number())) return false;
  const Futures::Point at = futures_.expect(who, 0, *step.label, step.footprint);
  return has_to_itself(who, step.footprint) && is_private(who, futures_.always_concerns(at));
}

bool Reduction::is_right_mover(const Actor& actor, const Step& step, const Concern& concern) {
  if (actor.in_interrupt() || flag(choosing_labels_, step.label->number())) return false;
  return has_words_to_itself(actor, step) && is_private(actor.who, concern.without_ease());
}

void Reduction::learn_interrupt(CpuId cpu) {
  if (flag(interrupted_, cpu.raw())) return;
  set_flag(interrupted_, cpu.raw());
  lose(flag(relied_uninterrupted_, cpu.raw()));
}

void Reduction::begin_again() {
  stale_ = false;
  for (Word& word : words_) word.relied_on_guard = false;
  relied_uninterrupted_.clear();
  futures_.begin_again();
}

}  // namespace mmulab
