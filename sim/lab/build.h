// SPDX-License-Identifier: MIT
// From an expanded configuration to the parts of a system.
#pragma once

#include "sim/config/values.h"
#include "sim/lab/system.h"
#include "workloads/plan.h"

namespace mmulab::lab {

/// Everything but the tasks. `needs` is what the workload asks for by itself.
SystemParts system_parts(const config::Values& values, const KernelLimits& needs);

/// The memory model of `check`.
System::Memory explored_memory(const config::Values& values);
/// What TLBs do by themselves there.
TlbAgents explored_tlb(const config::Values& values);

/// The plan's tasks and first mappings, and the event with which its measured phase begins; seals the system. The
/// plan must outlive it.
void populate(System& system, workload::Plan& plan);

/// The system of these parts; throws config::Error if it has more state than a World can hold.
std::unique_ptr<System> assemble_system(const SystemParts& parts);

/// What only assembling finds out: the workload's plan fits the machine. Throws config::Error.
void check_plan(const config::Values& values);

}  // namespace mmulab::lab
