// SPDX-License-Identifier: MIT
// Configurations simulated or explored in children: how many at a time, how far they are, and what came of each.
#pragma once

#include <functional>
#include <string>

#include "sim/cli/children.h"
#include "sim/cli/options.h"
#include "sim/cli/verb.h"

namespace mmulab::cli {

/// What became of a child's work.
struct WorkResult {
  enum class Kind {
    made,
    refused,  ///< there is no such combination
    failed,
  } kind = Kind::failed;
  std::string text;  ///< what was made; else why there is nothing
};

inline constexpr const char* out_of_memory = "it ran out of memory";

/// In the child. A configuration error is a refusal: the laboratory may know more than the schema.
ChildReply reply_of(const std::function<std::string()>& work);
[[nodiscard]] WorkResult result_of(const ChildEnd& end);

/// So many at a time as --jobs says, else one a core; they end at an interrupt, and a terminal sees how many are done.
ChildOptions child_options(const Arguments& arguments, Streams& streams, std::size_t count, const std::string& what);

}  // namespace mmulab::cli
