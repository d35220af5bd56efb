// SPDX-License-Identifier: MIT
#include "sim/lab/wait_cycle.h"

#include <algorithm>

#include <fmt/ranges.h>

namespace mmulab::lab {
namespace {

struct Wait {
  TaskId task;
  std::string where;  ///< "cpu 0 runs zapper and waits in ptl.lock"
  std::string what;   ///< "table[3].0, held by loader"
  TaskId whom;        ///< none: nobody in particular
  Location first;     ///< of what it looks at
};

class Waits {
 public:
  Waits(const System& system, const ExploredHost& host, const Execution& execution)
      : system_(system), host_(host), execution_(execution) {}

  std::vector<std::string> story() {
    for (std::uint32_t c = 0; c < host_.cpus(); ++c) add_cpu(CpuId{c});
    for (std::uint32_t mm = 0; mm < system_.state->limits().mms; ++mm) add_sleepers(MmId{mm});
    for (Wait& wait : waits_) for_only_other(wait);
    std::vector<std::string> lines;
    if (const std::string cycle = cycle_text(); !cycle.empty()) lines.push_back(cycle);
    for (const Wait& w : waits_) lines.push_back(w.what.empty() ? w.where : w.where + " for " + w.what);
    return lines;
  }

 private:
  [[nodiscard]] const std::string& name(TaskId task) const { return system_.task_name(task); }
  template <class T>
  [[nodiscard]] T load(Cell<T> cell) const { return system_.world.load(cell); }

  void add_cpu(CpuId cpu) {
    const ExploredHost::CpuState state = host_.cpu_state(cpu);
    if (state.pending == nullptr || load(system_.state->cpu_idle_task(cpu)) == state.current->task()) return;
    Wait wait;
    wait.task = state.current->task();
    wait.where = fmt::format("cpu {} runs {} and waits in {}", cpu, name(wait.task), state.pending->label->name());
    for (const Touch& t : state.pending->footprint)
      for (std::uint32_t w = 0; w < t.words && !wait.whom.exists(); ++w)
        for_lock(wait, Location{t.first.raw() + w});
    if (state.pending->footprint.size() != 0) wait.first = state.pending->footprint.begin()->first;
    if (!wait.whom.exists()) for_answer(wait, cpu);
    waits_.push_back(wait);
  }

  void for_lock(Wait& wait, Location at) const {
    const TaskId holder = execution_.holder_of(at);
    if (!holder.exists() || holder == wait.task) return;
    wait.whom = holder;
    wait.what = fmt::format("{}, held by {}", system_.world.describe(at), name(holder));
  }

  /// An interrupt that is not let in cannot be answered.
  void for_answer(Wait& wait, CpuId waiter) const {
    const KernelState& state = *system_.state;
    for (std::uint32_t c = 0; c < host_.cpus(); ++c) {
      const TaskId current = load(state.cpu_current(CpuId{c}));
      if (CpuId{c} == waiter || load(state.cpu_pending(CpuId{c})) == 0 || load(state.task_irqs_off(current)) == 0)
        continue;
      wait.whom = current;
      wait.what = fmt::format("cpu {}, where {} lets no interrupt in", c, name(current));
      return;
    }
  }

  /// What is no lock has no holder; but if only one other task is left, nobody else can bring it about.
  void for_only_other(Wait& wait) const {
    if (wait.whom.exists() || waits_.size() != 2) return;
    wait.whom = waits_[&wait == &waits_.front() ? 1 : 0].task;
    wait.what = fmt::format("{}, which only {} could change", system_.world.describe(wait.first), name(wait.whom));
  }

  void add_sleepers(MmId mm) {
    const KernelState& state = *system_.state;
    TaskId sleeper = load(state.sem_head(mm));
    for (std::uint32_t n = 0; sleeper.exists() && n < system_.tasks(); ++n) {
      Wait wait;
      wait.task = sleeper;
      wait.where = fmt::format("{} sleeps and waits", name(sleeper));
      for_lock(wait, state.sem_readers(mm).at);
      wait.first = state.sem_readers(mm).at;
      if (wait.what.empty()) wait.what = system_.world.describe(wait.first);
      waits_.push_back(wait);
      sleeper = load(state.task_next(sleeper));
    }
  }

  [[nodiscard]] const Wait* of(TaskId task) const {
    const auto found = std::find_if(waits_.begin(), waits_.end(), [&](const Wait& w) { return w.task == task; });
    return found == waits_.end() ? nullptr : &*found;
  }

  [[nodiscard]] std::string cycle_text() const {
    for (const Wait& first : waits_) {
      std::vector<std::string> links;
      const Wait* at = &first;
      while (at != nullptr && at->whom.exists() && links.size() <= waits_.size()) {
        links.push_back(fmt::format("{} waits for {}", name(at->task), at->what));
        at = of(at->whom);
        if (at == &first) return fmt::format("wait cycle: {}", fmt::join(links, "; "));
      }
    }
    return "";
  }

  const System& system_;
  const ExploredHost& host_;
  const Execution& execution_;
  std::vector<Wait> waits_;
};

}  // namespace

std::vector<std::string> wait_story(const System& system, const ExploredHost& host, const Execution& execution) {
  return Waits(system, host, execution).story();
}

}  // namespace mmulab::lab
