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

Label::Label(const char* name, const char* cost, Phase phase, Ordering ordering, const char* file, unsigned line)
    : name_(name), cost_(cost), phase_(phase), ordering_(ordering), file_(file), line_(line) {
  auto& labels = registered();
  for (const Label* other : labels) MMULAB_ASSERT(other->name() != name_, name);
  number_ = static_cast<std::uint32_t>(labels.size());
  labels.push_back(this);
}

std::string Label::source() const {
  // Wherever the tree was built: the path inside it.
  std::size_t begin = 0;
  for (const std::string_view top : {"/sim/", "/models/", "/workloads/", "/tests/"})
    if (const std::size_t at = file_.rfind(top); at != std::string_view::npos) begin = at + 1;
  return std::string(file_.substr(begin)) + ":" + std::to_string(line_);
}

const std::vector<const Label*>& Label::all() { return registered(); }

}  // namespace mmulab
