// SPDX-License-Identifier: MIT
// Another project's executable with a strategy of its own, on the installed library.
#include "models/gather/config.h"
#include "sim/cli/app.h"

namespace {

/// Flushes after every pte.
class Impatient : public mmulab::AxesStrategy {
 public:
  using AxesStrategy::AxesStrategy;

  mmulab::Pte pte_op(mmulab::Context& ctx, mmulab::Gather* g, const mmulab::PteRequest& request) override {
    const mmulab::Pte old = AxesStrategy::pte_op(ctx, g, request);
    flush_batch(ctx, mmulab::FlushReason::each);
    return old;
  }
};

}  // namespace

int main(int argc, char** argv) {
  mmulab::add_strategy<Impatient>("impatient", "flushes after every pte", "preset = 'ppc64-2.6.20'");
  return mmulab::cli::entry(argc, argv);
}
