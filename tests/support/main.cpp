// SPDX-License-Identifier: MIT
// libsystemc brings a main() that calls sc_main(); ours wins because it is in the executable itself.
#define CATCH_CONFIG_RUNNER
#ifdef __SANITIZE_ADDRESS__
// The sanitizer reports signals itself, and does not know the stacks that SystemC's threads were abandoned on.
#define CATCH_CONFIG_NO_POSIX_SIGNALS
#endif
#include "tests/support/patience.h"

// libsystemc refers to sc_main even when its main() is not used.
extern "C" int sc_main(int, char**) { return 0; }

int main(int argc, char** argv) {
  const int result = Catch::Session().run(argc, argv);
  if (result == 0 && mmulab::test::left_out != 0) return mmulab::test::skipped;
  // Catch2 counts what has failed.
  return result == mmulab::test::skipped ? 1 : result;
}
