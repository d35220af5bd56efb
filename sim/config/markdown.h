// SPDX-License-Identifier: MIT
// The schema as documentation.
#pragma once

#include <string>

#include "sim/config/schema.h"

namespace mmulab::config {

/// docs/configuration.md: every section, every key.
std::string markdown(const Schema& schema);

/// One key or section as plain text, for `show key`.
std::string describe_key(const KeySpec& key);
std::string describe_section(const Schema& schema, const SectionSpec& section);

}  // namespace mmulab::config
