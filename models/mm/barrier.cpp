// SPDX-License-Identifier: MIT
#include "models/mm/barrier.h"

namespace mmulab {
namespace {
const Label mb{"barrier.mb", "smp_mb", Ordering::full};
const Label wmb{"barrier.wmb", "smp_wmb", Ordering::fence};
}  // namespace

void smp_mb(Context& ctx) {
  ctx.step(mb, Footprint{}, [](Access&) {});
}

void smp_wmb(Context& ctx) {
  ctx.step(wmb, Footprint{}, [](Access&) {});
}

}  // namespace mmulab
