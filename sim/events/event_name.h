// SPDX-License-Identifier: MIT
// What event logs, traces and messages call each kind of event.
#pragma once

#include "sim/events/event.h"

namespace mmulab {
/// "translation_filled"
[[nodiscard]] const char* name_of(EventKind kind);
[[nodiscard]] const char* name_of(Call call);
}  // namespace mmulab
