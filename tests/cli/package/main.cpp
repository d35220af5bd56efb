// SPDX-License-Identifier: MIT
// Another project's program on the installed library.
#include <cstdio>

#include "sim/config/load.h"
#include "sim/config/schema.h"

// libsystemc refers to it even when its main() is not used.
extern "C" int sc_main(int, char**) { return 0; }

int main() {
  mmulab::config::Schema schema;
  schema.section("a").integer("b").default_to(42);
  std::printf("%d\n", static_cast<int>(mmulab::config::load_text(schema, "none", "").integer("a.b")));
}
