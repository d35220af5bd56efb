// SPDX-License-Identifier: MIT
#pragma once

namespace mmulab::cli {

/// "0.1.0"
const char* version();

}  // namespace mmulab::cli
