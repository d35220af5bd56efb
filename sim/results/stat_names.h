// SPDX-License-Identifier: MIT
// How statistics are named, as far as somebody looks for one by name; every other one is printed by its group, the
// part before the first dot, without being known here. Most come from models/invariants/event_stats.cpp;
// docs/results.md lists the convention.
#pragma once

#include <string_view>

namespace mmulab::stat_names {

inline constexpr std::string_view call_prefix = "call.";        ///< call.munmap.latency: histogram of cycles
inline constexpr std::string_view latency_suffix = ".latency";
inline constexpr std::string_view flush_prefix = "flush.";      ///< flush.full.count: counter, one a reason
inline constexpr std::string_view count_suffix = ".count";
inline constexpr std::string_view ipis = "ipi.sent";            ///< counter
inline constexpr std::string_view tlbies = "tlbie.issued";      ///< counter
inline constexpr std::string_view cross_calls = "xcall.sent";   ///< counter
inline constexpr std::string_view lock_prefix = "lock.";        ///< lock.ptl.held: histogram of cycles
inline constexpr std::string_view held_suffix = ".held";
inline constexpr std::string_view wait_suffix = ".wait";        ///< lock.ptl.wait: histogram of cycles
inline constexpr std::string_view preemption_off = "preempt_off";  ///< histogram of stretches, cycles
/// Differs between hosts or ways of running the same simulation: under "host" in JSON.
inline constexpr std::string_view host_prefix = "host.";

}  // namespace mmulab::stat_names
