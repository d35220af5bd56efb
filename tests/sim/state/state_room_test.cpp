// SPDX-License-Identifier: MIT
#include "sim/state/state_room.h"

#include "sim/state/world.h"
#include "tests/support/catch.h"

using namespace mmulab;

TEST_CASE("A room is full to the word, says for whom, and what was given back can be had again") {
  constexpr std::uint64_t mib = 1 << 17;
  StateRoom room(2 * mib);
  room.take("one", mib);
  room.take("two", mib);
  CHECK_THROWS_WITH(room.take("three", 1),
                    "three would bring the simulated state to 3 MiB; at most 2 MiB are possible");
  CHECK_THROWS_AS(room.take("all there is", ~std::uint64_t{0}), StateRoomFull);
  room.give_back(mib);
  CHECK_NOTHROW(room.take("three", mib));
  CHECK_THROWS_AS(room.take("four", 1), StateRoomFull);
}

TEST_CASE("Worlds of one room have it together, and a World without one has its own limit") {
  constexpr std::uint64_t words = 1 << 10;
  StateRoom room(2 * words);
  World first(room), second(room), alone;
  first.allocate("a", words, 1, Coherence::internal);
  second.allocate("b", words, 1, Coherence::internal);
  CHECK_THROWS_WITH(second.allocate("c", 1, 1, Coherence::internal), Catch::StartsWith("c would bring"));
  CHECK(second.size_words() == words);
  CHECK_NOTHROW(alone.allocate("d", 4 * words, 1, Coherence::internal));
  CHECK_THROWS_AS(alone.allocate("e", World::words_max, 1, Coherence::internal), StateRoomFull);
}
