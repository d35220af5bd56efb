// SPDX-License-Identifier: MIT
// Shared objects that add strategies and memory targets: each exports mmulab_register(), which is called once.
#include <dlfcn.h>

#include "sim/config/diagnostic.h"
#include "sim/lab/run.h"

namespace mmulab::lab {

std::vector<std::string> load_plugins(const std::vector<std::string>& files) {
  std::vector<std::string> loaded;
  for (const std::string& file : files) {
    void* object = dlopen(file.find('/') == std::string::npos ? ("./" + file).c_str() : file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (object == nullptr) throw config::Error(config::diagnose({}, "cannot load the plugin `" + file + "`", dlerror()));
    auto* entry = reinterpret_cast<void (*)()>(dlsym(object, "mmulab_register"));
    if (entry == nullptr)
      throw config::Error(config::diagnose({}, "`" + file + "` is no plugin", "it must export `extern \"C\" void mmulab_register()`"));
    entry();
    loaded.push_back(file);
  }
  return loaded;
}

}  // namespace mmulab::lab
