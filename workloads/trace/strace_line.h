// SPDX-License-Identifier: MIT
// One line of strace's output, taken apart: who, and what stands behind the time stamp. A call that strace has split
// (`<unfinished ...>`, `<... NAME resumed>`) is put together by its reader.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mmulab::trace {

struct StraceLine {
  std::uint32_t tid = 0;  ///< 0: the log names nobody
  enum class What : std::uint8_t { nothing, call, unfinished, resumed, over } what = What::nothing;
  std::string_view name;
  /// call: arguments and result; unfinished: the first arguments; resumed: the rest.
  std::string_view rest;
};

/// Nothing if it is no line of strace's.
std::optional<StraceLine> strace_line(std::string_view line);

/// `strace: Process N attached`, which strace says on a terminal, often within the line of the call that created N.
struct StraceAttached {
  std::size_t at = 0;  ///< where it begins; the line goes on behind the next end of line
  std::uint32_t tid = 0;
};
std::optional<StraceAttached> strace_attached(std::string_view line);

struct StraceCall {
  std::vector<std::string_view> arguments;
  bool failed = false;
  std::uint64_t result = 0;
};

/// Arguments and result from what stands behind the opening parenthesis; nothing if they do not end.
std::optional<StraceCall> strace_call(std::string_view text);

/// A number, decimal or hexadecimal, or NULL; what stands behind it does not matter.
std::optional<std::uint64_t> strace_number(std::string_view text);
/// NAME's value in an argument such as {flags=CLONE_VM|..., stack=...}; the argument itself if there is none.
std::string_view strace_field(std::string_view text, std::string_view name);
/// Whether a set of names (A|B|C) has that one.
bool strace_has(std::string_view set, std::string_view name);

}  // namespace mmulab::trace
