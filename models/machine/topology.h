// SPDX-License-Identifier: MIT
// Sockets x cores x hardware threads, numbered socket-major: cpu = (socket * cores + core) * threads + thread.
#pragma once

#include <vector>

#include "sim/units/units.h"

namespace mmulab {

struct Topology {
  std::uint32_t sockets = 1;
  std::uint32_t cores_per_socket = 1;
  std::uint32_t threads_per_core = 1;

  [[nodiscard]] std::uint32_t cores() const { return sockets * cores_per_socket; }
  [[nodiscard]] std::uint32_t cpus() const { return cores() * threads_per_core; }
  [[nodiscard]] CoreId core_of(CpuId cpu) const { return CoreId{cpu.raw() / threads_per_core}; }
  [[nodiscard]] SocketId socket_of(CoreId core) const { return SocketId{core.raw() / cores_per_socket}; }
  [[nodiscard]] CpuId first_cpu(CoreId core) const { return CpuId{std::uint64_t{core.raw()} * threads_per_core}; }
  [[nodiscard]] std::vector<CoreId> core_of_each_cpu() const {
    std::vector<CoreId> result;
    for (std::uint32_t c = 0; c < cpus(); ++c) result.push_back(core_of(CpuId{c}));
    return result;
  }
};

}  // namespace mmulab
