// SPDX-License-Identifier: MIT
// Mutation of declarations, for one test: a declared item of one label is dropped for the whole process, so that the
// footprint check must abort if the item is ever needed. In builds without that check nothing happens. Costs a
// comparison a step in checking builds, no cycles.
#pragma once

#include <cstddef>
#include <functional>

#include "sim/exec/host.h"

namespace mmulab {

/// Drops item `item` of every step and device act labelled `label` from now on.
void drop_declared_item(const Label& label, std::size_t item);

/// Called with each label and its number of declared items as steps are declared and devices act; may be empty.
void observe_declarations(std::function<void(const Label& label, std::size_t items)> observer);

/// A choice declares nothing: the observer hears of its label with no items.
void observe_choice(const Label& label);

/// For those who declare: tells the observer, and drops what is to be dropped.
void mutate_declaration(Op& op);

}  // namespace mmulab
