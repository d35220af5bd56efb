// SPDX-License-Identifier: MIT
// The x86 that the cycle tests run on: three levels of four entries, TLBs of two entries, today's kernel
// or 2.6.22.
#pragma once

#include "tests/cycle/pieces.h"
#include "tests/cycle/scripts.h"

namespace mmulab::cycle {

inline constexpr std::uint64_t x86_levels = 3;

/// Today's kernel, gather and shootdown; `cores` of one socket unless `machine` says more.
inline std::string x86_modern(unsigned cores, const std::string& tasks, const std::string& machine = "",
                              const std::string& kernel = "") {
  return "strategy = 'linux-modern'\n[machine]\npreset = 'x86-tiny'\ncores = " + std::to_string(cores) + "\n" +
         machine + "[kernel]\npreset = 'modern'\nx86.shootdown = 'tlb-gen-modern'\nx86.flush_ceiling = 8\n" +
         kernel + "[workload]\nkind = 'script'\n" + tasks;
}

/// 2.6.22 and its generic gather, with its shootdown by eight vectors.
inline std::string x86_old(unsigned cores, const std::string& tasks) {
  return "strategy = 'generic-2.6.22'\n[machine]\npreset = 'x86-tiny'\ncores = " + std::to_string(cores) +
         "\n[kernel]\npreset = '2.6.22'\nx86.shootdown = 'vectors8-2.6'\n[workload]\nkind = 'script'\n" + tasks;
}

/// flush_tlb_func on the flushing cpu itself, interrupts off: dispatch, its generation, n INVLPGs, the new
/// generation.
inline std::uint64_t flush_here(const Costs& c, std::uint64_t n) {
  return c("irq_disable") + c("ipi_dispatch") + 2 * c("percpu") + n * c("invlpg") + c("irq_enable");
}
/// The same with one CR3 load.
inline std::uint64_t flush_all_here(const Costs& c) {
  return c("irq_disable") + c("ipi_dispatch") + 2 * c("percpu") + c("cr3_flush") + c("irq_enable");
}
/// flush_tlb_mm_range around what it does to the cpus: preemption off, tlb_gen, flush_tlb_info, the mask, the
/// return.
inline std::uint64_t flush_frame(const Costs& c) {
  return c("preempt_disable") + c("tlb_gen_atomic") + c("request_write") + c("flush_setup") + c("percpu") +
         c("preempt_enable");
}

/// munmap of n mapped pages, as in pieces.h.
inline std::uint64_t munmap_modern(const Costs& c, std::uint64_t n, std::uint64_t flush) {
  return munmap_modern(c, x86_levels, n, flush);
}

}  // namespace mmulab::cycle
