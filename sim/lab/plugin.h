// SPDX-License-Identifier: MIT
// Shared objects that bring strategies or memory targets. A plugin says what it adds in the body of MMULAB_PLUGIN:
//
//   MMULAB_PLUGIN { mmulab::add_strategy<EveryFour>("every-four", "flushes after every fourth pte", ""); }
//
// It uses the library inside the executable that loads it, so it must have been built against the same version and
// the same build options: it names both, and another one is refused before its code runs.
#pragma once

#include <string>
#include <vector>

// Defined by mmulab::plugin, the CMake target that a plugin links (mmulab_add_plugin does so).
#ifdef MMULAB_PLUGIN_INTERFACE
#define MMULAB_PLUGIN                                                                        \
  extern "C" const char* mmulab_plugin_interface() { return MMULAB_PLUGIN_INTERFACE; } \
  extern "C" void mmulab_register()
#endif

namespace mmulab::lab {

/// Loads each and lets it register what it brings. Throws config::Error if one is missing, is no plugin, was built
/// for something else, or adds a name that is taken.
void load_plugins(const std::vector<std::string>& files);

}  // namespace mmulab::lab
