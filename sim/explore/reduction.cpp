// SPDX-License-Identifier: MIT
#include "sim/explore/reduction.h"

namespace mmulab {

bool Reduction::holds(const Actor& actor, std::uint32_t lock) const {
  return actor.task.exists() && world_.load(Location{lock}) == std::uint64_t{actor.task.raw()} + 1;
}

void Reduction::learn(const Actor& actor, const Footprint& footprint) {
  for (const Touch& t : footprint)
    for (std::uint32_t w = 0; w < t.words; ++w) touch(actor, t.first.raw() + w);
}

void Reduction::touch(const Actor& actor, std::uint32_t at) {
  Word& word = words_[at];
  const std::uint32_t who = actor.agent.raw() * 2 + (actor.in_interrupt ? 1 : 0) + 1;
  if (word.is_lock) {
    const std::uint64_t holder = world_.load(Location{at});
    if (holder != 0 && !holds(actor, at) && !word.lock_abused) {
      word.lock_abused = true;
      lose(word.relied_on_guard);
    }
  }
  if (word.owner == 0) {
    word.owner = who;
    if (actor.in_interrupt) return;
    std::size_t n = 0;
    for (const std::uint32_t lock : locks_)
      if (n < guards_max && lock != at && holds(actor, lock)) word.guard[n++] = lock + 1;
    return;
  }
  if (word.owner != who && word.owner != shared) {
    word.owner = shared;
    lose(word.relied_on_owner);
  }
  bool had = false;
  bool has = false;
  for (std::uint32_t& guard : word.guard) {
    had = had || guard != 0;
    if (guard != 0 && (actor.in_interrupt || !holds(actor, guard - 1))) guard = 0;
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

void Reduction::learn_public(const Label& label) {
  if (public_labels_.size() <= label.number()) public_labels_.resize(Label::all().size(), false);
  public_labels_[label.number()] = true;
}

bool Reduction::is_own(const Actor& actor, Word& word, std::uint32_t at) {
  const std::uint32_t who = actor.agent.raw() * 2 + (actor.in_interrupt ? 1 : 0) + 1;
  if (word.owner == 0 || word.owner == who) {
    word.relied_on_owner = true;
    return true;
  }
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

bool Reduction::is_private(const Actor& actor, const Label& label, const Footprint& footprint) {
  if (actor.in_interrupt) return false;
  if (label.number() < public_labels_.size() && public_labels_[label.number()]) return false;
  for (const Touch& t : footprint)
    for (std::uint32_t w = 0; w < t.words; ++w)
      if (!is_own(actor, words_[t.first.raw() + w], t.first.raw() + w)) return false;
  return true;
}

void Reduction::begin_again() {
  stale_ = false;
  for (Word& word : words_) {
    word.relied_on_owner = false;
    word.relied_on_guard = false;
  }
}

}  // namespace mmulab
