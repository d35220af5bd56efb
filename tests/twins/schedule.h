// SPDX-License-Identifier: MIT
// A configuration in the explored host, driven by hand: for a race that takes too many switches at the right steps for
// a random walk. Cpus are named by their number, places by the label of the step that a cpu would take next.
#pragma once

#include "tests/twins/random_walk.h"

namespace mmulab::test {

class Schedule : private RandomWalk {
 public:
  explicit Schedule(const config::Values& values) : RandomWalk(values), host_(system_->make_explored()) {
    host_.start();
  }

  [[nodiscard]] std::string_view at(std::uint32_t cpu) const {
    const Op* op = host_.pending(AgentId{cpu});
    return op == nullptr ? std::string_view{} : op->label->name();
  }
  /// One step, or the interrupt that is due before it; false if there is none to be had.
  bool step(std::uint32_t cpu) {
    host_.list_decisions(decisions_);
    const Decision* best = nullptr;
    for (const Decision& d : decisions_)
      if (d.agent.raw() == cpu && (best == nullptr || d.kind == Decision::Kind::interrupt)) best = &d;
    if (best == nullptr) return false;
    host_.perform(*best);
    return true;
  }
  /// Lets the cpu run to that place. When it waits, the wire delivers, and `helpers` answer interrupts and do nothing
  /// else. False if it waits for more than that.
  bool run(std::uint32_t cpu, std::string_view place, const std::vector<std::uint32_t>& helpers = {}) {
    while (at(cpu) != place) {
      if (step(cpu)) continue;
      deliver();
      for (const std::uint32_t helper : helpers) answer(helper);
      if (!step(cpu)) return false;
    }
    return true;
  }
  /// Everybody as far as he comes, without order.
  WalkResult finish() {
    do {
      host_.list_decisions(decisions_);
      if (!decisions_.empty()) host_.perform(decisions_.front());
    } while (!decisions_.empty() && !system_->finished());
    return result_of(system_->finished());
  }

 private:
  void deliver() {
    for (bool any = true; any;) {
      host_.list_decisions(decisions_);
      any = false;
      for (const Decision& d : decisions_)
        if (d.kind == Decision::Kind::device) {
          host_.perform(d);
          any = true;
          break;
        }
    }
  }
  void answer(std::uint32_t cpu) {
    if (!host_.interruptible(AgentId{cpu})) return;
    const std::string place{at(cpu)};
    step(cpu);
    while (at(cpu) != place && step(cpu)) {
    }
  }

  ExploredHost& host_;
};

}  // namespace mmulab::test
