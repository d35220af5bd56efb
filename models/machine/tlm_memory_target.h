// SPDX-License-Identifier: MIT
// For those who bring their own memory model: a TLM-2.0 target socket that the lab's bus binds to. Kept apart because
// TLM's headers cost seconds of compile time.
#pragma once

#include <systemc>
#include <tlm>

#include "models/machine/memory_system.h"

namespace mmulab {

class MemoryTarget {
 public:
  virtual ~MemoryTarget() = default;
  [[nodiscard]] virtual tlm::tlm_target_socket<>& socket() = 0;
};

}  // namespace mmulab
