// SPDX-License-Identifier: MIT
// Values as text: the expanded TOML with origins, and the canonical form that config_hash is over.
#pragma once

#include <string>

#include "sim/config/schema.h"
#include "sim/config/values.h"

namespace mmulab::config {

/// All values as TOML, each followed by its origin. Read back, it gives the same config_hash. With a section
/// path, only that section and what lies below.
std::string to_toml(const Schema& schema, const Values& values, const std::string& only = {});

/// Everything that may change results: no host-only keys, no origins, of constants the number alone.
std::string canonical_text(const Schema& schema, const Values& values);

/// The keys of one section that have a value, each on a line, without origins: also what changes no result.
std::string plain_text(const Schema& schema, const Values& values, const std::string& section);

/// A string as a TOML literal.
std::string quote(const std::string& text);

/// A value as TOML: `8`, `"x86"`, `[1, 2]`.
std::string literal(Kind kind, const Value& value);

}  // namespace mmulab::config
