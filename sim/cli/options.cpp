// SPDX-License-Identifier: MIT
#include "sim/cli/options.h"

#include <algorithm>

#include <boost/program_options/errors.hpp>
#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>
#include <fmt/ranges.h>

#include "sim/config/diagnostic.h"
#include "sim/config/nearest.h"

namespace mmulab::cli {
namespace {

namespace po = boost::program_options;

[[noreturn]] void refuse(std::string message, std::string hint = {}) {
  throw config::Error(config::diagnose({}, std::move(message), std::move(hint)));
}

/// A syntax error in our words: the library's name options in several ways.
[[noreturn]] void refuse(const po::error& failure) {
  if (const auto* syntax = dynamic_cast<const po::invalid_syntax*>(&failure)) {
    const std::string option = syntax->tokens();
    switch (syntax->kind()) {
      case po::invalid_syntax::missing_parameter: refuse("option `" + option + "` needs a value");
      case po::invalid_syntax::empty_adjacent_parameter:
        refuse("option `" + option + "` needs a value after =");
      case po::invalid_syntax::extra_parameter: refuse("option `" + option + "` takes no value");
      default: break;
    }
  }
  refuse(failure.what());
}

}  // namespace

std::optional<std::uint64_t> parse_number(const std::string& text) {
  std::uint64_t number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return {};
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (number > (UINT64_MAX - digit) / 10) return {};
    number = number * 10 + digit;
  }
  return text.empty() ? std::nullopt : std::optional(number);
}

const std::vector<std::string>& Arguments::all(const std::string& option) const {
  const auto found = given_.find(option);
  if (found == given_.end()) throw config::Misuse("option --" + option + " is not declared");
  return found->second;
}

std::optional<std::string> Arguments::text(const std::string& option) const {
  const auto& values = all(option);
  return values.empty() ? std::nullopt : std::optional(values.back());
}

std::optional<std::uint64_t> Arguments::number(const std::string& option) const {
  const auto value = text(option);
  return value ? parse_number(*value) : std::nullopt;
}

Options::Options() {
  flag("help", "Show this help");
  choice("color", {"auto", "always", "never"}, "Color messages; auto heeds NO_COLOR and the terminal");
}

Options& Options::flag(const std::string& name, const std::string& help) {
  options_.push_back({name, "", help, Takes::Nothing, {}, ""});
  return *this;
}

Options& Options::text(const std::string& name, const std::string& placeholder, const std::string& help) {
  options_.push_back({name, placeholder, help, Takes::Text, {}, ""});
  return *this;
}

Options& Options::number(const std::string& name, const std::string& help) {
  options_.push_back({name, "N", help, Takes::Number, {}, ""});
  return *this;
}

Options& Options::choice(const std::string& name, std::vector<std::string> choices, const std::string& help) {
  options_.push_back({name, fmt::format("{}", fmt::join(choices, "|")), help, Takes::Text, choices, ""});
  return *this;
}

Options& Options::texts(const std::string& name, const std::string& placeholder, const std::string& help) {
  options_.push_back({name, placeholder, help, Takes::Texts, {}, ""});
  return *this;
}

Options& Options::operands(const std::string& placeholder, std::size_t min, std::size_t max) {
  operands_ = placeholder;
  operands_min_ = min;
  operands_max_ = max;
  return *this;
}

Options& Options::stands_for(const std::string& name, const std::string& key) {
  for (auto& option : options_)
    if (option.name == name) option.key = key;
  return *this;
}

char Options::letter_of(const std::string& name) { return name == "help" ? 'h' : name == "output" ? 'o' : '\0'; }

std::string Options::Option::spelled() const {
  const char letter = letter_of(name);
  return letter == 0 ? "--" + name : std::string("-") + letter + ", --" + name;
}

const Options::Option* Options::find(const std::string& name) const {
  const auto found =
      std::find_if(options_.begin(), options_.end(), [&](const Option& o) { return o.name == name; });
  return found == options_.end() ? nullptr : &*found;
}

std::string Options::suggest(const std::string& token) const {
  std::vector<std::string> names;
  for (const auto& option : options_) names.push_back("--" + option.name);
  return config::suggestion(token.substr(0, token.find('=')), names);
}

Arguments Options::parse(const std::vector<std::string>& words) const {
  Arguments arguments;
  po::options_description declared;
  for (const auto& option : options_) {
    arguments.given_[option.name];
    const char letter = letter_of(option.name);
    const std::string names = letter == 0 ? option.name : option.name + "," + letter;
    // The description's own value parsing is never used: it accepts -1 for an unsigned.
    if (option.takes == Takes::Nothing) declared.add_options()(names.c_str(), "");
    else declared.add_options()(names.c_str(), po::value<std::string>(), "");
  }
  constexpr int strict = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
  try {
    const auto parsed =
        po::command_line_parser(words).options(declared).style(strict).allow_unregistered().run();
    for (const auto& option : parsed.options) {
      const std::string& token =
          option.original_tokens.empty() ? option.string_key : option.original_tokens.front();
      if (option.unregistered) refuse("unknown option `" + token + "`", suggest(token));
      if (option.position_key != -1) arguments.positionals_.push_back(option.value.front());
      else arguments.given_[option.string_key].push_back(option.value.empty() ? "" : option.value.front());
    }
  } catch (const po::error& failure) {
    refuse(failure);
  }
  check(arguments);
  return arguments;
}

void Options::check(const Arguments& arguments) const {
  for (const auto& option : options_) {
    const auto& values = arguments.given_.at(option.name);
    const bool repeats = option.takes == Takes::Texts || option.takes == Takes::Nothing;
    if (values.size() > 1 && !repeats)
      refuse(fmt::format("option `--{}` is given {} times", option.name, values.size()));
    for (const auto& value : values) {
      if (option.takes == Takes::Number && !parse_number(value))
        refuse(fmt::format("option `--{}` needs a non-negative integer below 2^64, found `{}`", option.name,
                           value));
      if (!option.choices.empty() &&
          std::find(option.choices.begin(), option.choices.end(), value) == option.choices.end())
        refuse(fmt::format("option `--{}` has no choice `{}`", option.name, value),
               config::suggestion(value, option.choices));
    }
  }
  if (arguments.has("help")) return;
  const auto& operands = arguments.positionals_;
  if (operands.size() < operands_min_) refuse("an operand is missing: " + operands_);
  if (operands.size() > operands_max_)
    refuse(fmt::format("unexpected operand `{}`", operands[operands_max_]));
}

std::string Options::usage() const { return (operands_.empty() ? "" : operands_ + " ") + "[options]"; }

std::string Options::help() const {
  std::string text;
  for (const auto& option : options_) {
    const std::string shown =
        option.spelled() + (option.placeholder.empty() ? "" : " " + option.placeholder);
    text += fmt::format("  {:<26} {}\n", shown, option.help);
  }
  return text;
}

}  // namespace mmulab::cli
