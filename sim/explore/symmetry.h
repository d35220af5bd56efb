// SPDX-License-Identifier: MIT
// States that differ only by who of several alike is which are one state: of all the names that cpus and tasks could
// have had, a state is looked at under those that come first in an order of its own. Sound where the system cannot tell
// its cpus apart: programs are compared (Explorable::renamings), ports and strategies say whether they treat cpus
// alike, the first state must be the same under all names, and now and then a whole schedule is performed under other
// names (Cursor::check_names). Source: Ip, Dill, FMSD 9 (1996); with reductions of orders, Emerson, Jha, Peled (TACAS
// 1997). Cost: a look at each store to a word that belongs to somebody, for each way to exchange names.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/explore/move.h"
#include "sim/state/renaming.h"

namespace mmulab {

class Symmetry : private World::NameWatcher {
 public:
  explicit Symmetry(std::vector<Renaming> renamings) : renamings_(std::move(renamings)) {}
  [[nodiscard]] bool any() const { return !renamings_.empty(); }
  /// Those for which `holds`: all that leave one state as it is, so that there is none that others amount to.
  template <class Predicate>
  void keep_if(Predicate&& holds) {
    std::vector<Renaming> kept;
    for (Renaming& renaming : renamings_)
      if (holds(renaming)) kept.push_back(std::move(renaming));
    renamings_ = std::move(kept);
  }
  /// Every one but the one that changes nothing.
  [[nodiscard]] const std::vector<Renaming>& renamings() const { return renamings_; }

  /// The World's fingerprint under the names that make it least, and which names those are: more than one if the World
  /// does not tell them apart; null for everybody's own.
  struct Least {
    Fingerprint world;
    std::vector<const Renaming*> under;
  };
  void find_least(const World& world, Least& least) const;

  /// Looks at the whole World, and from there on at each store; until it stops, or somebody else follows.
  void follow(World& world);
  void stop_following(World& world) { world.set_name_watcher(nullptr); }
  /// At the whole World once more, which has become another one.
  void look_again(const World& world);
  /// How the World differs under the names now: to be given back when it is as it is now again.
  void keep() { kept_.insert(kept_.end(), differences_.begin(), differences_.end()); }
  /// To what was kept when `earlier` were already, of which it and all later ones are forgotten.
  void return_to(std::size_t earlier);

  [[nodiscard]] static Decision renamed(const Decision& decision, const Renaming& names, const ExploredHost& host);
  /// Places in a list of moves, as bits: as they would be if the moves had been listed under other names.
  [[nodiscard]] static std::uint64_t renamed(std::uint64_t places, const std::vector<Move>& moves,
                                             const Renaming& names, const ExploredHost& host);
  /// And the other way round.
  [[nodiscard]] static std::uint64_t named_back(std::uint64_t places, const std::vector<Move>& moves,
                                                const Renaming& names, const ExploredHost& host);

 private:
  void on_named_store(Location at, std::uint64_t before, std::uint64_t after) override;

  std::vector<Renaming> renamings_;
  std::vector<Fingerprint> differences_;  ///< by renaming: from the World's own fingerprint
  std::vector<Fingerprint> kept_;         ///< so many each time
};

}  // namespace mmulab
