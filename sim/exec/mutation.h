// SPDX-License-Identifier: MIT
// The mutation test's hook: one declared item of one label is dropped for the whole process, so that the footprint
// check must abort if the item is ever needed. Present in checking builds only.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace mmulab {

/// Drops item `item` of every step labelled `label` from now on; an empty label drops nothing.
void drop_declared_item(std::string label, std::size_t item);

/// Called, in checking builds, with each label and its number of declared items as steps are declared; may be empty.
void observe_declarations(std::function<void(const std::string& label, std::size_t items)> observer);

}  // namespace mmulab
