// SPDX-License-Identifier: MIT
// A folder of configurations that goes away with the test, and a verb run as a function.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "sim/cli/verb.h"

namespace mmulab::cli {

/// What came out of a command.
struct Outcome {
  int code;
  std::string out;
  std::string err;
};

/// A folder with scenarios and their presets.
class Shelf {
 public:
  Shelf() {
    std::string name = (std::filesystem::temp_directory_path() / "mmulab-cli-XXXXXX").string();
    path_ = mkdtemp(name.data());
    write("machines/tiny.toml", "# A very small machine\narch = 'ppc64'\ncores = 1\ntable_bits = [9, 7, 7, 9]\n");
    write("kernels/old.toml", "version = '2.6.20'\n");
    write("scenarios/good.toml",
          "machine = 'tiny'\nkernel = 'old'\nstrategy.recorder = 'batch'\nworkload.kind = 'unmap'\n");
    write("scenarios/bad.toml",
          "machine = 'tiny'\nkernel = 'old'\nstrategy.recorder = 'batch'\nworkload.kind = 'unmap'\nsim.sede = "
          "1\nsim.seed = -1\n");
  }
  ~Shelf() { std::filesystem::remove_all(path_); }
  Shelf(const Shelf&) = delete;
  Shelf& operator=(const Shelf&) = delete;
  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name) << text;
  }
  [[nodiscard]] std::string read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(path_ / name).rdbuf();
    return text.str();
  }
  /// How many files lie directly in the folder of that name.
  [[nodiscard]] std::size_t files_in(const std::string& name) const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(path_ / name))
      count += entry.is_regular_file() ? 1U : 0U;
    return count;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace mmulab::cli
