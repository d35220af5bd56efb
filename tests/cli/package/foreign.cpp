// SPDX-License-Identifier: MIT
// What a plugin looks like that was built against another version.
extern "C" const char* mmulab_plugin_interface() { return "0.0.0"; }
extern "C" void mmulab_register() { __builtin_trap(); }
