// SPDX-License-Identifier: MIT
// Workloads from text, as the laboratory would make them.
#pragma once

#include <string>

#include "sim/config/load.h"
#include "workloads/plan.h"
#include "workloads/script_parser.h"

namespace mmulab::workload::sample {

/// x86: four levels of nine bits; `cpus` cpus.
PlanEnvironment wide(std::uint32_t cpus = 2, std::uint64_t seed = 1);
/// Two levels of two bits: sixteen pages.
PlanEnvironment tiny(std::uint32_t cpus = 2);

config::Schema schema();
config::Values values(const std::string& text);
Plan plan(const std::string& text, const PlanEnvironment& environment = wide());
/// The rendered problems of a text, or "" when it is fine.
std::string problems(const std::string& text, const PlanEnvironment& environment = wide());
/// The same for the operations of one task beside the regions heap (64 pages), data (of the file `log`, 16 pages)
/// and other (mm 1), and the tasks b (cpu 1, yields), c (forked by nobody) and q (mm 1).
std::string op_problems(const std::string& op);
/// What operations in that setting are parsed to.
std::vector<Operation> parsed(const std::string& op);

}  // namespace mmulab::workload::sample
