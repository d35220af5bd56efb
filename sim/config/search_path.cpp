// SPDX-License-Identifier: MIT
#include <cstdlib>
#include <filesystem>
#include <set>

#include "sim/config/presets.h"

namespace mmulab::config {
namespace {

namespace fs = std::filesystem;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

void add_list(std::vector<std::string>& folders, const std::string& list) {
  for (std::size_t from = 0; from < list.size();) {
    const auto colon = list.find(':', from);
    const auto to = colon == std::string::npos ? list.size() : colon;
    if (to > from) folders.push_back(list.substr(from, to - from));
    from = to + 1;
  }
}

/// Short for what lies below the working directory, absolute for the rest.
std::string shown(const fs::path& file) {
  std::error_code failure;
  const auto near = fs::proximate(file, failure);
  if (failure || near.empty() || *near.begin() == "..") return file.string();
  return near.string();
}

}  // namespace

SearchPath SearchPath::beside(const std::string& file) {
  SearchPath path;
  std::error_code failure;
  auto folder = fs::absolute(file, failure).lexically_normal().parent_path();
  for (; !failure && !folder.empty(); folder = folder.parent_path()) {
    path.folders_.push_back(folder.string());
    if (folder == folder.root_path()) break;
  }
  const auto rest = standard();
  path.folders_.insert(path.folders_.end(), rest.folders_.begin(), rest.folders_.end());
  return path;
}

SearchPath SearchPath::standard() {
  SearchPath path;
  add_list(path.folders_, environment("MMULAB_CONFIG_PATH"));
  const std::string xdg = environment("XDG_CONFIG_HOME");
  const std::string home = environment("HOME");
  if (!xdg.empty()) path.folders_.push_back(xdg + "/mmulab");
  else if (!home.empty()) path.folders_.push_back(home + "/.config/mmulab");
  // An installation that was moved finds its own files before those of the place it was built for.
  std::error_code failure;
  const auto binary = fs::read_symlink("/proc/self/exe", failure);
  if (!failure)
    path.folders_.push_back((binary.parent_path().parent_path() / "share/mmulab/configs").string());
  path.folders_.emplace_back(MMULAB_SOURCE_CONFIGS);
  path.folders_.emplace_back(MMULAB_SHARE_DIR "/configs");
  return path;
}

std::optional<std::string> SearchPath::find(const std::string& folder, const std::string& name) const {
  if (name.empty() || name.find('/') != std::string::npos || name.find('\0') != std::string::npos) return {};
  for (const auto& base : folders_) {
    const auto file = fs::path(base) / folder / (name + ".toml");
    std::error_code failure;
    if (fs::exists(file, failure)) return shown(file);
  }
  return {};
}

std::vector<std::string> SearchPath::names(const std::string& folder) const {
  std::set<std::string> names;
  for (const auto& base : folders_) {
    std::error_code failure;
    for (fs::directory_iterator at(fs::path(base) / folder, failure), end; !failure && at != end;
         at.increment(failure))
      if (at->path().extension() == ".toml") names.insert(at->path().stem().string());
  }
  return {names.begin(), names.end()};
}

}  // namespace mmulab::config
