// SPDX-License-Identifier: MIT
// The strategy's part of the configuration: every axis is a key, every preset a file that fills them.
#pragma once

#include <functional>
#include <memory>

#include "models/gather/axes_strategy.h"
#include "sim/config/schema.h"
#include "sim/config/values.h"
#include "sim/registry/registry.h"

namespace mmulab {

void describe_strategy(config::Schema& schema);
GatherAxes gather_axes(const config::Values& values);

/// What a strategy is made from.
struct StrategyParts {
  World& world;
  const KernelState& state;
  Port& port;
  Locks& locks;
  GatherAxes axes;
};
struct StrategyClass {
  std::function<std::unique_ptr<AxesStrategy>(const StrategyParts&)> make;
  /// TOML over the keys of [strategy]: the axes of the preset that has the class's name.
  std::string axes;
};

/// Every strategy class by name. `axes` is nothing but its axes.
Registry<AxesStrategy, StrategyClass>& strategies();

/// Adds the class S, which has AxesStrategy's constructor, and a preset of the same name. Before any configuration is
/// read. Throws config::Misuse if there is one of that name.
template <class S>
void add_strategy(const std::string& name, const std::string& help, const std::string& axes) {
  strategies().add(name, help,
                   {[](const StrategyParts& parts) -> std::unique_ptr<AxesStrategy> {
                      return std::make_unique<S>(parts.world, parts.state, parts.port, parts.locks, parts.axes);
                    },
                    axes});
}

}  // namespace mmulab
