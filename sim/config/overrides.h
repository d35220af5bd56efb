// SPDX-License-Identifier: MIT
// --set KEY=VALUE, laid over a parsed document before its presets are expanded.
#pragma once

#include <string>
#include <vector>

#include "sim/config/diagnostic.h"
#include "sim/config/node.h"
#include "sim/config/schema.h"

namespace mmulab::config {

/// Lays one override over the document. The value is TOML, or else a bare string; for a text and for a preset
/// everything that is not quoted is a bare string. `--set strategy=NAME` replaces the whole [strategy] table.
void apply_override(const Schema& schema, const std::string& argument, Node& root,
                    std::vector<Diagnostic>& problems);

}  // namespace mmulab::config
