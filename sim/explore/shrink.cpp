// SPDX-License-Identifier: MIT
#include "sim/explore/shrink.h"

#include <algorithm>

namespace mmulab {
namespace {

using Moves = std::vector<Move>;

bool same_agent(const Move& a, const Move& b) { return a.decision.agent == b.decision.agent; }

std::size_t stretches(const Moves& moves) {
  std::size_t n = 0;
  for (std::size_t i = 0; i < moves.size(); ++i) n += i == 0 || !same_agent(moves[i - 1], moves[i]) ? 1U : 0U;
  return n;
}

class Shrinker {
 public:
  Shrinker(Cursor& cursor, const Counterexample& from, std::uint64_t replays_max)
      : cursor_(cursor), best_(from), replays_left_(replays_max) {}

  Counterexample shrunk() {
    while (drop_stretch() || join_stretches() || drop_step()) {
    }
    return best_;
  }

  Counterexample reordered() {
    while (join_stretches()) {
    }
    return best_;
  }

 private:
  /// Performs what of `moves` is possible, in order; keeps the outcome if it shows the violation and is smaller.
  bool keeps(const Moves& moves) {
    if (replays_left_ == 0) return false;
    --replays_left_;
    cursor_.pop_to(0);
    std::vector<Move> possible;
    for (const Move& move : moves) {
      cursor_.list(possible);
      const auto found = std::find_if(possible.begin(), possible.end(), [&](const Move& m) {
        return m.decision.kind == move.decision.kind && m.decision.agent == move.decision.agent &&
               m.decision.value == move.decision.value;
      });
      if (found == possible.end()) continue;
      cursor_.push(fits(move) ? move : *found);
      if (shows()) return is_smaller();
    }
    return false;
  }

  /// Choices may have become fewer.
  [[nodiscard]] static bool fits(const Move& move) {
    return move.picks == 0 || move.decision.kind == Decision::Kind::step;
  }

  [[nodiscard]] bool shows() const {
    return std::any_of(cursor_.violations().begin(), cursor_.violations().end(), [&](const Violation& v) {
      return v.invariant == best_.violation.invariant && v.class_id == best_.violation.class_id;
    });
  }

  bool is_smaller() {
    const Moves& now = cursor_.path();
    const std::size_t a = stretches(now), b = stretches(best_.path);
    if (a > b || (a == b && now.size() >= best_.path.size())) return false;
    best_.path = now;
    for (const Violation& v : cursor_.violations())
      if (v.invariant == best_.violation.invariant && v.class_id == best_.violation.class_id) best_.violation = v;
    return true;
  }

  [[nodiscard]] std::size_t end_of_stretch(std::size_t begin) const {
    std::size_t end = begin + 1;
    while (end < best_.path.size() && same_agent(best_.path[begin], best_.path[end])) ++end;
    return end;
  }

  bool drop_stretch() {
    for (std::size_t begin = 0; begin < best_.path.size();) {
      const std::size_t end = end_of_stretch(begin);
      Moves moves(best_.path.begin(), best_.path.begin() + static_cast<std::ptrdiff_t>(begin));
      moves.insert(moves.end(), best_.path.begin() + static_cast<std::ptrdiff_t>(end), best_.path.end());
      if (keeps(moves)) return true;
      begin = end;
    }
    return false;
  }

  /// Moves a stretch to the next one of its agent, and the next one to it.
  bool join_stretches() {
    for (std::size_t begin = 0; begin < best_.path.size(); begin = end_of_stretch(begin)) {
      const std::size_t end = end_of_stretch(begin);
      std::size_t next = end;
      while (next < best_.path.size() && !same_agent(best_.path[begin], best_.path[next])) ++next;
      if (next == best_.path.size()) continue;
      const std::size_t next_end = end_of_stretch(next);
      Moves later = best_.path;
      std::rotate(later.begin() + static_cast<std::ptrdiff_t>(begin), later.begin() + static_cast<std::ptrdiff_t>(end),
                  later.begin() + static_cast<std::ptrdiff_t>(next));
      if (keeps(later)) return true;
      Moves earlier = best_.path;
      std::rotate(earlier.begin() + static_cast<std::ptrdiff_t>(end),
                  earlier.begin() + static_cast<std::ptrdiff_t>(next),
                  earlier.begin() + static_cast<std::ptrdiff_t>(next_end));
      if (keeps(earlier)) return true;
    }
    return false;
  }

  bool drop_step() {
    for (std::size_t i = best_.path.size(); i-- > 0;) {
      Moves moves = best_.path;
      moves.erase(moves.begin() + static_cast<std::ptrdiff_t>(i));
      if (keeps(moves)) return true;
    }
    return false;
  }

  Cursor& cursor_;
  Counterexample best_;
  std::uint64_t replays_left_;
};

}  // namespace

Counterexample shrink(Cursor& cursor, const Counterexample& from, std::uint64_t replays_max) {
  return Shrinker(cursor, from, replays_max).shrunk();
}

Counterexample reorder(Cursor& cursor, const Counterexample& from, std::uint64_t replays_max) {
  return Shrinker(cursor, from, replays_max).reordered();
}

}  // namespace mmulab
