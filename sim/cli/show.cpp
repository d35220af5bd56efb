// SPDX-License-Identifier: MIT
#include "sim/cli/shown_kinds.h"

#include <ostream>

#include "models/invariants/register.h"
#include "sim/cli/common_options.h"
#include "sim/cli/verb.h"
#include "sim/config/load.h"
#include "sim/config/markdown.h"
#include "sim/config/nearest.h"
#include "sim/config/printer.h"
#include "sim/lab/schema.h"

namespace mmulab::cli {
namespace {

std::string show_config(const std::string& file, const Arguments& arguments) {
  const auto schema = lab::schema();
  const auto values = config::load_file(schema, file, arguments.all("set"));
  return "# config_hash " + values.config_hash() + "\n" + config::to_toml(schema, values);
}

std::string show_preset(const std::string& folder, const std::string& name, const Arguments& arguments) {
  const auto schema = lab::schema();
  const auto values =
      config::load_preset(schema, folder, name, arguments.all("set"), config::SearchPath::standard());
  return config::to_toml(schema, values, schema.preset_section(folder)->path);
}

std::string show_key(const std::string& path, const Arguments& /*arguments*/) {
  const auto schema = lab::schema();
  if (const auto* key = schema.find_key(path)) return config::describe_key(*key);
  if (const auto* section = schema.find_section(path)) return config::describe_section(schema, *section);
  const std::string close = config::nearest(path, schema.paths());
  throw config::Error(
      config::diagnose({}, "there is no key `" + path + "`",
                       close.empty() ? "`mmulab list keys` lists them" : "did you mean `" + close + "`?"));
}

std::string show_invariant(const std::string& name, const Arguments&) {
  std::vector<std::string> names;
  for (const auto& invariant : make_invariants(LedgerConfig{})) {
    if (invariant->name() == name) return explain(invariant->text());
    names.push_back(invariant->name());
  }
  throw config::Error(config::diagnose({}, "there is no invariant `" + name + "`", config::suggestion(name, names)));
}

int show(const Arguments& arguments, Streams& streams) {
  const std::string& wanted = arguments.positionals()[0];
  std::vector<std::string> names;
  for (const auto& kind : shown_kinds()) {
    if (kind.name == wanted) {
      streams.out << kind.text(arguments.positionals()[1], arguments);
      return exit_clean;
    }
    names.push_back(kind.name);
  }
  throw config::Error(
      config::diagnose({}, "there is no kind `" + wanted + "` to show", config::suggestion(wanted, names)));
}

}  // namespace

const std::vector<ShownKind>& shown_kinds() {
  const auto preset = [](const std::string& folder) {
    return [folder](const std::string& name, const Arguments& arguments) {
      return show_preset(folder, name, arguments);
    };
  };
  static const std::vector<ShownKind> table = {
      {"config", "", show_config},
      {"machine", "machines", preset("machines")},
      {"kernel", "kernels", preset("kernels")},
      {"strategy", "strategies", preset("strategies")},
      {"workload", "workloads", preset("workloads")},
      {"key", "keys", show_key},
      {"invariant", "invariants", show_invariant},
  };
  return table;
}

Verb show_verb() {
  Verb verb;
  verb.name = "show";
  verb.help = "Show a configuration fully expanded, a preset, or the documentation of a key";
  verb.details =
      "  mmulab show config FILE --set machine.cores=8    every value and where it is from\n"
      "  mmulab show strategy ppc64-2.6.22                a machine, kernel, strategy or workload\n"
      "  mmulab show key machine.cores                    what a key or a section means\n";
  add_plugin(add_set(verb.options.operands("KIND NAME", 2, 2)));
  verb.act = show;
  return verb;
}

}  // namespace mmulab::cli
