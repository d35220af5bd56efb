// SPDX-License-Identifier: MIT
#include "sim/explore/trace.h"

#include <algorithm>
#include <csignal>

namespace mmulab {
namespace {

/// What the model would do at this move; empty if it cannot do it now.
std::string label_of(Cursor& cursor, const std::vector<Move>& possible, const Move& move) {
  const bool listed = std::any_of(possible.begin(), possible.end(), [&](const Move& m) {
    return m.decision.kind == move.decision.kind && m.decision.agent == move.decision.agent &&
           m.decision.value == move.decision.value;
  });
  if (!listed) return "";
  const MoveInfo info = cursor.info(move);
  return info.label == nullptr ? "interrupt" : std::string(info.label->name());
}

/// The choices inside the step are still there, and were picked as recorded.
bool picked_as_told(const ExploredHost& host, const Move& move) {
  if (host.asked().size() < move.picks) return false;
  for (std::size_t i = 0; i < move.picks; ++i)
    if (host.asked()[i].picked != move.pick[i]) return false;
  return true;
}

void find_race(Trace& trace) {
  const auto& steps = trace.steps;
  if (steps.empty()) return;
  const AgentId agent = steps.back().move.decision.agent;
  for (std::size_t second = steps.size(); second-- > 0;) {
    if (steps[second].move.decision.agent != agent || steps[second].label == nullptr) continue;
    for (std::size_t first = second; first-- > 0;) {
      if (steps[first].move.decision.agent == agent || steps[first].label == nullptr) continue;
      if (!dependent(steps[first].footprint, steps[second].footprint)) continue;
      trace.race_first = first;
      trace.race_second = second;
      return;
    }
  }
}

}  // namespace

Tracer::Tracer(Explorable& system) : system_(system) {
  system_.events().subscribe(*this);
  for (Context* context : system_.contexts()) context->set_observer(this);
  system_.host().observe_devices(this);
}

void Tracer::on_store(const Label&, Location at, std::uint64_t old_value, std::uint64_t new_value) {
  if (current_ != nullptr && old_value != new_value) current_->stores.push_back({at, old_value, new_value});
}

void Tracer::on_event(const Event& event) {
  if (current_ != nullptr) current_->events.push_back(event);
}

TraceResult Tracer::perform(Cursor& cursor, const std::vector<Move>& moves, const std::vector<std::string>& labels,
                            std::uint64_t break_at) {
  TraceResult result;
  std::vector<Move> possible;
  for (std::size_t i = 0; i < moves.size(); ++i) {
    cursor.list(possible);
    result.found = label_of(cursor, possible, moves[i]);
    if (result.found.empty() || (i < labels.size() && labels[i] != result.found)) {
      result.stale = true;
      result.stale_at = i;
      return result;
    }
    if (i + 1 == break_at) std::raise(SIGTRAP);
    const MoveInfo info = cursor.info(moves[i]);
    TracedStep step;
    step.move = moves[i];
    step.label = info.label;
    step.footprint = info.footprint;
    if (!system_.host().is_device(info.agent)) {
      step.cpu = CpuId{info.agent.raw()};
      step.task = system_.host().cpu_state(step.cpu).current->task();
    }
    current_ = &step;
    cursor.push(moves[i]);
    current_ = nullptr;
    if (!picked_as_told(system_.host(), moves[i])) {
      result.stale = true;
      result.stale_at = i;
      result.found += ", with fewer choices";
      return result;
    }
    if (witness_) witness_(step);
    result.trace.steps.push_back(std::move(step));
  }
  // A deadlock shows when nothing can follow.
  cursor.list(possible);
  result.trace.violations = cursor.violations();
  find_race(result.trace);
  return result;
}

}  // namespace mmulab
