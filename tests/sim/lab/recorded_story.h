// SPDX-License-Identifier: MIT
// A recording told to a reference simulator an access at a time, as docs/trace.md says that it is counted: everything
// in memory, pages in a map. Of the product it uses the decoder, the survey's numbers of address spaces and its
// relocation.
#pragma once

#include "tests/support/reference_mmu.h"
#include "workloads/trace/survey.h"

namespace mmulab::test {

struct StoryTotals {
  std::uint64_t loads = 0, stores = 0, fetches = 0, faults = 0, copies = 0, first_stores = 0, invalidations = 0;
  std::uint64_t flushes = 0, switches = 0;
};

StoryTotals tell(const std::string& recording, const trace::SurveyOptions& options,
                 const std::vector<ReferenceMmu*>& listeners);

}  // namespace mmulab::test
