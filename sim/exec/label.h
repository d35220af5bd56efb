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

/// What a step is to a memory that delays stores (sim/exec/store_buffers.h); nothing where memory is sequentially
/// consistent. Loads never wait, and see what their own cpu has stored.
enum class Ordering : std::uint8_t {
  plain,    ///< loads, and stores that may become visible later
  release,  ///< the same, but no earlier store becomes visible after its own: an unlock, smp_store_release
  atomic,   ///< changes memory itself, as a bus-locked instruction: x86's drain the store buffer, others pass it
  full,     ///< not before every earlier store is visible: value-returning atomics, smp_mb, serialising instructions
  fence,    ///< later stores are not visible before earlier ones: smp_wmb
};

/// Where a step stands between user and kernel mode: run-ahead rests on it (sim/timed/sequencer.h).
enum class Phase : std::uint8_t {
  user,    ///< part of a user access: translation, walk, the access itself
  entry,   ///< first step after leaving user mode; costs at least the least trap latency
  kernel,  ///< anything else; nobody runs ahead past a kernel step
};

class Label {
 public:
  /// `cost` names a constant of the configuration, e.g. "pte_update" for kernel.cost.pte_update.
  Label(const char* name, const char* cost, Phase phase = Phase::kernel, Ordering ordering = Ordering::plain,
        const char* file = __builtin_FILE(), unsigned line = __builtin_LINE());
  Label(const char* name, const char* cost, Ordering ordering, const char* file = __builtin_FILE(),
        unsigned line = __builtin_LINE())
      : Label(name, cost, Phase::kernel, ordering, file, line) {}
  Label(const Label&) = delete;
  Label& operator=(const Label&) = delete;

  [[nodiscard]] std::string_view name() const { return name_; }
  [[nodiscard]] std::string_view cost() const { return cost_; }
  [[nodiscard]] Phase phase() const { return phase_; }
  [[nodiscard]] Ordering ordering() const { return ordering_; }
  /// Where it is defined, beside the code that uses it: "models/mm/zap.cpp:13".
  [[nodiscard]] std::string source() const;
  [[nodiscard]] std::uint32_t number() const { return number_; }

  /// Every label linked into this process, in no particular order; index = number().
  static const std::vector<const Label*>& all();

 private:
  std::string_view name_;
  std::string_view cost_;
  Phase phase_;
  Ordering ordering_;
  std::string_view file_;
  unsigned line_;
  std::uint32_t number_;
};

}  // namespace mmulab
