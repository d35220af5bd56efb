// SPDX-License-Identifier: MIT
#include <filesystem>
#include <ostream>

#include "sim/cli/common_options.h"
#include "sim/cli/verb.h"
#include "sim/config/load.h"
#include "sim/lab/build.h"
#include "sim/lab/schema.h"
#include "sim/sweep/plan.h"

namespace mmulab::cli {
namespace {

/// "machines" for configs/machines/x.toml; empty for a whole configuration.
std::string preset_folder_of(const config::Schema& schema, const std::string& file) {
  std::error_code failure;
  const auto folder =
      std::filesystem::absolute(file, failure).lexically_normal().parent_path().filename().string();
  return !failure && schema.preset_section(folder) != nullptr ? folder : "";
}

std::size_t problems_of(const config::Schema& schema, const std::string& file, Streams& streams) {
  try {
    const std::string folder = preset_folder_of(schema, file);
    if (folder.empty()) {
      const config::Values values = config::load_file(schema, file);
      lab::check_plan(values);
      if (values.position("sweep").exists()) static_cast<void>(sweep::Plan(schema, file, {}));
    } else {
      (void)config::load_preset_file(schema, folder, file);
    }
    streams.out << file << ": ok\n";
    return 0;
  } catch (const config::Error& error) {
    streams.err << config::render(error.problems(), streams.color) << '\n';
    return error.problems().size();
  }
}

int lint(const Arguments& arguments, Streams& streams) {
  const config::Schema schema = lab::schema();
  std::size_t problems = 0;
  for (const auto& file : arguments.positionals()) problems += problems_of(schema, file, streams);
  if (problems == 0) return exit_clean;
  streams.err << problems << (problems == 1 ? " problem\n" : " problems\n");
  return exit_usage;
}

}  // namespace

Verb lint_verb() {
  Verb verb;
  verb.name = "lint";
  verb.help = "Check configuration files without running them";
  verb.details =
      "  mmulab lint FILE...                   says `ok`, or what is wrong, of each\n\n"
      "Reports every problem of every file. A file in a folder machines/, kernels/, strategies/ or\n"
      "workloads/ is checked as a preset, any other as a whole configuration,\n"
      "with the axes of its sweep.\n";
  add_plugin(verb.options.operands("FILE...", 1, SIZE_MAX));
  verb.act = lint;
  return verb;
}

}  // namespace mmulab::cli
