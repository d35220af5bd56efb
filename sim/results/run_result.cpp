// SPDX-License-Identifier: MIT
#include "sim/results/run_result.h"

namespace mmulab {

const char* name_of(RunVerdict verdict) {
  switch (verdict) {
    case RunVerdict::clean: return "clean";
    case RunVerdict::violated: return "violated";
    case RunVerdict::vacuous: return "vacuous";
    case RunVerdict::undecided: return "undecided";
    case RunVerdict::interrupted: return "undecided";
  }
  return "undecided";
}

int exit_code(const RunResult& result, bool expect) {
  if (result.verdict == RunVerdict::interrupted) return 130;
  if (result.verdict == RunVerdict::undecided) return 3;
  if (expect) return result.as_expected && result.verdict != RunVerdict::vacuous ? 0 : 1;
  return result.verdict == RunVerdict::clean ? 0 : 1;
}

}  // namespace mmulab
