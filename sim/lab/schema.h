// SPDX-License-Identifier: MIT
// The schema of a whole laboratory: every layer's keys together.
#pragma once

#include "sim/config/schema.h"

namespace mmulab::lab {

config::Schema schema();

}  // namespace mmulab::lab
