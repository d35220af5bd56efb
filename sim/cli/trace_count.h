// SPDX-License-Identifier: MIT
#pragma once

#include "sim/cli/verb.h"

namespace mmulab::cli {

/// `trace count`: one recording through many geometries in one pass.
int trace_count(const std::vector<std::string>& files, const Arguments& arguments, Streams& streams);

}  // namespace mmulab::cli
