// SPDX-License-Identifier: MIT
// Results as JSON, in a fixed order of keys and with integers only outside "host": the same run gives the same
// bytes. docs/results.schema.json is the schema. Only json.cpp knows the JSON library.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/results/comparison.h"
#include "sim/results/run_result.h"

namespace mmulab {

/// One run as one object, ending with a newline.
[[nodiscard]] std::string to_json(const RunResult& result);
/// The same on one line without an end, and without "host": what a sweep keeps.
[[nodiscard]] std::string to_json_line(const RunResult& result);

/// All points of a comparison as one object; each point holds its run's own object.
[[nodiscard]] std::string to_json(const Comparison& comparison);

/// What a comparison needs of a run that another process has written; nothing if it is no such text.
[[nodiscard]] std::optional<RunSummary> read_summary(const std::string& json);

}  // namespace mmulab
