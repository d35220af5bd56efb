// SPDX-License-Identifier: MIT
// The executable's own main, so that no failure comes out as SystemC's exit code 1, which means "violated" here.
#include "sim/cli/app.h"

int main(int argc, char** argv) { return mmulab::cli::entry(argc, argv); }
