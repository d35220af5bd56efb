// SPDX-License-Identifier: MIT
#include "sim/sweep/axis.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "sim/config/diagnostic.h"

namespace mmulab::sweep {
namespace {

constexpr const char* syntax = "write KEY=VALUE,VALUE or KEY=FROM..TO, with +STEP or *FACTOR behind it";

/// A stretch of what was written, which knows its place.
struct Piece {
  const Written* written;
  std::size_t from;
  std::size_t to;

  [[nodiscard]] std::string_view text() const {
    return std::string_view(written->text).substr(from, to - from);
  }
  [[nodiscard]] Piece trimmed() const {
    Piece p = *this;
    while (p.from < p.to && written->text[p.from] == ' ') ++p.from;
    while (p.to > p.from && written->text[p.to - 1] == ' ') --p.to;
    return p;
  }
  [[nodiscard]] config::Position at() const {
    config::Position place = written->at;
    if (place.width == 1 && written->text.size() != 1) return place;  // it spans lines, or is escaped
    place.column += written->first + static_cast<unsigned>(from);
    place.width = static_cast<unsigned>(to > from ? to - from : 1);
    return place;
  }
  [[noreturn]] void refuse(const std::string& message, const std::string& hint = syntax) const {
    throw config::Error(config::diagnose(at(), message, hint));
  }
};

/// Splits at a character that stands in no quotes and no brackets.
std::vector<Piece> split(const Piece& whole, char separator) {
  std::vector<Piece> pieces;
  std::size_t begin = whole.from;
  int depth = 0;
  char quote = 0;
  for (std::size_t i = whole.from; i < whole.to; ++i) {
    const char c = whole.written->text[i];
    if (quote != 0) {
      if (c == '\\' && quote == '"') ++i;
      else if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '[' || c == '{') {
      ++depth;
    } else if (c == ']' || c == '}') {
      --depth;
    } else if (c == separator && depth == 0) {
      pieces.push_back(Piece{whole.written, begin, i}.trimmed());
      begin = i + 1;
    }
  }
  pieces.push_back(Piece{whole.written, begin, whole.to}.trimmed());
  return pieces;
}

/// Digits that fit; anything else is none.
std::optional<std::uint64_t> number(std::string_view digits) {
  constexpr std::uint64_t max = INT64_MAX;
  if (digits.empty()) return {};
  std::uint64_t value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return {};
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (max - digit) / 10) return {};
    value = value * 10 + digit;
  }
  return value;
}

/// What stands inside the quotes, if all of it does.
std::string bare(const std::string& text) {
  if (text.size() < 2 || (text.front() != '"' && text.front() != '\'') || text.back() != text.front()) return text;
  const std::string inner = text.substr(1, text.size() - 2);
  return inner.find_first_of("\"'\\") == std::string::npos ? inner : text;
}

bool is_range(std::string_view text) {
  const std::size_t dots = text.find("..");
  return dots != std::string_view::npos && dots > 0 && text.find_first_not_of("0123456789") == dots &&
         text.find_first_not_of("0123456789.+* ") == std::string_view::npos;
}

Series range(const Piece& piece) {
  const std::string_view text = piece.text();
  const std::size_t dots = text.find("..");
  const std::size_t sign = text.find_first_of("+*", dots);
  const auto part = [&](std::size_t from, std::size_t to) {
    return Piece{piece.written, piece.from + from, piece.from + to}.trimmed();
  };
  const auto read = [](const Piece& p) {
    const auto value = number(p.text());
    if (!value) p.refuse(fmt::format("`{}` is no number from 0 to 2^63 - 1", p.text()));
    return *value;
  };
  const std::uint64_t from = read(part(0, dots));
  const std::uint64_t to = read(part(dots + 2, std::min(sign, text.size())));
  if (from > to) piece.refuse(fmt::format("the range {} is empty", text), "write the lesser number first");
  if (sign == std::string_view::npos) return Series::stepped(from, to, 1);
  const Piece by = part(sign + 1, text.size());
  const std::uint64_t step = read(by);
  if (text[sign] == '+' && step == 0) by.refuse("a step of 0 goes nowhere");
  if (text[sign] == '*' && step < 2) by.refuse("a factor must be at least 2");
  if (text[sign] == '*' && from == 0) piece.refuse("multiples of 0 go nowhere", "begin with 1");
  return text[sign] == '+' ? Series::stepped(from, to, step) : Series::multiplied(from, to, step);
}

