// SPDX-License-Identifier: MIT
#include "models/x86/user_labels.h"

namespace mmulab::x86 {

const Label access_label{"x86.access", "x86_l1_hit", Phase::user};
const Label read_entry_label{"x86.walk", "x86_walk_level", Phase::user};
const Label fill_label{"x86.fill", "x86_l1_hit", Phase::user};

}  // namespace mmulab::x86
