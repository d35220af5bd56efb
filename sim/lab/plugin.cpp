// SPDX-License-Identifier: MIT
#include "sim/lab/plugin.h"

#include <dlfcn.h>

#include "sim/config/diagnostic.h"

namespace mmulab::lab {
namespace {

[[noreturn]] void refuse(const std::string& message, const std::string& hint) {
  throw config::Error(config::diagnose({}, message, hint));
}

void load(const std::string& file) {
  // Without a slash dlopen would look through the system's folders.
  const std::string path = file.find('/') == std::string::npos ? "./" + file : file;
  void* object = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (object == nullptr) refuse("cannot load the plugin `" + file + "`", dlerror());
  const auto interface = reinterpret_cast<const char* (*)()>(dlsym(object, "mmulab_plugin_interface"));
  const auto enter = reinterpret_cast<void (*)()>(dlsym(object, "mmulab_register"));
  if (interface == nullptr || enter == nullptr)
    refuse("`" + file + "` is no plugin", "its source must hold MMULAB_PLUGIN { ... }");
  if (std::string(interface()) != MMULAB_PLUGIN_INTERFACE)
    refuse("the plugin `" + file + "` was built for mmulab " + interface(),
           "this is " MMULAB_PLUGIN_INTERFACE ": build the plugin again");
  try {
    enter();
  } catch (const config::Misuse& misuse) {
    refuse("the plugin `" + file + "` cannot be used", misuse.what());
  }
}

}  // namespace

void load_plugins(const std::vector<std::string>& files) {
  for (const std::string& file : files) load(file);
}

}  // namespace mmulab::lab
