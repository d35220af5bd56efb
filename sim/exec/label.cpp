// SPDX-License-Identifier: MIT
#include "sim/exec/label.h"

#include "sim/units/assert.h"

namespace mmulab {
namespace {
std::vector<const Label*>& registered() {
  static std::vector<const Label*> labels;
  return labels;
}
}  // namespace

Label::Label(const char* name, const char* cost, Phase phase) : name_(name), cost_(cost), phase_(phase) {
  auto& labels = registered();
  for (const Label* other : labels) MMULAB_ASSERT(other->name() != name_, name);
  number_ = static_cast<std::uint32_t>(labels.size());
  labels.push_back(this);
}

const std::vector<const Label*>& Label::all() { return registered(); }

}  // namespace mmulab
