// SPDX-License-Identifier: MIT
// Where a verb's JSON goes: nowhere, to standard output, or into a file that is never seen half written.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>

#include "sim/cli/verb.h"

namespace mmulab::cli {

class JsonOutput {
 public:
  /// None, "-", or a file's name. Throws config::Error where the file could not be written, before any
  /// work is done.
  explicit JsonOutput(const std::optional<std::string>& target);

  [[nodiscard]] bool wanted() const { return to_stdout_ || !file_.empty(); }
  [[nodiscard]] bool to_stdout() const { return to_stdout_; }
  /// Where the talk goes that a person reads: stdout, unless the JSON is there.
  [[nodiscard]] std::ostream& talk(Streams& streams) const { return to_stdout_ ? streams.err : streams.out; }
  [[nodiscard]] config::Color talk_color(const Streams& streams) const {
    return to_stdout_ ? streams.color : streams.out_color;
  }
  /// Throws config::Error when it fails nevertheless, with nothing left behind.
  void write(const std::string& text, Streams& streams) const;

 private:
  bool to_stdout_ = false;
  std::string file_;
};

}  // namespace mmulab::cli
