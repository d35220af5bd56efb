// SPDX-License-Identifier: MIT
// The steps of a user access, which each architecture names and prices for itself: `access` for a hit, `read_entry`
// for each entry of a walk, `assist` for a locked update of A or D, `fill` for the access that ends a walk, `fault`,
// `latch` for a root that was not there yet at the switch; `speculate` and `evict` for what a core does by itself.
#pragma once

#include "sim/exec/label.h"

namespace mmulab::radix {

struct MmuLabels {
  const Label& access;
  const Label& read_entry;
  const Label& assist;
  const Label& fill;
  const Label& fault;
  const Label& latch;
  const Label& speculate;
  const Label& evict;
};

}  // namespace mmulab::radix
