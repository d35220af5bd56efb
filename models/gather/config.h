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
using StrategyFactory = std::function<std::unique_ptr<AxesStrategy>(const StrategyParts&)>;

/// Every strategy class by name. `axes` is nothing but its axes; a file that adds another one registers it here.
Registry<AxesStrategy, StrategyFactory>& strategies();

}  // namespace mmulab
