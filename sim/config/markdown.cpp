// SPDX-License-Identifier: MIT
#include "sim/config/markdown.h"

#include <fmt/ranges.h>

#include "sim/config/printer.h"

namespace mmulab::config {
namespace {

const char* kind_name(const KeySpec& key) {
  switch (key.kind) {
    case Kind::Integer: return "integer";
    case Kind::Constant: return "constant";
    case Kind::Flag: return "flag";
    case Kind::Text: return key.choices.empty() ? "text" : "choice";
    case Kind::Integers: return "integers";
    case Kind::Texts: return "texts";
  }
  return "";
}

std::string allowed(const KeySpec& key) {
  if (!key.choices.empty()) return fmt::format("{}", fmt::join(key.choices, ", "));
  if (key.kind == Kind::Flag) return "true, false";
  if (key.kind == Kind::Text || key.kind == Kind::Texts) return {};
  if (key.max != INT64_MAX) return fmt::format("{} to {}", key.min, key.max);
  return key.min == 0 ? "" : fmt::format("at least {}", key.min);
}

std::string default_of(const KeySpec& key) {
  if (key.initial) return literal(key.kind, *key.initial);
  return key.required ? "required" : "none";
}

std::string default_cell(const KeySpec& key) {
  return key.initial ? "`" + default_of(key) + "`" : default_of(key);
}

std::string remarks(const KeySpec& key) {
  std::string text;
  if (!key.source.empty())
    text += fmt::format(" Default from {} ({} confidence).", key.source, name_of(key.confidence));
  if (key.host_only) text += " Outside `config_hash`.";
  return text;
}

std::string cell(const std::string& text) {
  std::string escaped;
  for (const char c : text) escaped += c == '|' ? "\\|" : std::string(1, c);
  return escaped;
}

std::string condition(const SectionSpec& section) {
  if (section.condition_key.empty()) return {};
  return fmt::format("Only when `{}` is {}.", section.condition_key,
                     fmt::join(section.condition_values, " or "));
}

std::string section_markdown(const Schema& schema, const SectionSpec& section) {
  const std::string title = section.path.empty() ? "Top level"
                            : section.repeated   ? "`[[" + section.path + "]]`"
                                                 : "`[" + section.path + "]`";
  std::string text = "\n## " + title + "\n\n";
  if (!section.help.empty()) text += section.help + ".\n";
  if (!section.preset_folder.empty())
    text += fmt::format(
        "A preset's name from `{}/`, or a table that may begin from one with `preset = \"NAME\"`.\n",
        section.preset_folder);
  if (!section.condition_key.empty()) text += condition(section) + "\n";
  if (text.back() == '\n' && text[text.size() - 2] != '\n') text += '\n';
  text += "| key | kind | unit | default | allowed | meaning |\n|---|---|---|---|---|---|\n";
  for (const auto& name : section.keys) {
    const KeySpec& key = *schema.find_key(join_path(section.path, name));
    text += fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", name, kind_name(key), key.unit,
                        cell(default_cell(key)), cell(allowed(key)),
                        cell(key.help + (key.help.empty() ? "" : ".") + remarks(key)));
  }
  return text;
}

constexpr const char* introduction = R"(# Configuration

This page is generated from the schema that checks every file; do not edit it.

A configuration is TOML. Values come from, later over earlier: the defaults below, the presets that the file
names, the file, and `--set KEY=VALUE`. `mmulab show config FILE` prints the result with the origin of each
value, and `mmulab lint FILE` checks a file without running it. Unknown keys are errors.

A preset is a file `machines/NAME.toml`, `kernels/NAME.toml`, `strategies/NAME.toml` or `workloads/NAME.toml`,
looked for beside the configuration file and in the folders above it, in `$MMULAB_CONFIG_PATH`, in the user's
folder (`~/.config/mmulab`), and among the shipped ones. A preset may itself begin from another with
`preset = "NAME"`; tables merge key by key, lists and arrays of tables are replaced as a whole.

`--set strategy=NAME` replaces everything that the file says in `[strategy]`; `--set strategy.KEY=VALUE` changes
one key. Overrides apply in the order given.

A *constant* is a plain integer, or a table `{ value = 200, confidence = "high", source = "where it is from",
note = "..." }` with confidence `high`, `medium` or `low`.
)";

}  // namespace

std::string markdown(const Schema& schema) {
  std::string text = introduction;
  for (const auto& section : schema.sections())
    if (!section.keys.empty()) text += section_markdown(schema, section);
  return text;
}

std::string describe_key(const KeySpec& key) {
  std::string text = fmt::format("{}: {}\n", key.path, key.help);
  text += fmt::format("  kind     {}\n", kind_name(key));
  if (!key.unit.empty()) text += fmt::format("  unit     {}\n", key.unit);
  text += fmt::format("  default  {}\n", default_of(key));
  if (!allowed(key).empty()) text += fmt::format("  allowed  {}\n", allowed(key));
  if (!key.source.empty())
    text += fmt::format("  source   {} ({} confidence)\n", key.source, name_of(key.confidence));
  if (key.host_only) text += "  outside config_hash: does not change results\n";
  return text;
}

std::string describe_section(const Schema& schema, const SectionSpec& section) {
  std::string text = fmt::format("{}: {}\n", section.path.empty() ? "top level" : section.path, section.help);
  if (!section.condition_key.empty()) text += "  " + condition(section) + "\n";
  for (const auto& name : section.keys) {
    const KeySpec& key = *schema.find_key(join_path(section.path, name));
    text += fmt::format("  {:<28} {:<9} {}\n", name, kind_name(key), key.help);
  }
  for (const auto& child : section.children) text += fmt::format("  {:<28} table\n", child);
  return text;
}

}  // namespace mmulab::config
