// SPDX-License-Identifier: MIT
// The tables and views of an archive, as docs/archive.md shows them.
#pragma once

#include <cstdint>
#include <string>

namespace mmulab::archive {

/// PRAGMA application_id: "mmul".
constexpr std::int64_t application_id = 0x6d6d756c;
/// PRAGMA user_version; rises when a reader must change.
constexpr std::int64_t schema_version = 2;

/// The SQL that makes an empty archive.
[[nodiscard]] std::string schema_text();

}  // namespace mmulab::archive
