// SPDX-License-Identifier: MIT
// Which parts of the observers' picture of the system an event looks at and which it changes, as two sets of at most 64
// parts that the observers define. Two events that neither of them changes what the other one looks at may be reported
// in either order. Source: the footprints of steps, applied to those who watch them.
#pragma once

#include <cstdint>

namespace mmulab {

struct Concern {
  std::uint64_t looks = 0;
  std::uint64_t changes = 0;
  /// The part of `changes` that only makes others' judgement milder, so that it is no loss to let them judge before.
  std::uint64_t eases = 0;
  /// What remains without the events that only make others' judgement harsher, and that judge nothing which the others
  /// would not then judge themselves: such events are best reported at once.
  std::uint64_t firm_looks = 0;
  std::uint64_t firm_changes = 0;

  Concern() = default;
  Concern(std::uint64_t looked, std::uint64_t changed, std::uint64_t eased)
      : looks(looked), changes(changed), eases(eased), firm_looks(looked), firm_changes(changed) {}
  static Concern hardening(std::uint64_t looked, std::uint64_t changed) {
    Concern concern(looked, changed, 0);
    concern.firm_looks = concern.firm_changes = 0;
    return concern;
  }
  /// After an idle cpu's step no task may be left, although more could happen.
  static constexpr std::uint64_t end_of_all = std::uint64_t{1} << 61;

  [[nodiscard]] bool meets(const Concern& other) const {
    return (changes & (other.looks | other.changes)) != 0 || (looks & other.changes) != 0;
  }
  [[nodiscard]] bool any() const { return (looks | changes) != 0; }
  /// What stands in the way of others' events that might come before it.
  [[nodiscard]] Concern without_ease() const { return {looks, changes & ~eases, 0}; }
  /// What stands in the way of reporting it before others' events.
  [[nodiscard]] Concern firm() const { return {firm_looks, firm_changes, eases}; }
  [[nodiscard]] bool hardens() const { return firm_looks != looks || firm_changes != changes; }
  /// It changes nothing but what makes others' judgement milder.
  [[nodiscard]] bool only_eases() const { return (changes & ~eases) == 0; }
  /// False if there was nothing new.
  bool add(const Concern& other) {
    const bool more = ((other.looks & ~looks) | (other.changes & ~changes)) != 0;
    looks |= other.looks;
    // What one event makes milder another one may not.
    eases = (eases & ~(other.changes & ~other.eases)) | (other.eases & ~(changes & ~eases));
    changes |= other.changes;
    firm_looks |= other.firm_looks;
    firm_changes |= other.firm_changes;
    return more;
  }
};

}  // namespace mmulab
