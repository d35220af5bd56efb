// SPDX-License-Identifier: MIT
// How statistics are named, as far as somebody looks for one by name; every other statistic is printed by its group,
// the part before the first dot, without being known here. docs/results.md lists the convention.
#pragma once

#include <string_view>

namespace mmulab::stat_names {

inline constexpr std::string_view call_prefix = "call.";           ///< call.munmap.latency: histogram of cycles
inline constexpr std::string_view latency_suffix = ".latency";
inline constexpr std::string_view flush_prefix = "flush.";         ///< flush.batch-full: counter, one a reason
inline constexpr std::string_view ipis = "ipi.sent";               ///< counter
inline constexpr std::string_view tlbies = "tlbie.issued";         ///< counter
inline constexpr std::string_view cross_calls = "xcall.sent";      ///< counter
inline constexpr std::string_view lock_prefix = "lock.";           ///< lock.ptl.wait, lock.ptl.hold: histograms
inline constexpr std::string_view hold_suffix = ".hold";
inline constexpr std::string_view preemption_off = "off.preemption";  ///< histogram of stretches, cycles
inline constexpr std::string_view interrupts_off = "off.interrupts";
/// Differs between hosts or ways of running the same simulation: under "host" in JSON.
inline constexpr std::string_view host_prefix = "host.";

}  // namespace mmulab::stat_names
