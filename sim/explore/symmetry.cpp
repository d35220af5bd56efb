// SPDX-License-Identifier: MIT
#include "sim/explore/symmetry.h"

#include <algorithm>
#include <array>
#include <tuple>

namespace mmulab {
namespace {

bool comes_before(const Fingerprint& a, const Fingerprint& b) {
  return std::tie(a.high, a.low) < std::tie(b.high, b.low);
}

/// Where each of at most 64 things goes.
using Places = std::array<std::uint8_t, 64>;

/// The place that each move would have in the list under other names.
Places places_of(const std::vector<Move>& moves, const Renaming& names, const ExploredHost& host) {
  const auto order = [&](const Move& move) {
    const Decision d = Symmetry::renamed(move.decision, names, host);
    return std::make_tuple(d.agent.raw(), d.kind != Decision::Kind::interrupt, d.value);
  };
  Places places{};
  for (std::size_t i = 0; i < moves.size() && i < places.size(); ++i)
    places[i] = static_cast<std::uint8_t>(std::count_if(
        moves.begin(), moves.end(), [&](const Move& other) { return order(other) < order(moves[i]); }));
  return places;
}

Places inverse(const Places& places, std::size_t count) {
  Places back{};
  for (std::size_t i = 0; i < count; ++i) back[places[i]] = static_cast<std::uint8_t>(i);
  return back;
}

std::uint64_t moved(std::uint64_t bits, const Places& places, std::size_t count) {
  MMULAB_ASSERT(count <= places.size(), "the places of a longer list are not named");
  std::uint64_t result = 0;
  for (std::size_t i = 0; i < count; ++i) result |= (bits >> i & 1) << places[i];
  return result;
}

}  // namespace

void Symmetry::find_least(const World& world, Least& least) const {
  least.world = world.fingerprint();
  least.under.assign(1, nullptr);
  for (std::size_t n = 0; n < renamings_.size(); ++n) {
    Fingerprint named = world.fingerprint();
    named.combine(differences_[n]);
    if (comes_before(least.world, named)) continue;
    if (named != least.world) least.under.clear();
    least.world = named;
    least.under.push_back(&renamings_[n]);
  }
}

void Symmetry::follow(World& world) {
  if (any()) world.follow_names();
  world.set_name_watcher(any() ? this : nullptr);
  look_again(world);
}

void Symmetry::look_again(const World& world) {
  differences_.clear();
  kept_.clear();
  for (const Renaming& renaming : renamings_) {
    differences_.push_back(renaming.fingerprint(world));
    differences_.back().combine(world.fingerprint());
  }
}

void Symmetry::on_named_store(Location at, std::uint64_t before, std::uint64_t after) {
  for (std::size_t n = 0; n < renamings_.size(); ++n) {
    differences_[n].combine(renamings_[n].difference(at, before));
    differences_[n].combine(renamings_[n].difference(at, after));
  }
}

void Symmetry::return_to(std::size_t earlier) {
  const auto first = kept_.begin() + static_cast<std::ptrdiff_t>(earlier * renamings_.size());
  std::copy_n(first, renamings_.size(), differences_.begin());
  kept_.erase(first, kept_.end());
}

Decision Symmetry::renamed(const Decision& decision, const Renaming& names, const ExploredHost& host) {
  Decision named = decision;
  if (host.is_device(decision.agent)) named.value = host.device_of(decision.agent).renamed(decision.value, names);
  else named.agent = AgentId{names(CpuId{decision.agent.raw()}).raw()};
  return named;
}

std::uint64_t Symmetry::renamed(std::uint64_t places, const std::vector<Move>& moves, const Renaming& names,
                                const ExploredHost& host) {
  if (places == 0) return 0;
  return moved(places, places_of(moves, names, host), moves.size());
}

std::uint64_t Symmetry::named_back(std::uint64_t places, const std::vector<Move>& moves, const Renaming& names,
                                   const ExploredHost& host) {
  if (places == 0) return 0;
  return moved(places, inverse(places_of(moves, names, host), moves.size()), moves.size());
}

}  // namespace mmulab
