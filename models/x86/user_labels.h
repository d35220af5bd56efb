// SPDX-License-Identifier: MIT
// The steps of a user access that run-ahead charges without taking them: x86_l1_hit (+ x86_stlb_hit) for a hit,
// x86_walk_level for each entry read, x86_l1_hit again for the access that ends a walk.
#pragma once

#include "sim/exec/label.h"

namespace mmulab::x86 {

extern const Label access_label;
extern const Label read_entry_label;
extern const Label fill_label;

}  // namespace mmulab::x86