Series series(const Piece& piece) {
  if (piece.text().empty()) piece.refuse("there is no value");
  if (is_range(piece.text())) return range(piece);
  std::vector<std::string> texts;
  std::unordered_set<std::string> written;
  for (const Piece& value : split(piece, ',')) {
    if (value.text().empty()) value.refuse("a value is missing between commas");
    if (!written.insert(bare(std::string(value.text()))).second)
      value.refuse(fmt::format("the value {} stands here twice", value.text()), "leave one out");
    texts.push_back(bare(std::string(value.text())));
  }
  return Series::listed(std::move(texts));
}

}  // namespace

Series Series::listed(std::vector<std::string> texts) {
  Series s;
  s.size_ = texts.size();
  s.known_.insert(texts.begin(), texts.end());
  s.texts_ = std::move(texts);
  return s;
}

Series Series::stepped(std::uint64_t from, std::uint64_t to, std::uint64_t step) {
  Series s;
  s.form_ = Form::sum;
  s.from_ = from;
  s.to_ = to;
  s.by_ = step;
  s.size_ = (to - from) / step + 1;
  return s;
}

Series Series::multiplied(std::uint64_t from, std::uint64_t to, std::uint64_t factor) {
  Series s;
  s.form_ = Form::product;
  s.from_ = from;
  s.to_ = to;
  s.by_ = factor;
  for (std::uint64_t value = from;; value *= factor) {
    ++s.size_;
    if (value > to / factor) return s;
  }
}

std::string Series::at(std::uint64_t index) const {
  if (form_ == Form::list) return texts_.at(index);
  if (form_ == Form::sum) return std::to_string(from_ + index * by_);
  std::uint64_t value = from_;
  for (std::uint64_t i = 0; i < index; ++i) value *= by_;
  return std::to_string(value);
}

bool Series::contains(const std::string& text) const {
  if (form_ == Form::list) return known_.count(text) != 0;
  const auto value = number(text);
  if (!value || *value < from_ || *value > to_) return false;
  if (form_ == Form::sum) return (*value - from_) % by_ == 0;
  for (std::uint64_t i = 0; i < size_; ++i)
    if (at(i) == text) return true;
  return false;
}

std::string Series::text() const {
  if (form_ != Form::list) return fmt::format("{}..{}{}{}", from_, to_, form_ == Form::sum ? '+' : '*', by_);
  std::string text;
  for (const auto& value : texts_) text += (text.empty() ? "" : ",") + value;
  return text;
}

std::string Axis::text() const {
  std::string text;
  for (const Term& term : terms) text += (text.empty() ? "" : " & ") + term.key + "=" + term.values.text();
  return text;
}

Written in_file(const std::string& text, const config::Position& at) {
  Written written{text, at, 1};
  if (at.width != text.size() + 2) written.at.width = 1;  // escaped: columns would lie
  return written;
}

Written in_option(const std::string& option, const std::string& text) {
  const auto source = std::make_shared<config::SourceText>(
      config::SourceText{config::SourceText::Role::Override, option, "", text});
  return {text, {source, 1, 1, static_cast<unsigned>(std::max<std::size_t>(text.size(), 1))}, 0};
}

std::vector<Term> parse_terms(const Written& written) {
  std::vector<Term> terms;
  std::unordered_set<std::string_view> keys;
  for (const Piece& piece : split({&written, 0, written.text.size()}, '&')) {
    const std::size_t equals = piece.text().find('=');
    if (equals == std::string_view::npos || equals == 0)
      piece.refuse(fmt::format("`{}` names no key and values", piece.text()));
    const Piece key = Piece{&written, piece.from, piece.from + equals}.trimmed();
    const Piece values = Piece{&written, piece.from + equals + 1, piece.to}.trimmed();
    if (!keys.insert(key.text()).second) key.refuse(fmt::format("`{}` stands here twice", key.text()));
    terms.push_back({std::string(key.text()), series(values), piece.at()});
  }
  return terms;
}

Axis parse_axis(const Written& written) {
  Axis axis{parse_terms(written)};
  for (const Term& term : axis.terms)
    if (term.values.size() != axis.size())
      throw config::Error(config::diagnose(
          term.at, fmt::format("`{}` has {} values, and `{}`, which goes with it, {}", term.key, term.values.size(),
                               axis.terms.front().key, axis.size()),
          "keys that go together have as many values"));
  return axis;
}

}  // namespace mmulab::sweep
