// SPDX-License-Identifier: MIT
// A core may forget any translation at any time: check.tlb = explicit, for the explorer alone. Sources: Intel SDM vol.
// 3, 4.10.2.3; the Power ISA promises no lifetime of a copy either. Not for TLBs that software fills. Costs nothing.
#pragma once

#include <vector>

#include "models/machine/tlb.h"
#include "sim/exec/device.h"

namespace mmulab {

class TlbEviction : public Device {
 public:
  /// One core's array: its geometry, and where its sets begin.
  struct Array {
    const Tlb* tlb;
    Location first;
  };
  TlbEviction(const Label& label, std::vector<Array> arrays) : label_(label), arrays_(std::move(arrays)) {}

  /// A unit is a way of a set of an array; an array's ways, then the next one's.
  void list_enabled(const World& world, std::vector<std::uint32_t>& units) const override;
  [[nodiscard]] const Label& label() const override { return label_; }
  [[nodiscard]] Footprint footprint(std::uint32_t unit) const override;
  void act(Access& a, std::uint32_t unit) override;
  [[nodiscard]] bool is_spontaneous() const override { return true; }

 private:
  struct Place {
    const Tlb* tlb;
    Location set;
    std::uint32_t way;
  };
  [[nodiscard]] Place place_of(std::uint32_t unit) const;

  const Label& label_;
  std::vector<Array> arrays_;
};

}  // namespace mmulab
