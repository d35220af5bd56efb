// SPDX-License-Identifier: MIT
// Golden cycle counts, end to end: a scenario in TOML is assembled as `mmulab run` would, every step of the timed run is
// stamped with its cycle, and a stretch of it is compared with a formula over the named constants. Each formula is
// derived by hand in its test's comment and holds for several sets of constants: as shipped, and with every constant
// of the configuration replaced by a number of its own, rising and falling, so that no two costs can be mixed up.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sim/config/load.h"
#include "sim/exec/host.h"

namespace mmulab::cycle {

/// The constants of one run, by the last words of their path: c("spin_lock"), c("line.same_socket"), c("x86.cost.invlpg").
class Costs {
 public:
  explicit Costs(const config::Values& values) : values_(values) {}
  [[nodiscard]] std::uint64_t operator()(const std::string& name) const;

 private:
  const config::Values& values_;
};

/// Every step of a run, with the cycle at which it was complete.
class Timeline {
 public:
  struct Stamp {
    std::string label;
    std::uint32_t agent;
    std::uint64_t at;
  };
  void add(Stamp stamp) { stamps_.push_back(std::move(stamp)); }

  /// When `cpu` completed the n-th step of that label; n counts from 1, or from the last one backwards with -1.
  [[nodiscard]] std::uint64_t at(std::uint32_t cpu, const std::string& label, int n = 1) const;
  /// How long that step took: from the completion of the same cpu's step before it.
  [[nodiscard]] std::uint64_t length(std::uint32_t cpu, const std::string& label, int n = 1) const;
  /// From the completion of `from` to that of the first `to` of the same cpu behind it.
  [[nodiscard]] std::uint64_t span(std::uint32_t cpu, const std::string& from, const std::string& to, int n = 1) const;
  /// From entry to return of the n-th system call of the cpu; by default of the one before the exit.
  [[nodiscard]] std::uint64_t call(std::uint32_t cpu, int n = -2) const {
    return span(cpu, "syscall.enter", "syscall.return_to_user", n);
  }
  [[nodiscard]] std::uint64_t fault(std::uint32_t cpu, int n = -1) const {
    return span(cpu, "fault.enter", "fault.return_to_user", n);
  }
  /// One line a step of [from, to], for a test that fails.
  [[nodiscard]] std::string told() const;

 private:
  [[nodiscard]] std::size_t find(std::uint32_t cpu, const std::string& label, int n) const;
  std::vector<Stamp> stamps_;
};

using Probe = std::function<std::uint64_t(const Timeline&)>;
using Formula = std::function<std::uint64_t(const Costs&)>;

/// Runs `scenario` under each set of constants and checks that the probe finds what the formula says.
void check(const std::string& scenario, const Probe& probe, const Formula& formula);

}  // namespace mmulab::cycle
