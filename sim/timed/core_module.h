// SPDX-License-Identifier: MIT
// One SystemC module a core: the SC_THREAD that lends its stack to the timed host.
#pragma once

#include <memory>
#include <vector>

#include "sim/timed/timed_host.h"

namespace mmulab {

/// The core modules of one simulation, and the elaboration that runs them.
class CoreModules {
 public:
  explicit CoreModules(TimedHost& host);
  ~CoreModules();
  /// Runs SystemC until the host has finished. Once per SystemC kernel.
  void run();

 private:
  struct Module;
  TimedHost& host_;
  std::vector<std::unique_ptr<Module>> modules_;
};

/// Replaces the SystemC kernel by a fresh one, so that one process can run another simulation. The old one is kept:
/// deleting it crashes inside libsystemc 2.3.4.
void fresh_systemc_kernel();

}  // namespace mmulab
