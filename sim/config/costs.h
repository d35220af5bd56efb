// SPDX-License-Identifier: MIT
// Tables of named costs: how a model declares the cycles of its steps as constants of one section, and reads them
// back.
#pragma once

#include <functional>
#include <string>

#include "sim/config/schema.h"
#include "sim/config/values.h"

namespace mmulab::config {

/// A constant in cycles; its key is the name.
struct NamedCost {
  const char* name;
  std::uint64_t cycles;
  const char* help;
};

/// Where the defaults of a table come from: low confidence, one source for all; a preset says better.
struct CostOrigin {
  const char* source;
  std::uint64_t cycles_max;
};

template <class Table>
void declare_costs(Section& section, const Table& table, const CostOrigin& origin) {
  for (const NamedCost& cost : table)
    section.constant(cost.name)
        .default_to(cost.cycles)
        .range(1, origin.cycles_max)
        .unit("cycles")
        .help(cost.help)
        .source(Confidence::Low, origin.source);
}

/// Hands every cost on as (prefix + name, value). `section` is the path under which they were declared.
template <class Table>
void read_costs(const Values& values, const std::string& section, const Table& table, const std::string& prefix,
                const std::function<void(const std::string&, Cycles)>& set) {
  for (const NamedCost& cost : table)
    set(prefix + cost.name, Cycles{values.integer(join_path(section, cost.name))});
}

}  // namespace mmulab::config
