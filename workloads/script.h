// SPDX-License-Identifier: MIT
// A scenario script: the tables [[workload.region]] and [[workload.task]] as a draft.
#pragma once

#include "sim/config/values.h"
#include "workloads/draft.h"

namespace mmulab::workload {

/// `huge_order`: of the machine's huge pages, 0 if it has none.
void draft_script(const config::Values& values, unsigned huge_order, Draft& draft, Problems& problems);

}  // namespace mmulab::workload
