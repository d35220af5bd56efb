// SPDX-License-Identifier: MIT
// What the counted machine takes for TSBs, and gives back.
#include "models/sparc64/counted_mmu.h"
#include "tests/support/catch.h"

using namespace mmulab;

TEST_CASE("TSBs take room while their address spaces live, and no longer") {
  Sparc64Params params;
  params.tsb_entries_first = params.tsb_entries_max = 1 << 16;
  // Two TSBs, and something for the TLBs.
  StateRoom room(2 * std::uint64_t{params.tsb_entries_first} + (1 << 13));
  sparc64::CountedMmu mmu(room, Topology{}, PageShift{13}, params);
  const auto live = [&](std::uint32_t mm) {
    mmu.run(0, MmId{mm});
    mmu.fault(VirtPage{mm}, 1);
  };
  for (std::uint32_t mm = 0; mm < 10; ++mm) {
    live(mm);
    mmu.forget_all(MmId{mm}, true);
  }
  live(10);
  live(11);
  CHECK_THROWS_WITH(live(12), Catch::StartsWith("sparc64.tsb would bring the simulated state to 2 MiB"));
}
