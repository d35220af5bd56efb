// SPDX-License-Identifier: MIT
#include "sim/explore/sleep.h"

namespace mmulab {
namespace {

std::uint64_t one_of(std::uint64_t n) { return std::uint64_t{1} << n % 64; }

/// Of a cpu, or of a unit of a device: units are ordered by nothing but what they touch.
std::uint64_t actor_of(std::uint32_t agent, std::uint32_t unit) { return one_of(agent + std::uint64_t{unit} * 8); }

bool is_same(const Decision& a, const Decision& b) {
  return a.kind == b.kind && a.agent == b.agent && a.value == b.value;
}

}  // namespace

std::uint32_t SleepSets::keep(const Cursor& cursor, const Move& move) {
  if (used_ == pool_.size()) pool_.emplace_back();
  Explored& e = pool_[used_];
  e.decision = move.decision;
  e.agents = actor_of(move.decision.agent.raw(), move.decision.value);
  const Move& made = cursor.moves().back();
  for (std::size_t i = 0; i < made.stretches; ++i) e.agents |= actor_of(made.further[i].agent, made.further[i].unit);
  e.touched = cursor.touched();
  e.said = cursor.said();
  e.words = 0;
  for (const Touch& t : e.touched)
    for (std::uint32_t w = 0; w < t.words; ++w) e.words |= one_of(t.first.raw() + w);
  return static_cast<std::uint32_t>(used_++);
}

void SleepSets::forget(std::size_t kept) { used_ = kept; }

bool SleepSets::depend(const Explored& a, const Explored& b) {
  if ((a.agents & b.agents) != 0 || a.said.meets(b.said)) return true;
  return (a.words & b.words) != 0 && dependent(a.touched, b.touched);
}

SleepSets::Set SleepSets::after_last(const Set& set) const {
  Set still;
  const Explored& last = pool_[used_ - 1];
  for (const std::uint32_t n : set)
    if (!depend(pool_[n], last)) still.push_back(n);
  return still;
}

SleepSets::Places SleepSets::places(const Set& set, const std::vector<Move>& moves) const {
  Places places = 0;
  for (const std::uint32_t n : set)
    for (std::size_t i = 0; i < moves.size() && i < places_max; ++i)
      if (is_same(pool_[n].decision, moves[i].decision)) places |= Places{1} << i;
  return places;
}

}  // namespace mmulab
