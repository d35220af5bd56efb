// SPDX-License-Identifier: MIT
#include "tests/twins/random_walk.h"

#include <algorithm>
#include <string_view>

#include "models/machine/config.h"
#include "sim/lab/subject.h"
#include "workloads/random.h"

namespace mmulab::test {

RandomWalk::RandomWalk(const config::Values& values) {
  const workload::PlanEnvironment environment{table_geometry(values), topology(values).cpus(),
                                                values.integer("sim.seed")};
  plan_ = workload::make_plan(values, environment);
  system_ = std::make_unique<lab::System>(lab::system_parts(values, plan_.limits));
  lab::populate(*system_, plan_);
  auto ledger = std::make_unique<Ledger>(lab::ledger_config(values, *system_), system_->events);
  const Ledger& reference = *ledger;
  checker_.add_model(std::move(ledger));
  for (auto& invariant : make_invariants(reference)) checker_.add(std::move(invariant), Selection::by_default);
  system_->events.subscribe(checker_);
}

/// The present agent if it can go on, as a rule; otherwise any of them.
const Decision* RandomWalk::pick(std::uint64_t seed, std::uint64_t step) {
  if (decisions_.empty()) return nullptr;
  const std::uint64_t random = workload::draw(seed, step);
  const std::uint64_t patience = std::uint64_t{8} << seed % 4;
  const bool stays = random % patience != 0;
  const auto same = std::find_if(decisions_.begin(), decisions_.end(),
                                 [&](const Decision& d) { return d.agent == last_; });
  if (stays && same != decisions_.end()) return &*same;
  return &decisions_[workload::below(random, decisions_.size())];
}

/// The step of the cpu whose turn it is; null if it cannot take one. `over`: that is the turn's last one.
const Decision* RandomWalk::pick_for(const Turn& turn, const ExploredHost& host, bool& over) {
  const auto own = std::find_if(decisions_.begin(), decisions_.end(), [&](const Decision& d) {
    return d.agent == AgentId{turn.cpu} && d.kind == Decision::Kind::step;
  });
  if (own == decisions_.end()) return nullptr;
  over = std::string_view(host.pending(own->agent)->label->name()) == turn.until;
  return &*own;
}

WalkResult RandomWalk::run(std::uint64_t seed, std::uint64_t steps_max, const std::vector<Turn>& beginning) {
  ExploredHost& host = system_->make_explored();
  host.start();
  auto turn = beginning.begin();
  for (std::uint64_t step = 0; step < steps_max && !system_->finished(); ++step) {
    host.list_decisions(decisions_);
    bool over = false;
    const Decision* next = turn != beginning.end() ? pick_for(*turn, host, over) : nullptr;
    if (over) ++turn;
    if (next == nullptr) next = pick(seed, step);
    if (next == nullptr) break;
    last_ = next->agent;
    // Whatever a step asks has at least two answers.
    const std::uint64_t drawn = workload::draw(~seed, step);
    host.perform(*next, {static_cast<std::uint32_t>(drawn & 1), static_cast<std::uint32_t>(drawn >> 1 & 1)});
  }
  return result_of(system_->finished());
}

WalkResult RandomWalk::result_of(bool finished) {
  WalkResult result;
  result.finished = finished;
  if (result.finished) {
    Event quiet{EventKind::quiescent};
    quiet.b = system_->borrowed_roots();
    system_->events.publish(quiet);
  }
  for (const auto& [pair, times] : checker_.occurrences()) result.violated.insert(pair);
  for (const InvariantResult& r : checker_.results()) result.exercised[r.name] = r.exercised;
  return result;
}

}  // namespace mmulab::test
