// SPDX-License-Identifier: MIT
#include "tests/sim/config/sample.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace mmulab::config::sample {

Schema schema() {
  Schema s;
  s.section("").texts("invariants").allow({"no-leak", "one-view"}).help("Which to check");
  auto machine = s.section("machine", "The simulated hardware").presets("machines");
  machine.choice("arch", {"x86", "ppc64", "sparc64"}).required().help("The architecture");
  machine.integer("cores").default_to(2).range(1, 1024).unit("cores").help("Cores of a socket");
  machine.integer("optional").help("No default");
  machine.integers("sizes").default_to_integers({12, 21}).range(1, 63);
  machine.constant("walk_cycles").default_to(30).source(Confidence::Low, "a guess").help("One walk");
  machine.constant("ipi_ns").default_to(500);
  auto x86 = s.section("machine.x86", "What only x86 has").only_if("machine.arch", "x86");
  x86.flag("pcid").default_to(true).help("Tagged TLB");
  s.section("machine.ppc64").only_if("machine.arch", "ppc64").integer("groups").required();
  auto strategy = s.section("strategy", "How translations die").presets("strategies");
  strategy.integer("batch").default_to(0);
  strategy.text("reclaim");
  auto task = s.tables("workload.task", "One task");
  task.text("name").required();
  task.integer("pages").default_to(1);
  task.texts("steps");
  auto sim = s.section("sim");
  sim.integer("seed").default_to(1);
  sim.flag("lookahead").default_to(true).host_only();
  return s;
}

Values read(const std::string& text, const Overrides& overrides) {
  return load_text(schema(), "lab.toml", text, overrides);
}

std::string problems(const std::string& text, const Overrides& overrides, const SearchPath& search) {
  try {
    (void)load_text(schema(), "lab.toml", text, overrides, search);
    return {};
  } catch (const Error& error) {
    return error.what();
  }
}

Folder::Folder(const Files& files) {
  std::string name = (std::filesystem::temp_directory_path() / "mmulab-test-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = name;
  for (const auto& [file, text] : files) {
    const auto full = std::filesystem::path(path_) / file;
    std::filesystem::create_directories(full.parent_path());
    std::ofstream(full, std::ios::binary) << text;
  }
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace mmulab::config::sample
