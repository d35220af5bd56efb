// SPDX-License-Identifier: MIT
#include "models/machine/cost_table.h"

#include <algorithm>

#include <fmt/format.h>

#include "sim/units/assert.h"

namespace mmulab {

void CostTable::set(const std::string& name, Cycles cost) { costs_[name] = cost; }

Cycles CostTable::named(std::string_view name) const {
  const auto found = costs_.find(std::string(name));
  MMULAB_ASSERT(found != costs_.end(), fmt::format("no cost is named {}", name).c_str());
  return found->second;
}

void CostTable::bind() {
  bound_.assign(Label::all().size(), Cycles{});
  for (const Label* label : Label::all()) {
    const auto found = costs_.find(std::string(label->cost()));
    if (found != costs_.end()) bound_[label->number()] = std::max(found->second, Cycles{1});
  }
}

Cycles CostTable::least(Phase phase) const {
  Cycles least{~std::uint64_t{0}};
  for (const Label* label : Label::all())
    if (label->phase() == phase && bound_[label->number()] != Cycles{})
      least = std::min(least, bound_[label->number()]);
  return least;
}

void CostTable::unbound(const Label& label) {
  assertion_failed("cost is named", fmt::format("step {} needs a cost named {}", label.name(), label.cost()).c_str(),
                   __FILE__, __func__);
}

}  // namespace mmulab
