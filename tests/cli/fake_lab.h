// SPDX-License-Identifier: MIT
// A laboratory that does what a test says, to see what the command line makes of it.
#pragma once

#include "sim/cli/simulator.h"
#include "tests/cli/shelf.h"

namespace mmulab::cli {

/// What every fake run starts from: a clean run of the strategy that the configuration names.
inline RunResult clean_run(const config::Values& values) {
  RunResult r;
  r.subject.title = "fake";
  r.subject.strategy = values.contains("strategy.name") ? values.text("strategy.name") : "none";
  r.subject.config_hash = values.config_hash();
  r.subject.seed = values.integer("sim.seed");
  r.subject.frequency_mhz = 1000;
  r.end_cycle = Cycle{100};
  r.as_expected = true;
  return r;
}

using FakeRun = std::function<RunResult(const config::Values&, const lab::RunControl&)>;

inline Simulator fake_lab(FakeRun run) {
  Simulator simulator;
  simulator.run = [run](const config::Values& values, const std::string&, const lab::RunControl& control) {
    return run(values, control);
  };
  return simulator;
}

/// A configuration error comes out as it does from the executable: exit code 2, its text on stderr.
inline Outcome act(const Verb& verb, const std::vector<std::string>& words, bool terminal = false) {
  std::ostringstream out;
  std::ostringstream err;
  Streams streams{out, err};
  streams.err_is_terminal = terminal;
  int code = exit_usage;
  try {
    code = verb.act(verb.options.parse(words), streams);
  } catch (const config::Error& error) {
    err << config::render(error.problems());
  }
  return {code, out.str(), err.str()};
}

}  // namespace mmulab::cli
