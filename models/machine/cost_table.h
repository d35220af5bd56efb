// SPDX-License-Identifier: MIT
// The named costs of a configuration (kernel.cost.*, machine.cost.*), bound to the labels that carry them.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sim/exec/label.h"
#include "sim/units/units.h"

namespace mmulab {

class CostTable {
 public:
  /// Names a cost; a later call with the same name replaces the value. Zero is raised to one cycle for steps.
  void set(const std::string& name, Cycles cost);
  [[nodiscard]] bool has(std::string_view name) const { return costs_.count(std::string(name)) != 0; }
  /// The value of a named cost; an unknown name is our error.
  [[nodiscard]] Cycles named(std::string_view name) const;
  /// Looks every label's cost up once; call after the last set().
  void bind();
  [[nodiscard]] Cycles of(const Label& label) const {
    const Cycles cost = label.number() < bound_.size() ? bound_[label.number()] : Cycles{};
    if (cost == Cycles{}) unbound(label);
    return cost;
  }
  /// The least cost of any bound label of a phase.
  [[nodiscard]] Cycles least(Phase phase) const;

 private:
  [[noreturn]] static void unbound(const Label& label);
  std::unordered_map<std::string, Cycles> costs_;
  std::vector<Cycles> bound_;
};

}  // namespace mmulab
