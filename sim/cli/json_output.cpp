// SPDX-License-Identifier: MIT
#include "sim/cli/json_output.h"

#include <ostream>

#include "sim/results/whole_file.h"

namespace mmulab::cli {

JsonOutput::JsonOutput(const std::optional<std::string>& target) {
  if (!target) return;
  to_stdout_ = *target == "-";
  if (to_stdout_) return;
  file_ = *target;
  const WholeFile can_be_made(file_);
}

void JsonOutput::write(const std::string& text, Streams& streams) const {
  if (to_stdout_) streams.out << text;
  if (!file_.empty()) write_whole(file_, text);
}

}  // namespace mmulab::cli
