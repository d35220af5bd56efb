// SPDX-License-Identifier: MIT
#include "sim/cli/completion.h"

#include <algorithm>
#include <ostream>
#include <set>
#include <sstream>

#include "sim/cli/shown_kinds.h"
#include "sim/cli/verb.h"
#include "sim/lab/schema.h"

namespace mmulab::cli {
namespace {

bool begins_with(const std::string& text, const std::string& head) { return text.rfind(head, 0) == 0; }

void keep_beginnings(Completion& completion, const std::string& typed) {
  auto& words = completion.words;
  words.erase(std::remove_if(words.begin(), words.end(), [&](const Item& i) { return !begins_with(i.name, typed); }),
              words.end());
}

std::vector<Item> items_of(const std::string& topic) {
  for (const auto& t : topics())
    if (t.name == topic) return t.items(lab::schema());
  return {};
}

std::vector<Item> plain(const std::vector<std::string>& names) {
  std::vector<Item> items;
  for (const auto& name : names) items.push_back({name, ""});
  return items;
}

/// The values that a key, or a table with presets, may have; none where there are too many to list.
std::vector<Item> values_of_key(const std::string& path) {
  const config::Schema schema = lab::schema();
  if (const auto* section = schema.find_section(path); section != nullptr && !section->preset_folder.empty())
    return items_of(section->preset_folder);
  const auto* key = schema.find_key(path);
  if (key == nullptr) return {};
  return key->kind == config::Kind::Flag ? plain({"true", "false"}) : plain(key->choices);
}

/// KEY=VALUE, as far as it is typed.
Completion assignment(const std::string& typed) {
  Completion c;
  if (const auto equals = typed.find('='); equals != std::string::npos) {
    c.words = values_of_key(typed.substr(0, equals));
    for (auto& item : c.words) item.name = typed.substr(0, equals + 1) + item.name;
    return c;
  }
  const config::Schema schema = lab::schema();
  for (const auto& path : schema.paths()) {
    const auto* section = schema.find_section(path);
    const auto* key = schema.find_key(path);
    if (section != nullptr && !section->preset_folder.empty()) c.words.push_back({path + "=", section->help});
    else if (key != nullptr) c.words.push_back({path + "=", key->help});
  }
  return c;
}

/// "FILE STRATEGY..." -> FILE, STRATEGY, STRATEGY and so on; without brackets.
std::string operand_at(const std::string& operands, std::size_t at) {
  std::istringstream words(operands);
  std::string word;
  for (std::size_t i = 0; words >> word && i < at && word.find("...") == std::string::npos;) ++i;
  std::string name;
  for (const char c : word)
    if (c != '[' && c != ']' && c != '.') name += c;
  return words || word.find("...") != std::string::npos ? name : "";
}

std::vector<std::string> choices_in(const std::string& placeholder) {
  std::vector<std::string> choices;
  std::istringstream parts(placeholder);
  for (std::string part; std::getline(parts, part, '|');) choices.push_back(part);
  return choices;
}

std::vector<Item> named(const std::vector<Verb>& all) {
  std::vector<Item> items;
  for (const auto& verb : all) items.push_back({verb.name, verb.help});
  return items;
}

Completion shown_names(const std::vector<std::string>& before) {
  Completion c;
  for (const auto& kind : shown_kinds()) {
    if (before.empty() || kind.name != before.back()) continue;
    if (kind.topic.empty()) c.files = Completion::Files::toml;
    else c.words = items_of(kind.topic);
  }
  return c;
}

/// Of the verb before, its first operand if that is a choice: "import|info|cut".
std::vector<Item> actions_of(const std::vector<std::string>& before) {
  for (const auto& verb : verbs()) {
    const std::string first = operand_at(verb.options.operands(), 0);
    if (!before.empty() && verb.name == before.back() && first.find('|') != std::string::npos)
      return plain(choices_in(first));
  }
  return {};
}

/// What an operand's or option's placeholder stands for. To add a kind of placeholder: one line here.
Completion values_of(const std::string& placeholder, const std::vector<std::string>& before, const std::string& typed) {
  using Files = Completion::Files;
  if (placeholder.empty()) return {};
  if (placeholder == "STRATEGY") return {Files::none, items_of("strategies")};
  if (placeholder == "TOPIC") return {Files::none, [] {
                                        std::vector<Item> items;
                                        for (const auto& t : topics()) items.push_back({t.name, t.help});
                                        return items;
                                      }()};
  if (placeholder == "VERB") return {Files::none, named(verbs())};
  if (placeholder == "ACTION") return {Files::none, actions_of(before)};
  if (placeholder == "KIND") return {Files::none, [] {
                                       std::vector<Item> items;
                                       for (const auto& kind : shown_kinds()) items.push_back({kind.name, ""});
                                       return items;
                                     }()};
  if (placeholder == "NAME") return shown_names(before);
  if (placeholder == "KEY=VALUE" || placeholder == "KEY=VALUES") return assignment(typed);
  if (placeholder == "DIR" || placeholder == "FOLDER") return {Files::folders, {}};
  if (placeholder == "DATABASE") return {Files::database, {}};
  if (placeholder.find("FILE") != std::string::npos) return {Files::any, {}};
  if (placeholder.find('|') != std::string::npos) return {Files::none, plain(choices_in(placeholder))};
  return {};
}

Completion operand(const Verb& verb, const std::vector<std::string>& before, const std::string& typed) {
  const std::string placeholder = operand_at(verb.options.operands(), before.size());
  if (placeholder == "FILE" || placeholder == "PLAN") return {Completion::Files::toml, {}};
  Completion c = values_of(placeholder, before, typed);
  if (c.words.empty() && c.files == Completion::Files::none && !placeholder.empty() && placeholder != "NAME" &&
      placeholder != "ACTION")
    c.files = Completion::Files::any;
  return c;
}

Completion option_value(const Options::Option& option, const std::string& typed) {
  if (!option.choices.empty()) return {Completion::Files::none, plain(option.choices)};
  if (!option.key.empty()) return {Completion::Files::none, values_of_key(option.key)};
  return values_of(option.placeholder, {}, typed);
}

Completion option_names(const Options& options, const std::set<std::string>& given) {
  Completion c;
  for (const auto& option : options.declared())
    if (option.takes == Options::Takes::Texts || given.count(option.name) == 0)
      c.words.push_back({"--" + option.name, option.help});
  return c;
}

/// The words after the verb, but for the one being typed.
struct Before {
  std::vector<std::string> operands;
  std::set<std::string> given;
  const Options::Option* open = nullptr;  ///< the last word is this option, which takes a value
};

Before read(const Options& options, const std::vector<std::string>& words) {
  Before before;
  for (std::size_t i = 1; i + 1 < words.size(); ++i) {
    const std::string& word = words[i];
    if (before.open != nullptr) {
      before.open = nullptr;
    } else if (word.size() > 2 && begins_with(word, "--")) {
      const auto equals = word.find('=');
      const auto* option = options.find(word.substr(2, equals == std::string::npos ? equals : equals - 2));
      if (option == nullptr) continue;
      before.given.insert(option->name);
      if (option->takes != Options::Takes::Nothing && equals == std::string::npos) before.open = option;
    } else if (word.size() == 2 && word.front() == '-') {
      for (const auto& option : options.declared())
        if (Options::letter_of(option.name) == word[1] && option.takes != Options::Takes::Nothing)
          before.open = &option;
    } else if (!begins_with(word, "-")) {
      before.operands.push_back(word);
    }
  }
  return before;
}

Completion after_verb(const Verb& verb, const std::vector<std::string>& words) {
  const std::string& typed = words.back();
  const Before before = read(verb.options, words);
  if (before.open != nullptr) return option_value(*before.open, typed);
  const auto equals = typed.find('=');
  if (begins_with(typed, "--") && equals != std::string::npos) {
    const auto* option = verb.options.find(typed.substr(2, equals - 2));
    if (option == nullptr) return {};
    Completion c = option_value(*option, typed.substr(equals + 1));
    for (auto& item : c.words) item.name = typed.substr(0, equals + 1) + item.name;
    return c;
  }
  if (begins_with(typed, "-")) return option_names(verb.options, before.given);
  return operand(verb, before.operands, typed);
}

int completion(const Arguments& arguments, Streams& streams) {
  const auto& operands = arguments.positionals();
  if (operands.front() != "words") {
    if (operands.size() > 1)
      throw config::Error(config::diagnose({}, "unexpected operand `" + operands[1] + "`"));
    streams.out << completion_script(operands.front());
    return exit_clean;
  }
  streams.out << to_text(complete({operands.begin() + 1, operands.end()}));
  return exit_clean;
}

}  // namespace

Completion complete(const std::vector<std::string>& words) {
  Completion c;
  if (words.size() <= 1) {
    c.words = named(verbs());
    c.words.push_back({"--help", "Show the verbs"});
    c.words.push_back({"--version", "Show the version"});
  } else {
    for (const auto& verb : verbs())
      if (verb.name == words.front()) c = after_verb(verb, words);
  }
  if (!words.empty()) keep_beginnings(c, words.back());
  return c;
}

std::string to_text(const Completion& completion) {
  constexpr const char* files[] = {"none", "any", "toml", "database", "folders"};
  std::string text = std::string(files[static_cast<int>(completion.files)]) + "\n";
  for (const auto& [name, help] : completion.words) text += name + "\t" + help + "\n";
  return text;
}

Verb completion_verb() {
  Verb verb;
  verb.name = "completion";
  verb.help = "Write the script that teaches a shell to complete mmulab's command lines";
  verb.details =
      "  mmulab completion bash > ~/.local/share/bash-completion/completions/mmulab     for the next bash\n"
      "  mmulab completion zsh > ~/.zfunc/_mmulab                   with fpath+=(~/.zfunc) before compinit\n"
      "  mmulab completion fish > ~/.config/fish/completions/mmulab.fish                for the next fish\n\n"
      "`cmake --install` puts all three where the shells look. Verbs, options, keys, presets and files are completed.\n"
      "The scripts ask `mmulab completion words -- WORD...`, whose last WORD is being typed.\n";
  verb.options.operands("bash|zsh|fish|words [WORD...]", 1, SIZE_MAX);
  verb.act = completion;
  return verb;
}

}  // namespace mmulab::cli
