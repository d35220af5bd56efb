// SPDX-License-Identifier: MIT
// The ordered event stream. Events come from ordered steps only (run-ahead emits none), so they are handed on at once
// and every observer sees the same (cycle, agent) order in every mode.
#pragma once

#include <vector>

#include "sim/events/event.h"
#include "sim/exec/context.h"

namespace mmulab {

class EventObserver {
 public:
  virtual ~EventObserver() = default;
  virtual void on_event(const Event& event) = 0;
};

class EventStream {
 public:
  void subscribe(EventObserver& observer) { observers_.push_back(&observer); }
  [[nodiscard]] bool watched() const { return !observers_.empty(); }
  void publish(const Event& event) {
    for (EventObserver* observer : observers_) observer->on_event(event);
  }

 private:
  std::vector<EventObserver*> observers_;
};

/// Publishes `event` as part of the step that `access` belongs to, with its cycle, cpu, agent and task filled in.
inline void emit(const Access& access, Event event) {
  Context& context = access.context();
  if (context.events() == nullptr) return;
  event.cycle = context.now();
  event.cpu = context.cpu();
  event.agent = AgentId{context.cpu().raw()};
  event.task = context.task();
  context.events()->publish(event);
}

}  // namespace mmulab
