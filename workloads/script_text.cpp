// SPDX-License-Identifier: MIT
#include "workloads/script_text.h"

#include <algorithm>
#include <string_view>

namespace mmulab::workload {
namespace {

bool continues_code_point(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80; }

/// A walk over a source's text that knows its line and column.
class Walk {
 public:
  explicit Walk(const config::Position& from) : text_(from.source->text) {
    while (line_ < from.line && !over()) step();
    while (column_ < from.column && !over()) step();
  }
  [[nodiscard]] bool over() const { return at_ >= text_.size(); }
  [[nodiscard]] std::string_view rest() const { return text_.substr(at_); }
  [[nodiscard]] char here() const { return text_[at_]; }
  void step(std::size_t bytes = 1) {
    for (; bytes > 0 && !over(); --bytes) {
      if (text_[at_] == '\n') ++line_, column_ = 1;
      else if (at_ + 1 >= text_.size() || !continues_code_point(text_[at_ + 1])) ++column_;
      ++at_;
    }
  }
  bool skip(std::string_view prefix) {
    if (rest().substr(0, prefix.size()) != prefix) return false;
    step(prefix.size());
    return true;
  }
  [[nodiscard]] unsigned line() const { return line_; }
  [[nodiscard]] unsigned column() const { return column_; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  unsigned line_ = 1;
  unsigned column_ = 1;
};

void skip_gap(Walk& walk) {
  while (!walk.over()) {
    const char c = walk.here();
    if (c == '#')
      while (!walk.over() && walk.here() != '\n') walk.step();
    else if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',') walk.step();
    else return;
  }
}

/// The opening quotes of the next string; empty if there is none.
std::string_view open_string(Walk& walk) {
  for (const std::string_view quotes : {"\"\"\"", "'''", "\"", "'"}) {
    if (!walk.skip(quotes)) continue;
    if (quotes.size() == 3 && !walk.skip("\n")) walk.skip("\r\n");
    return quotes;
  }
  return {};
}

/// Goes past a string whose text stands here as it is read; false if it does not (escapes).
bool pass(Walk& walk, const std::string& text, std::string_view quotes) {
  return walk.skip(text) && walk.skip(quotes);
}

/// Goes past a string with escapes.
void pass_escaped(Walk& walk, std::string_view quotes) {
  while (!walk.over() && !walk.skip(quotes)) walk.step(walk.here() == '\\' ? 2 : 1);
}

}  // namespace

ScriptText::ScriptText(const std::vector<std::string>& texts, const config::Position& list) : list_(list) {
  for (const auto& text : texts) items_.push_back({text, {}});
  if (!list.exists()) return;
  Walk walk(list);
  if (!walk.skip("[")) return;
  for (auto& item : items_) {
    skip_gap(walk);
    const std::string_view quotes = open_string(walk);
    if (quotes.empty()) return;
    const config::Position at{list.source, walk.line(), walk.column(), 1};
    Walk ahead = walk;
    if (pass(ahead, item.text, quotes)) {
      item.at = at;
      walk = ahead;
    } else {
      pass_escaped(walk, quotes);
    }
  }
}

config::Position ScriptText::place(std::size_t item, std::size_t offset, std::size_t width) const {
  const ScriptItem& in = items_[item];
  config::Position at = in.at;
  if (!at.exists()) return list_;
  for (std::size_t i = 0; i < offset && i < in.text.size(); ++i) {
    if (in.text[i] == '\n') ++at.line, at.column = 1;
    else if (!continues_code_point(in.text[i])) ++at.column;
  }
  const std::string_view shown = std::string_view(in.text).substr(std::min(offset, in.text.size()), width);
  const auto points =
      shown.size() - static_cast<std::size_t>(std::count_if(shown.begin(), shown.end(), continues_code_point));
  at.width = static_cast<unsigned>(std::max<std::size_t>(points, 1));
  return at;
}

}  // namespace mmulab::workload
