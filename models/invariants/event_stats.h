// SPDX-License-Identifier: MIT
// Statistics that follow from the event stream alone. Times are cycles of the simulated machine. They begin anew
// with the measured phase: what began before it (a call, a lock held, a wait, a stretch) is not counted when it
// ends. Left out: TLB fills and uses, which run-ahead makes in silence.
#pragma once

#include <array>
#include <vector>

#include "models/invariants/ledger.h"
#include "models/mm/locks.h"
#include "models/mm/port.h"
#include "sim/stats/stat_registry.h"

namespace mmulab {

[[nodiscard]] const char* flush_reason_name(FlushReason reason);
/// "munmap": the short name of a call, as statistics use it.
[[nodiscard]] const char* call_stat_name(Call call);

class EventStats : public EventObserver {
 public:
  explicit EventStats(StatRegistry& registry);
  void on_event(const Event& event) override;
  /// Adds "window": cycles from a pte's change to the death of its last copy, as the ledger sees it.
  void follow(Ledger& ledger, StatRegistry& registry);
  /// Since when they count: 0, or the beginning of the measured phase.
  [[nodiscard]] Cycle begun() const { return begun_; }

 private:
  static constexpr std::size_t calls = 15, reasons = 12;
  struct Open {
    bool open = false;
    Cycle since;
  };
  struct Entered {
    Call call{};
    Cycle since;
  };
  struct Held {
    std::uint64_t lock_class;
    Location at;
    Cycle since;
  };
  struct Task {
    std::vector<Entered> calls;
    std::vector<Held> locks;
    Open preempt_off;
    Open remote_wait;
  };
  struct Lock {
    Counter* acquired;
    Counter* contended;
    Histogram* wait;
    Histogram* held;
  };
  void make_lock_statistics();
  void begin_anew(Cycle now);
  Task& task(const Event& event);
  /// By cpu: whoever is switched in goes on with interrupts off until it enables them.
  Open& irqs_off(const Event& event);
  void begin(Open& open, const Event& event) { open = {true, event.cycle}; }
  void end(Open& open, const Event& event, Histogram& histogram) {
    if (open.open) histogram.add((event.cycle - open.since).raw());
    open.open = false;
  }
  void on_call(const Event& event);
  void return_from(Task& task, Call call, Cycle now);
  void on_lock(const Event& event);
  void count(const Event& event);

  StatRegistry& registry_;
  Cycle begun_;
  std::vector<Task> tasks_;
  std::vector<Open> cpus_irqs_off_;
  std::array<Histogram*, calls> call_latency_{};
  std::array<Counter*, reasons> flushes_{};
  std::array<Counter*, reasons> flushed_pages_{};
  std::array<Lock, lock_classes> locks_{};
  Histogram* preempt_off_;
  Histogram* irqs_off_;
  Histogram* remote_wait_;
  Histogram* remote_cpus_;
  Histogram* batch_;
  Counter* ipis_;
  Counter* tlbies_;
  Counter* xcalls_;
  Counter* drops_;
  Counter* frames_freed_;
  Counter* context_switches_;
  Gauge* batch_depth_;
};

}  // namespace mmulab
