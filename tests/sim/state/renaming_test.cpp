// SPDX-License-Identifier: MIT
// A World under other names is the World that there would be if everybody had them: put together by hand.
#include "sim/exec/history.h"
#include "sim/state/renaming.h"
#include "tests/support/catch.h"

using namespace mmulab;

namespace {

/// Two words for each of three cpus, one for each of four tasks, and three that name somebody or nobody.
struct Named {
  Named() {
    of_cpus = world.allocate("of_cpus", 6, 1, Coherence::internal);
    world.assign(of_cpus, {Owner::cpu, 3, 0, 2});
    of_tasks = world.allocate("of_tasks", 5, 2, Coherence::internal);
    world.assign(of_tasks, {Owner::task, 4, 1});
    world.name(of_tasks, 1, Names::cpu);
    shared = world.allocate("shared", 1, 3, Coherence::internal);
    world.name(shared, 0, Names::task);
    world.name(shared, 1, Names::cpu_bits);
  }
  void put(Location at, std::uint64_t value) { world.store(at, value); }

  World world;
  Region of_cpus, of_tasks, shared;
};

/// Cpus 1 and 2 change names, and so do tasks 0 and 3.
Renaming exchange(const World& world) {
  return Renaming(world, {CpuId{0}, CpuId{2}, CpuId{1}}, {TaskId{3}, TaskId{1}, TaskId{2}, TaskId{0}});
}

Fingerprint renamed(Named& named) {
  named.world.start_tracking();
  named.world.follow_names();
  return exchange(named.world).fingerprint(named.world);
}

}  // namespace

TEST_CASE("Renaming: records move with their owners, and words name the other one") {
  Named own, other;
  // Cpu 1's second word; what is cpu 0's stays.
  own.put(own.of_cpus.at(3), 7);
  other.put(other.of_cpus.at(5), 7);
  own.put(own.of_cpus.at(0), 9);
  other.put(other.of_cpus.at(0), 9);
  // Task 0, whose record is the second one, is on cpu 2 (plus one); the first record is nobody's.
  own.put(own.of_tasks.at(1, 1), 3);
  other.put(other.of_tasks.at(4, 1), 2);
  own.put(own.of_tasks.at(0, 1), 1);
  other.put(other.of_tasks.at(0, 1), 1);
  // Task 3 plus one; cpus 0 and 2; a number that names nobody.
  own.put(own.shared.at(0, 0), 4);
  other.put(other.shared.at(0, 0), 1);
  own.put(own.shared.at(0, 1), 0b101);
  other.put(other.shared.at(0, 1), 0b011);
  own.put(own.shared.at(0, 2), 4);
  other.put(other.shared.at(0, 2), 4);
  other.world.start_tracking();
  CHECK(renamed(own) == other.world.fingerprint());
  CHECK(own.world.fingerprint() != other.world.fingerprint());
}

TEST_CASE("Renaming: who has another word is another one") {
  Named own, other;
  own.put(own.of_cpus.at(2), 7);
  other.put(other.of_cpus.at(5), 7);
  other.world.start_tracking();
  CHECK(renamed(own) != other.world.fingerprint());
}

TEST_CASE("Renaming: words that come and go are followed") {
  Named named;
  named.put(named.of_cpus.at(2), 7);
  named.world.start_tracking();
  named.world.follow_names();
  const Renaming names = exchange(named.world);
  const Fingerprint before = names.fingerprint(named.world);
  const World::JournalMark mark = named.world.mark();
  named.put(named.of_cpus.at(2), 0);
  named.put(named.of_cpus.at(4), 7);
  // Now cpu 2 has what cpu 1 had.
  named.world.undo_to(mark);
  CHECK(names.fingerprint(named.world) == before);
  named.put(named.of_cpus.at(4), 7);
  CHECK(names.fingerprint(named.world) == named.world.fingerprint());
}

TEST_CASE("Renaming: places, and who is called so") {
  Named named;
  const Renaming names = exchange(named.world);
  CHECK(names(named.of_cpus.at(2)) == named.of_cpus.at(4));
  CHECK(names(named.of_cpus.at(1)) == named.of_cpus.at(1));
  CHECK(names(named.shared.at(0, 2)) == named.shared.at(0, 2));
  CHECK(names(CpuId{1}) == CpuId{2});
  CHECK(names(CoreId{2}) == CoreId{1});
  CHECK_FALSE(names(TaskId::none()).exists());
  CHECK(names(TaskId{9}) == TaskId{9});
  for (std::uint32_t t = 0; t < 5; ++t) CHECK(names.who_is(names(TaskId{t})) == TaskId{t});
}

namespace {

struct Words {
  explicit Words(const Renaming* names) : renaming(names) {}
  void mix(std::uint64_t word) { list.push_back(word); }
  template <class T>
  [[nodiscard]] std::uint64_t name(T who) const {
    return renaming == nullptr ? who.raw() : (*renaming)(who).raw();
  }
  const Renaming* renaming;
  std::vector<std::uint64_t> list;
};

std::vector<std::uint64_t> told(const History& history, const Renaming* names) {
  Words words(names);
  history.tell(words);
  return words.list;
}

template <class... T>
History history_of(const T&... what) {
  History history;
  (history.learn(what), ...);
  return history;
}

}  // namespace

TEST_CASE("A history under other names is that of whoever has them") {
  Named named;
  const Renaming names = exchange(named.world);
  const History own = history_of(CpuId{1}, std::uint64_t{5}, TaskId{3}, named.of_cpus.at(2), CoreId{2});
  const History other = history_of(CpuId{2}, std::uint64_t{5}, TaskId{0}, named.of_cpus.at(4), CoreId{1});
  CHECK(told(own, &names) == told(other, nullptr));
  CHECK(told(own, nullptr) != told(other, nullptr));
  CHECK_FALSE(own == other);
  // A number is no name.
  CHECK(told(history_of(std::uint64_t{1}), &names) != told(history_of(std::uint64_t{2}), nullptr));
  CHECK_FALSE(own.has_own_names());
}

TEST_CASE("A history with more names than it keeps stays under its own") {
  const History many = history_of(CpuId{1}, CpuId{1}, CpuId{1}, CpuId{1}, CpuId{1});
  CHECK(many.has_own_names());
  CHECK_FALSE(many == history_of(CpuId{1}, CpuId{1}, CpuId{1}, CpuId{1}, CpuId{2}));
}
