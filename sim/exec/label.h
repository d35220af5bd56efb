// SPDX-License-Identifier: MIT
// A Label names one kind of step ("zap.clear_pte"): what a counterexample, a trace and a coverage table call it, and
// which named cost it carries. Labels are file-scope constants beside the code that uses them; their numbers depend
// on link order and therefore never reach any output.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mmulab {

/// Where a step stands between user and kernel mode: run-ahead rests on it (sim/timed/sequencer.h).
enum class Phase : std::uint8_t {
  user,    ///< part of a user access: translation, walk, the access itself
  entry,   ///< first step after leaving user mode; costs at least the least trap latency
  kernel,  ///< anything else; nobody runs ahead past a kernel step
};

class Label {
 public:
  /// `cost` names a constant of the configuration, e.g. "pte_update" for kernel.cost.pte_update.
  Label(const char* name, const char* cost, Phase phase = Phase::kernel, const char* file = __builtin_FILE(),
        unsigned line = __builtin_LINE());
  Label(const Label&) = delete;
  Label& operator=(const Label&) = delete;

  [[nodiscard]] std::string_view name() const { return name_; }
  [[nodiscard]] std::string_view cost() const { return cost_; }
  [[nodiscard]] Phase phase() const { return phase_; }
  /// Where it is defined, beside the code that uses it: "models/mm/zap.cpp:13".
  [[nodiscard]] std::string source() const;
  [[nodiscard]] std::uint32_t number() const { return number_; }

  /// Every label linked into this process, in no particular order; index = number().
  static const std::vector<const Label*>& all();

 private:
  std::string_view name_;
  std::string_view cost_;
  Phase phase_;
  std::string_view file_;
  unsigned line_;
  std::uint32_t number_;
};

}  // namespace mmulab
