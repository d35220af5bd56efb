// SPDX-License-Identifier: MIT
// States that differ only by who of several alike is which are one state: of all the names that cpus and tasks could
// have had, a state is looked at under those that come first in an order of its own. Sound where the system cannot tell
// its cpus apart: programs are compared (Explorable::renamings), ports and strategies say whether they treat cpus
// alike, the first state must be the same under all names, and now and then a whole schedule is performed under other
// names (Cursor::check_names). Source: Ip, Dill, FMSD 9 (1996); with reductions of orders, Emerson, Jha, Peled (TACAS
// 1997). Cost: a look at the words that belong to somebody, for each way to exchange names, in each state.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/explore/move.h"
#include "sim/state/renaming.h"

namespace mmulab {

class Symmetry {
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

  [[nodiscard]] static Decision renamed(const Decision& decision, const Renaming& names, const ExploredHost& host);
  /// Places in a list of moves, as bits: as they would be if the moves had been listed under other names.
  [[nodiscard]] static std::uint64_t renamed(std::uint64_t places, const std::vector<Move>& moves,
                                             const Renaming& names, const ExploredHost& host);
  /// And the other way round.
  [[nodiscard]] static std::uint64_t named_back(std::uint64_t places, const std::vector<Move>& moves,
                                                const Renaming& names, const ExploredHost& host);

 private:
  std::vector<Renaming> renamings_;
};

}  // namespace mmulab
