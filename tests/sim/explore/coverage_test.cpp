// SPDX-License-Identifier: MIT
// Which dependent steps directly followed which, whatever a search has taken back between them.
#include "sim/explore/coverage.h"

#include "tests/support/catch.h"

using namespace mmulab;

namespace {

const Label first{"coverage.first", "pte_read"};
const Label second{"coverage.second", "pte_read"};
const Label third{"coverage.third", "pte_read"};

const Cell<std::uint64_t> word{Location{7}};
const Cell<std::uint64_t> other_word{Location{8}};

MoveInfo by(std::uint32_t agent, const Label& label, Cell<std::uint64_t> written) {
  return {AgentId{agent}, &label, writes(written)};
}

}  // namespace

TEST_CASE("A step follows the one before it, not the one that was taken back") {
  Coverage coverage(true);
  coverage.note(by(0, first, word));
  coverage.note(by(1, second, word));
  coverage.take_back();
  coverage.note(by(2, third, word));
  CHECK(coverage.orders().size() == 2);
  CHECK(coverage.orders().at({&first, &second}) == 1);
  CHECK(coverage.orders().at({&first, &third}) == 1);
}

TEST_CASE("Orders are of dependent steps of two agents, and interrupts between them do not count") {
  Coverage coverage(true);
  coverage.note(by(0, first, word));
  coverage.note(by(0, second, word));
  coverage.note(by(1, third, other_word));
  CHECK(coverage.orders().empty());
  coverage.note({AgentId{2}, nullptr, {}});
  coverage.note(by(2, first, other_word));
  CHECK(coverage.orders().size() == 1);
  CHECK(coverage.orders().at({&third, &first}) == 1);
  coverage.jump();
  coverage.note(by(1, second, other_word));
  CHECK(coverage.orders().size() == 1);
}
