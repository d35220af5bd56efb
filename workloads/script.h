// SPDX-License-Identifier: MIT
// A scenario script: the tables [[workload.region]] and [[workload.task]] as a draft.
#pragma once

#include "sim/config/values.h"
#include "workloads/draft.h"

namespace mmulab::workload {

void draft_script(const config::Values& values, Draft& draft, Problems& problems);

}  // namespace mmulab::workload
