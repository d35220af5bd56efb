// SPDX-License-Identifier: MIT
#include "sim/exec/mutation.h"

#include <utility>

namespace mmulab {
namespace {
struct Mutation {
  const Label* label = nullptr;
  std::size_t item = 0;
  std::function<void(const Label&, std::size_t)> observer;
};
Mutation& mutation() {
  static Mutation instance;
  return instance;
}
}  // namespace

void drop_declared_item(const Label& label, std::size_t item) {
  mutation().label = &label;
  mutation().item = item;
}

void observe_declarations(std::function<void(const Label&, std::size_t)> observer) {
  mutation().observer = std::move(observer);
}

void observe_choice(const Label& label) {
  if (mutation().observer) mutation().observer(label, 0);
}

void mutate_declaration(Op& op) {
  const Mutation& m = mutation();
  if (m.observer) m.observer(*op.label, op.footprint.size());
  if (op.label == m.label) op.footprint.drop(m.item);
}

}  // namespace mmulab
