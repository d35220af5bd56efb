// SPDX-License-Identifier: MIT
#include "models/x86/shootdown.h"

namespace mmulab::x86 {
namespace {
const Label read_entries{"x86.flush.read_entries", "x86_request_read"};
}  // namespace

void flush_locally(Context& ctx, Mmu& mmu, const FlushPlan& plan) {
  if (plan.all()) return mmu.flush_current(ctx);
  radix::for_each_page(ctx, plan, read_entries, [&](VirtPage page) { mmu.invlpg(ctx, page); });
}

}  // namespace mmulab::x86
