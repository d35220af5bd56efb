// SPDX-License-Identifier: MIT
// What a port is given of the machine it runs on: the hardware that all architectures share.
#pragma once

#include "models/machine/cost_table.h"
#include "models/machine/ipi_fabric.h"
#include "models/machine/lines.h"
#include "models/machine/tlb.h"
#include "models/machine/topology.h"

namespace mmulab {

/// How accesses were translated. Not part of the World: statistics only, counted alike by steps and by run-ahead.
struct TranslationCounts {
  std::uint64_t first_level = 0;   ///< x86 first-level TLB, ppc64 ERAT, sparc64 TLB
  std::uint64_t second_level = 0;  ///< x86 second-level TLB, ppc64 TLB
  std::uint64_t walks = 0;         ///< filled by a walk of tables, HPT or TSB
};

/// References to the parts; the laboratory owns them. `lines` is null when explored (nothing is timed there).
struct Machine {
  World& world;
  const Topology& topology;
  const CostTable& costs;
  IpiSender& ipi;
  Lines* lines = nullptr;
  TranslationCounts* counts = nullptr;  ///< null: nobody counts

  void count(std::uint64_t TranslationCounts::*what, std::uint64_t n = 1) const {
    if (counts != nullptr) counts->*what += n;
  }
};

}  // namespace mmulab
