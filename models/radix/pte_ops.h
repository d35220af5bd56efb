// SPDX-License-Identifier: MIT
// The pte accessors of a kernel whose hardware sets A and D by itself: what was set meanwhile must not be lost, so
// ptep_get_and_clear is an exchange, ptep_set_wrprotect and ptep_test_and_clear_young are locked bit operations;
// ptep_get_and_clear_full is a plain load and store; ptep_set_access_flags stores only for a write fault. They never
// flush. Source: include/asm-x86_64/pgtable.h of 2.6.22, arch/arm64/include/asm/pgtable.h. Cost: the labels'.
#pragma once

#include "models/mm/port.h"
#include "sim/exec/context.h"

namespace mmulab::radix {

struct PteLabels {
  const Label& clear;
  const Label& clear_full;
  const Label& wrprotect;
  const Label& set;
  const Label& young;
  const Label& modify_start;
  const Label& modify_commit;
  const Label& access_flags;
};

Pte change_pte(Context& ctx, const PteRequest& request, const PteLabels& labels);

}  // namespace mmulab::radix
