// SPDX-License-Identifier: MIT
#include "tests/support/catch.h"

#include <vector>

#include "sim/check/copy_on_write.h"

namespace mmulab {
namespace {

TEST_CASE("Copies share a value until one of them is written") {
  CopyOnWrite<std::vector<int>> one;
  one.write().push_back(1);
  const std::vector<int>* before = &*one;
  CopyOnWrite<std::vector<int>> other = one;
  CHECK(&*other == before);
  other.write().push_back(2);
  CHECK(&*other != before);
  CHECK(&*one == before);
  CHECK(one->size() == 1);
  CHECK(other->size() == 2);
}

TEST_CASE("Whoever has a value to himself writes it where it is") {
  CopyOnWrite<std::vector<int>> one;
  const std::vector<int>* before = &*one;
  {
    const CopyOnWrite<std::vector<int>> gone = one;
    CHECK(&*gone == before);
  }
  one.write().push_back(1);
  CHECK(&*one == before);
}

}  // namespace
}  // namespace mmulab
