// SPDX-License-Identifier: MIT
// The event stream as text, one event a line: what --log-from prints.
#pragma once

#include <iosfwd>

#include "sim/lab/system.h"

namespace mmulab::lab {

class EventLog : public EventObserver {
 public:
  EventLog(std::ostream& out, Cycle from, const System& system) : out_(out), from_(from), system_(system) {}
  void on_event(const Event& event) override;

 private:
  std::ostream& out_;
  Cycle from_;
  const System& system_;
};

}  // namespace mmulab::lab
