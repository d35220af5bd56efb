// SPDX-License-Identifier: MIT
// Searches that prove nothing: one schedule after another, drawn at random. `random` picks any agent that can go on at
// each step; `urw` picks in proportion to the steps that an agent has left, as the schedule before told (uniform random
// walk); `pct` gives agents random priorities and lowers that of the running one at a few random steps, each of them
// used once (Burckhardt et al., ASPLOS 2010): a bug of depth d is found with a chance of at least 1 / (n k^(d-1)).
// Choices inside a step are drawn evenly. Under a bound on switches, a move that would exceed it is none.
#include <algorithm>

#include "sim/explore/search.h"

namespace mmulab {
namespace {

/// Counter-based, so that a schedule is a function of the seed and its number.
class Draws {
 public:
  Draws(std::uint64_t seed, std::uint64_t schedule) : key_(mix(seed * 0x9e3779b97f4a7c15ULL + schedule)) {}
  std::uint64_t below(std::uint64_t n) { return mix(key_ + 0x632be59bd9b4e019ULL * ++count_) % n; }

 private:
  std::uint64_t key_;
  std::uint64_t count_ = 0;
};

class RandomSearch : public Search {
 public:
  RandomSearch(Cursor& cursor, const SearchLimits& limits, SearchGoal goal, Coverage& coverage, RandomKind kind,
               std::uint64_t seed, std::uint32_t pct_depth)
      : Search(cursor, limits, std::move(goal), coverage), kind_(kind), seed_(seed), pct_depth_(pct_depth) {}

  SearchResult run() override {
    result_.end = SearchEnd::schedules;
    while (result_.schedules < limits_.schedules_max && !out_of_budget(0, 0)) {
      if (!run_schedule()) break;
      ++result_.schedules;
      end_path();
      cursor_.pop_to(0);
    }
    return finish(name_of(kind_));
  }

 private:
  /// A storm of retries or of ticks ends nowhere: what is much longer than any schedule that has come to its end is
  /// given up.
  [[nodiscard]] std::uint64_t steps_max() const {
    constexpr std::uint64_t always = 20'000;
    return longest_ == 0 ? always : std::min(always, 1000 + 16 * longest_);
  }

  /// False: the search is over.
  bool run_schedule() {
    Draws draws(seed_, result_.schedules);
    begin_schedule(draws);
    const std::uint64_t most = steps_max();
    std::uint64_t step = 0;
    for (; step < most && !cursor_.at_end(); ++step) {
      cursor_.list(moves_);
      if (moves_.empty()) return note_violations() != After::stop;
      keep_within_bound();
      const After after = go(moves_[pick(draws, step)], draws);
      if (after == After::stop) return false;
      if (after == After::violated) break;
    }
    if (step < most) longest_ = std::max(longest_, step);
    return true;
  }

  /// Whoever went on last can still do so, or another one may for nothing: something is always left.
  void keep_within_bound() {
    if (limits_.switches_max == SearchLimits::none) return;
    possible_ = moves_;
    const auto is_beyond = [&](const Move& m) { return switches_.with(m, possible_) > limits_.switches_max; };
    moves_.erase(std::remove_if(moves_.begin(), moves_.end(), is_beyond), moves_.end());
    result_.bound_cut += possible_.size() - moves_.size();
  }

  void begin_schedule(Draws& draws) {
    switches_ = SwitchCount{};
    last_ = AgentId::none();
    left_ = made_;
    made_.clear();
    priorities_.clear();
    changes_.clear();
    for (std::uint32_t i = 0; i + 1 < pct_depth_; ++i)
      changes_.push_back(draws.below(std::max<std::uint64_t>(longest_, 64)));
    std::sort(changes_.begin(), changes_.end());
  }

  After go(const Move& move, Draws& draws) {
    ++counter_of(made_, move.decision.agent);
    last_ = move.decision.agent;
    if (limits_.switches_max != SearchLimits::none) switches_.add(move, possible_);
    After after = advance(move);
    if (after != After::go_on) return after;
    // The first pick of each choice was taken; any other one is as good.
    while (const auto other = cursor_.next_choice()) {
      if (draws.below(2) == 0) break;
      cursor_.pop();
      after = advance(*other);
      if (after != After::go_on) return after;
    }
    return after;
  }

  std::size_t pick(Draws& draws, std::uint64_t step) {
    if (kind_ == RandomKind::random) return draws.below(moves_.size());
    if (kind_ == RandomKind::urw) return pick_by_steps_left(draws);
    if (!changes_.empty() && changes_.front() <= step && last_.exists()) {
      priority_of(last_, draws) = changes_.size();
      changes_.erase(changes_.begin());
    }
    std::size_t best = 0;
    for (std::size_t i = 1; i < moves_.size(); ++i)
      if (priority_of(moves_[i].decision.agent, draws) > priority_of(moves_[best].decision.agent, draws)) best = i;
    return best;
  }

  std::size_t pick_by_steps_left(Draws& draws) {
    std::uint64_t sum = 0;
    for (const Move& m : moves_) sum += weight_of(m);
    std::uint64_t at = draws.below(sum);
    for (std::size_t i = 0; i < moves_.size(); ++i) {
      if (at < weight_of(moves_[i])) return i;
      at -= weight_of(moves_[i]);
    }
    return 0;
  }

  std::uint64_t weight_of(const Move& move) {
    const std::uint64_t before = counter_of(left_, move.decision.agent);
    const std::uint64_t made = counter_of(made_, move.decision.agent);
    return before > made ? before - made : 1;
  }

  std::uint64_t& priority_of(AgentId agent, Draws& draws) {
    std::uint64_t& priority = counter_of(priorities_, agent);
    if (priority == 0) priority = pct_depth_ + 1 + draws.below(std::uint64_t{1} << 32);
    return priority;
  }

  static std::uint64_t& counter_of(std::vector<std::uint64_t>& counters, AgentId agent) {
    if (counters.size() <= agent.raw()) counters.resize(agent.raw() + 1, 0);
    return counters[agent.raw()];
  }

  const RandomKind kind_;
  const std::uint64_t seed_;
  const std::uint32_t pct_depth_;
  std::vector<Move> moves_;
  std::vector<Move> possible_;  ///< whatever the bound says; only if there is one
  SwitchCount switches_;
  std::vector<std::uint64_t> made_, left_, priorities_, changes_;
  AgentId last_ = AgentId::none();
  std::uint64_t longest_ = 0;  ///< of those that have come to their end
};

}  // namespace

const char* name_of(RandomKind kind) {
  switch (kind) {
    case RandomKind::random: return "random";
    case RandomKind::urw: return "urw";
    case RandomKind::pct: return "pct";
  }
  return "?";
}

SearchResult search_at_random(Cursor& cursor, const SearchLimits& limits, const SearchGoal& goal, Coverage& coverage,
                              RandomKind kind, std::uint64_t seed, std::uint32_t pct_depth) {
  return RandomSearch(cursor, limits, goal, coverage, kind, seed, pct_depth).run();
}

}  // namespace mmulab
