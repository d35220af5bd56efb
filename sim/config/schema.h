// SPDX-License-Identifier: MIT
// What a configuration may say. Every layer declares its keys here, once; validation, `lint`, `list`, `show`,
// the expanded text and docs/configuration.md are derived from the declarations.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace mmulab::config {

class Values;

enum class Kind { Integer, Constant, Flag, Text, Integers, Texts };

/// How far a model constant can be trusted. Unstated: the user gave a bare number.
enum class Confidence { Unstated, Low, Medium, High };
const char* name_of(Confidence confidence);

/// A value of any kind; the key's kind says which member counts.
struct Value {
  std::uint64_t integer = 0;
  bool flag = false;
  std::string text;
  std::vector<std::uint64_t> integers;
  std::vector<std::string> texts;
};

/// One key as declared.
struct KeySpec {
  std::string name;
  std::string path;
  Kind kind = Kind::Integer;
  std::string help;
  std::string unit;
  std::uint64_t min = 0;
  std::uint64_t max = INT64_MAX;
  std::vector<std::string> choices;  // for texts; empty: any
  std::optional<Value> initial;      // none: absent unless given
  Confidence confidence = Confidence::Unstated;
  std::string source;
  bool required = false;
  bool host_only = false;
  std::function<std::string(const std::string&)> content;  ///< of the file that a text names
};

/// One table as declared.
struct SectionSpec {
  std::string path;
  std::string help;
  std::string preset_folder;  // its presets are files in configs/<preset_folder>/; empty: it has none
  bool repeated = false;      // an array of tables
  std::string condition_key;
  std::vector<std::string> condition_values;
  std::vector<std::string> keys;      // names, in the order of declaration
  std::vector<const KeySpec*> specs;  // of the same keys
  std::vector<std::string> children;  // names of the tables below it
};

/// Declares one key further: `section.integer("cores").default_to(2).range(1, 64).help("Cores of a socket")`.
class Key {
 public:
  explicit Key(KeySpec& spec) : spec_(&spec) {}

  template <class T, std::enable_if_t<std::is_integral_v<T>, int> = 0>
  Key& default_to(T value) {
    if constexpr (std::is_same_v<T, bool>) initial().flag = value;
    else initial().integer = static_cast<std::uint64_t>(value);
    return *this;
  }
  Key& default_to(std::string value) { initial().text = std::move(value); return *this; }
  Key& default_to_texts(std::vector<std::string> values) {
    initial().texts = std::move(values);
    return *this;
  }
  Key& default_to_integers(std::vector<std::uint64_t> values) {
    initial().integers = std::move(values);
    return *this;
  }

  /// One line, without a full stop.
  Key& help(std::string text) { spec_->help = std::move(text); return *this; }
  Key& unit(std::string text) { spec_->unit = std::move(text); return *this; }
  /// Smallest and largest allowed value of an integer, or of each in a list.
  Key& range(std::uint64_t min, std::uint64_t max) { spec_->min = min; spec_->max = max; return *this; }
  /// The only texts allowed, for a text or for each in a list.
  Key& allow(std::vector<std::string> names) { spec_->choices = std::move(names); return *this; }
  /// Where a constant's default comes from, and how far it can be trusted.
  Key& source(Confidence confidence, std::string text) {
    spec_->confidence = confidence;
    spec_->source = std::move(text);
    return *this;
  }
  Key& required() { spec_->required = true; return *this; }
  /// It names a file, and what that holds belongs to config_hash: the function tells contents apart by a few words. It
  /// throws nothing; of what it cannot read it says nothing.
  Key& content(std::function<std::string(const std::string& path)> identity) {
    spec_->content = std::move(identity);
    return *this;
  }
  /// Must not change results, so stays outside config_hash.
  Key& host_only() { spec_->host_only = true; return *this; }

 private:
  Value& initial() { return spec_->initial ? *spec_->initial : spec_->initial.emplace(); }
  KeySpec* spec_;
};

class Schema;

/// Declares the keys of one table. Valid as long as the schema stays where it is.
class Section {
 public:
  Section(Schema& schema, SectionSpec& spec) : schema_(&schema), spec_(&spec) {}

  Key integer(const std::string& name);
  /// A model constant: in TOML a plain integer, or { value, confidence, source, note }. The unit follows from
  /// the name's end (_cycles, _ns, _bytes, _pages), unless it is given.
  Key constant(const std::string& name);
  Key flag(const std::string& name);
  Key text(const std::string& name);
  Key choice(const std::string& name, std::vector<std::string> names);
  Key integers(const std::string& name);
  Key texts(const std::string& name);

  /// The section exists only when the key, of a section without condition, has one of the values.
  Section& only_if(std::string key, std::vector<std::string> values);
  Section& only_if(std::string key, std::string value);
  /// Lets the table be a preset's name, or begin from one. Adds the key `name`: what reports call it.
  Section& presets(std::string folder);

 private:
  Key add(const std::string& name, Kind kind);
  Schema* schema_;
  SectionSpec* spec_;
};

/// Reports a problem at a key's place: path, message, hint.
using Complain = std::function<void(const std::string&, const std::string&, const std::string&)>;
/// A rule that spans keys. Called once every key by itself is right.
using Rule = std::function<void(const Values&, const Complain&)>;

class Schema {
 public:
  Schema();
  Schema(Schema&&) = default;
  Schema& operator=(Schema&&) = default;
  Schema(const Schema&) = delete;
  Schema& operator=(const Schema&) = delete;

  /// The table at a dotted path, new or declared before; "" is the top level.
  Section section(const std::string& path, const std::string& help = {});
  /// An array of tables; its keys are declared like those of a section.
  Section tables(const std::string& path, const std::string& help = {});
  void rule(Rule rule) { rules_.push_back(std::move(rule)); }
  /// A preset that is no file: a plugin's, or a test's.
  void add_preset(const std::string& folder, const std::string& name, const std::string& toml);

  [[nodiscard]] const std::deque<SectionSpec>& sections() const { return sections_; }
  [[nodiscard]] const SectionSpec* find_section(const std::string& path) const;
  [[nodiscard]] const KeySpec* find_key(const std::string& path) const;
  /// The section with these presets: "machines" -> machine.
  [[nodiscard]] const SectionSpec* preset_section(const std::string& folder) const;
  /// What may stand in the section: keys and tables.
  [[nodiscard]] std::vector<std::string> names_in(const SectionSpec& section) const;
  [[nodiscard]] std::vector<std::string> paths() const;
  /// All keys by their paths, those of arrays of tables among them.
  [[nodiscard]] const std::map<std::string, KeySpec*>& keys() const { return key_at_; }
  [[nodiscard]] const std::vector<Rule>& rules() const { return rules_; }
  /// Presets without a file: name -> TOML text.
  [[nodiscard]] const std::map<std::string, std::string>& built_in_presets(const std::string& folder) const;

 private:
  friend class Section;
  SectionSpec& obtain(const std::string& path);
  KeySpec& add_key(SectionSpec& section, const std::string& name, Kind kind);

  std::deque<SectionSpec> sections_;  // deques keep addresses, also when moved
  std::deque<KeySpec> keys_;
  std::map<std::string, SectionSpec*> section_at_;
  std::map<std::string, KeySpec*> key_at_;
  std::map<std::string, std::map<std::string, std::string>> built_in_;
  std::vector<Rule> rules_;
};

/// "machine" + "cores" -> "machine.cores".
std::string join_path(const std::string& parent, const std::string& name);

}  // namespace mmulab::config
