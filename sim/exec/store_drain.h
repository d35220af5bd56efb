// SPDX-License-Identifier: MIT
// The agent that makes delayed stores visible (store_buffers.h): each of its acts is one store that leaves a buffer.
#pragma once

#include "sim/exec/device.h"

namespace mmulab {

class StoreDrain : public Device {
 public:
  explicit StoreDrain(StoreBuffers& buffers) : buffers_(buffers) {}
  void list_enabled(const World&, std::vector<std::uint32_t>& units) const override { buffers_.list_ready(units); }
  [[nodiscard]] const Label& label() const override;
  [[nodiscard]] Footprint footprint(std::uint32_t unit) const override;
  void act(Access& access, std::uint32_t unit) override;

 private:
  StoreBuffers& buffers_;
};

}  // namespace mmulab
