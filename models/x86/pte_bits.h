// SPDX-License-Identifier: MIT
// The x86-64 page-table entry is the one that models/radix walks; its names are x86's, too.
#pragma once

#include "models/radix/mmu.h"

namespace mmulab::x86 {
using namespace radix;
}  // namespace mmulab::x86
