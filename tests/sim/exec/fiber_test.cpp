// SPDX-License-Identifier: MIT
#include "sim/exec/fiber.h"

#include <new>

#include "tests/support/catch.h"

namespace mmulab {
namespace {

TEST_CASE("A stack that there is no memory for is std::bad_alloc, as all other memory is") {
  constexpr std::size_t beyond_any_address_space = std::size_t{1} << 60U;
  CHECK_THROWS_AS(Fiber(beyond_any_address_space, [](void*) {}, nullptr), std::bad_alloc);
}

}  // namespace
}  // namespace mmulab
