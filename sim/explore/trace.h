// SPDX-License-Identifier: MIT
// A schedule performed once more, with everything written down: what a counterexample is drawn from.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sim/explore/cursor.h"

namespace mmulab {

struct TracedStore {
  Location at;
  std::uint64_t old_value = 0;
  std::uint64_t new_value = 0;
};

struct TracedStep {
  Move move;
  const Label* label = nullptr;  ///< null: an interrupt is taken
  Footprint footprint;
  CpuId cpu;                     ///< none: a device
  TaskId task;
  std::vector<TracedStore> stores;
  std::vector<Event> events;
};

struct Trace {
  std::vector<TracedStep> steps;
  std::vector<Violation> violations;  ///< that the last step brought about
  /// The two steps whose order made the difference, as far as footprints tell: the last step of another agent that
  /// touches what the violating agent touches afterwards. Indices; equal if there is none.
  std::size_t race_first = 0;
  std::size_t race_second = 0;
};

/// Performs the moves from the start on a cursor that does not reduce. Where the schedule does not fit the model any
/// more, `stale_at` is the index of the first step that differs and `found` the label that the model has there.
struct TraceResult {
  Trace trace;
  bool stale = false;
  std::size_t stale_at = 0;
  std::string found;
};

class Tracer : public StepObserver, public EventObserver {
 public:
  /// Before the system's cursor is made.
  explicit Tracer(Explorable& system);
  /// `labels`: what each step is to be, empty to take any. Before step `break_at` (from 1) the process stops for a
  /// debugger (SIGTRAP); 0: never.
  TraceResult perform(Cursor& cursor, const std::vector<Move>& moves, const std::vector<std::string>& labels,
                      std::uint64_t break_at);

  /// Called after each step, while the system stands where that has led.
  void set_witness(std::function<void(const TracedStep&)> witness) { witness_ = std::move(witness); }

  void on_step(AgentId, const Label&) override {}
  void on_store(const Label& label, Location at, std::uint64_t old_value, std::uint64_t new_value) override;
  void on_event(const Event& event) override;

 private:
  Explorable& system_;
  std::function<void(const TracedStep&)> witness_;
  TracedStep* current_ = nullptr;
};

}  // namespace mmulab
