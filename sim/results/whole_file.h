// SPDX-License-Identifier: MIT
// Files that are never seen half written.
#pragma once

#include <string>

namespace mmulab {

/// All of it, however often the system interrupts; errno says why not.
[[nodiscard]] bool write_all(int fd, const std::string& text);

/// Writes a file beside the one that it then replaces: `temporary` and six letters, in the same file system. Returns 0,
/// or the error, with nothing left behind.
[[nodiscard]] int replace_file(const std::string& file, const std::string& temporary, const std::string& text);

}  // namespace mmulab
