// SPDX-License-Identifier: MIT
// The options of one verb: declared once, parsed strictly, listed in its help. The only user of
// Boost.Program_options.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mmulab::cli {

/// What was given. Asking for an undeclared option throws config::Misuse.
class Arguments {
 public:
  [[nodiscard]] bool has(const std::string& option) const { return !all(option).empty(); }
  /// The value of an option given at most once.
  [[nodiscard]] std::optional<std::string> text(const std::string& option) const;
  /// A decimal number from 0 to 2^64 - 1.
  [[nodiscard]] std::optional<std::uint64_t> number(const std::string& option) const;
  /// Every value of an option, in order.
  [[nodiscard]] const std::vector<std::string>& all(const std::string& option) const;
  [[nodiscard]] const std::vector<std::string>& positionals() const { return positionals_; }

 private:
  friend class Options;
  std::map<std::string, std::vector<std::string>> given_;  // every declared option has an entry
  std::vector<std::string> positionals_;
};

class Options {
 public:
  /// Declares --help and --color, which every verb has.
  Options();

  Options& flag(const std::string& name, const std::string& help);
  Options& text(const std::string& name, const std::string& placeholder, const std::string& help);
  /// Checked to be a number when parsed.
  Options& number(const std::string& name, const std::string& help);
  Options& choice(const std::string& name, std::vector<std::string> choices, const std::string& help);
  /// May be given more than once.
  Options& texts(const std::string& name, const std::string& placeholder, const std::string& help);
  /// How many operands the verb takes; `placeholder` shows them in its help, and says what completes them.
  Options& operands(const std::string& placeholder, std::size_t min, std::size_t max);
  /// The option's value is that key's: completion offers what the key allows.
  Options& stands_for(const std::string& name, const std::string& key);

  enum class Takes { Nothing, Text, Texts, Number };
  struct Option {
    std::string name;
    std::string placeholder;
    std::string help;
    Takes takes = Takes::Text;
    std::vector<std::string> choices;
    std::string key;
    /// "-o, --output"
    [[nodiscard]] std::string spelled() const;
  };
  /// The letter that stands for an option of this name wherever it is declared; 0 for most.
  [[nodiscard]] static char letter_of(const std::string& name);

  [[nodiscard]] const std::vector<Option>& declared() const { return options_; }
  [[nodiscard]] const Option* find(const std::string& name) const;
  [[nodiscard]] const std::string& operands() const { return operands_; }
  [[nodiscard]] bool declares(const std::string& name) const { return find(name) != nullptr; }
  /// Throws config::Error for anything that was not declared.
  [[nodiscard]] Arguments parse(const std::vector<std::string>& words) const;
  /// "FILE [options]"
  [[nodiscard]] std::string usage() const;
  [[nodiscard]] std::string help() const;

 private:
  [[nodiscard]] std::string suggest(const std::string& token) const;
  void check(const Arguments& arguments) const;

  std::vector<Option> options_;
  std::string operands_;
  std::size_t operands_min_ = 0;
  std::size_t operands_max_ = 0;
};

/// Reads digits only, so neither a sign nor an overflow slips through.
std::optional<std::uint64_t> parse_number(const std::string& text);

}  // namespace mmulab::cli
