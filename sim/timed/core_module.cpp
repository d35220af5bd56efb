// SPDX-License-Identifier: MIT
#include "sim/timed/core_module.h"

#include <string>
#include <systemc>

#include "sim/exec/fiber.h"

namespace mmulab {

struct CoreModules::Module : sc_core::sc_module {
  Module(const sc_core::sc_module_name& name, TimedHost& timed, CoreId id) : sc_module(name), host(timed), core(id) {
    SC_HAS_PROCESS(Module);
    SC_THREAD(body);
  }
  void body() { host.run_core(core); }
  TimedHost& host;
  CoreId core;
};

CoreModules::CoreModules(TimedHost& host) : host_(host) {
  for (std::uint32_t c = 0; c < host.cores(); ++c)
    modules_.push_back(std::make_unique<Module>(("core" + std::to_string(c)).c_str(), host, CoreId{c}));
}

CoreModules::~CoreModules() = default;

void CoreModules::run() {
  // SystemC talks on stdout, which is for data.
  sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
  sc_core::sc_start();
  Fiber::returned_to_thread();
}

void fresh_systemc_kernel() {
  sc_core::sc_curr_simcontext = new sc_core::sc_simcontext;
  sc_core::sc_default_global_context = sc_core::sc_curr_simcontext;
}

}  // namespace mmulab
