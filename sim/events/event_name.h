// SPDX-License-Identifier: MIT
#pragma once

#include "sim/events/event.h"

namespace mmulab {
/// "translation_filled"
[[nodiscard]] const char* name_of(EventKind kind);
[[nodiscard]] const char* name_of(Call call);
}  // namespace mmulab
