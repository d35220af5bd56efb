// SPDX-License-Identifier: MIT
#include "workloads/trace/strace_line.h"

#include <charconv>

namespace mmulab::trace {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool starts(std::string_view text, std::string_view with) { return text.substr(0, with.size()) == with; }
void skip_spaces(std::string_view& text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
}

/// `1234 ` or `[pid  1234] `; what follows is no time stamp, for those have a point or colons.
std::optional<std::uint32_t> take_tid(std::string_view& text) {
  std::string_view rest = text;
  const bool brackets = starts(rest, "[pid");
  if (brackets) rest.remove_prefix(4);
  skip_spaces(rest);
  std::uint32_t tid = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), tid);
  if (error != std::errc{} || end == rest.data() + rest.size() || *end != (brackets ? ']' : ' ')) return {};
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()) + 1);
  skip_spaces(rest);
  text = rest;
  return tid;
}

/// 16:56:34.843566, 0.000123 or 1700000000.123456, perhaps with a sign of -r's.
void skip_time(std::string_view& text) {
  std::string_view rest = text;
  if (!rest.empty() && rest.front() == '+') rest.remove_prefix(1);
  skip_spaces(rest);
  std::size_t length = 0;
  bool point = false;
  while (length < rest.size() && (is_digit(rest[length]) || rest[length] == '.' || rest[length] == ':')) {
    point = point || !is_digit(rest[length]);
    ++length;
  }
  if (!point || length == rest.size() || rest[length] != ' ') return;
  rest.remove_prefix(length);
  skip_spaces(rest);
  text = rest;
}

std::string_view take_name(std::string_view& text) {
  std::size_t length = 0;
  while (length < text.size() && is_name(text[length])) ++length;
  const std::string_view name = text.substr(0, length);
  text.remove_prefix(length);
  return name;
}

constexpr std::string_view unfinished = "<unfinished ...>";

}  // namespace

std::optional<StraceLine> strace_line(std::string_view text) {
  StraceLine line;
  if (starts(text, "strace: ")) return line;
  line.tid = take_tid(text).value_or(0);
  skip_time(text);
  if (starts(text, "---")) return line;
  if (starts(text, "+++")) {
    line.what = starts(text, "+++ superseded") ? StraceLine::What::nothing : StraceLine::What::over;
    return line;
  }
  if (starts(text, "<... ")) {
    text.remove_prefix(5);
    line.name = take_name(text);
    if (!starts(text, " resumed>")) return {};
    line.rest = text.substr(9);
    line.what = StraceLine::What::resumed;
    return line;
  }
  line.name = take_name(text);
  if (line.name.empty() || text.empty() || text.front() != '(') return {};
  line.rest = text.substr(1);
  line.what = StraceLine::What::call;
  const std::size_t open = line.rest.rfind(unfinished);
  if (open == std::string_view::npos) return line;
  line.rest = line.rest.substr(0, open);
  line.what = StraceLine::What::unfinished;
  return line;
}

std::optional<StraceAttached> strace_attached(std::string_view line) {
  constexpr std::string_view before = "strace: Process ", behind = " attached";
  const std::size_t at = line.rfind(before);
  if (at == std::string_view::npos || line.size() < at + before.size() + behind.size()) return {};
  if (line.substr(line.size() - behind.size()) != behind) return {};
  const std::string_view digits = line.substr(at + before.size(), line.size() - at - before.size() - behind.size());
  StraceAttached found{at, 0};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), found.tid);
  if (error != std::errc{} || end != digits.data() + digits.size()) return {};
  return found;
}

std::optional<StraceCall> strace_call(std::string_view text) {
  StraceCall call;
  std::size_t depth = 0, begin = 0, at = 0;
  bool quoted = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted) {
      if (c == '\\') ++at;
      else if (c == '"') quoted = false;
      continue;
    }
    if (c == '"') quoted = true;
    else if (c == '(' || c == '[' || c == '{') ++depth;
    else if (c == ')' && depth == 0) break;
    else if ((c == ')' || c == ']' || c == '}') && depth != 0) --depth;
    else if (c == ',' && depth == 0) {
      call.arguments.push_back(text.substr(begin, at - begin));
      begin = at + 1;
    }
  }
  if (at >= text.size()) return {};
  call.arguments.push_back(text.substr(begin, at - begin));
  for (std::string_view& argument : call.arguments) skip_spaces(argument);
  std::string_view rest = text.substr(at + 1);
  skip_spaces(rest);
  if (rest.empty() || rest.front() != '=') return {};
  rest.remove_prefix(1);
  const auto result = strace_number(rest);
  call.failed = !result;
  call.result = result.value_or(0);
  return call;
}

std::optional<std::uint64_t> strace_number(std::string_view text) {
  skip_spaces(text);
  if (starts(text, "NULL")) return 0;
  const bool hexadecimal = starts(text, "0x");
  if (hexadecimal) text.remove_prefix(2);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, hexadecimal ? 16 : 10);
  if (error != std::errc{} || end == text.data()) return {};
  return value;
}

std::string_view strace_field(std::string_view text, std::string_view name) {
  for (std::size_t at = 0; (at = text.find(name, at)) != std::string_view::npos; ++at) {
    if (at != 0 && is_name(text[at - 1])) continue;
    if (at + name.size() >= text.size() || text[at + name.size()] != '=') continue;
    std::string_view value = text.substr(at + name.size() + 1);
    return value.substr(0, value.find_first_of(",})"));
  }
  return text;
}

bool strace_has(std::string_view set, std::string_view name) {
  for (std::size_t at = 0; (at = set.find(name, at)) != std::string_view::npos; ++at) {
    const std::size_t end = at + name.size();
    if ((at == 0 || !is_name(set[at - 1])) && (end == set.size() || !is_name(set[end]))) return true;
  }
  return false;
}

}  // namespace mmulab::trace
