// SPDX-License-Identifier: MIT
#include "sim/exec/store_drain.h"

namespace mmulab {
namespace {
const Label drain{"store_buffer.drain", "test_flag"};
}  // namespace

const Label& StoreDrain::label() const { return drain; }

/// The word that changes, then those in which the store has waited.
Footprint StoreDrain::footprint(std::uint32_t unit) const {
  Footprint footprint = writes(Cell<std::uint64_t>{buffers_.waiting(unit).at});
  return footprint.writes_words(buffers_.first_word(buffers_.cpu_of(unit)), buffers_.words());
}

void StoreDrain::act(Access& access, std::uint32_t unit) {
  const StoreBuffers::Waiting store = buffers_.waiting(unit);
  access.write(Cell<std::uint64_t>{store.at}, store.value);
  buffers_.remove(unit);
}

}  // namespace mmulab
