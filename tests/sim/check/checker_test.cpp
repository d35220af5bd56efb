// SPDX-License-Identifier: MIT
#include "tests/support/catch.h"

#include "sim/check/checker.h"

namespace mmulab {
namespace {

const InvariantText even_text{"even-pages", "pages are even", "pte_stored", "page % 2 = 0", "odd", "everything"};

/// Complains about every odd page; remembers how many pages it has seen.
class EvenPages : public RememberedAs<std::uint64_t, Invariant> {
 public:
  explicit EvenPages(bool applicable = true)
      : RememberedAs(even_text, applicable, EventKinds{EventKind::pte_stored}) {}
  void on_event(const Event& event) override {
    exercise();
    ++state_;
    if (event.page.raw() % 2 == 0) return;
    Violation v;
    v.class_id = event.page.raw() == 13 ? "unlucky" : "odd";
    v.page = event.page;
    report(v);
  }
  void mix_into(StateHash& hash) const override { hash.mix(state_); }
  [[nodiscard]] std::uint64_t seen() const { return state_; }
};

class SawFlush : public Goal {
 public:
  SawFlush() : Goal("saw-flush", "a flush happens", EventKinds{EventKind::flush_done}) {}
  void on_event(const Event&) override { reach(); }
};

Event stored(std::uint64_t page) {
  Event e{EventKind::pte_stored};
  e.page = VirtPage{page};
  return e;
}

TEST_CASE("An invariant that judged and found nothing is clean, one that never judged is vacuous only if named") {
  for (const Selection selection : {Selection::by_default, Selection::named}) {
    Checker checker;
    checker.add(std::make_unique<EvenPages>(), selection);
    const bool named = selection == Selection::named;
    CHECK(checker.verdict() == (named ? Verdict::vacuous : Verdict::clean));
    CHECK(checker.results()[0].status == (named ? InvariantStatus::vacuous : InvariantStatus::not_exercised));
    checker.on_event(stored(2));
    CHECK(checker.verdict() == Verdict::clean);
    CHECK(checker.results()[0].status == InvariantStatus::clean);
    CHECK(checker.results()[0].exercised == 1);
  }
}

TEST_CASE("An inapplicable invariant sees nothing and prints n/a beside one that applies") {
  Checker checker;
  checker.add(std::make_unique<EvenPages>(false), Selection::named);
  checker.add(std::make_unique<EvenPages>(), Selection::named);
  checker.on_event(stored(2));
  CHECK(checker.verdict() == Verdict::clean);
  CHECK(std::string(name_of(checker.results()[0].status)) == "n/a");
  CHECK(checker.results()[0].exercised == 0);
}

TEST_CASE("Where no invariant applies that was chosen nothing is checked") {
  for (const Selection selection : {Selection::by_default, Selection::named}) {
    Checker checker;
    checker.add(std::make_unique<EvenPages>(false), selection);
    checker.on_event(stored(1));
    const bool named = selection == Selection::named;
    CHECK(checker.verdict() == (named ? Verdict::vacuous : Verdict::clean));
    CHECK(checker.results()[0].status == (named ? InvariantStatus::vacuous : InvariantStatus::not_applicable));
  }
}

TEST_CASE("An invariant that an expectation names must be exercised") {
  Checker checker;
  checker.add(std::make_unique<EvenPages>(), Selection::by_default);
  checker.expect({"even-pages", "odd", "known"});
  CHECK(checker.verdict() == Verdict::vacuous);
  CHECK(checker.unknown_expectations().empty());
  checker.expect({"no-such", "x", ""});
  CHECK(checker.unknown_expectations() == std::vector<std::string>{"no-such"});
}

TEST_CASE("Under stop the callback comes once, on the first violation, under count never") {
  for (const OnViolation policy : {OnViolation::stop, OnViolation::count}) {
    Checker checker(CheckerOptions{policy, 16});
    std::vector<std::uint64_t> stopped_on;
    checker.on_stop([&](const Violation& v) { stopped_on.push_back(v.page.raw()); });
    checker.add(std::make_unique<EvenPages>(), Selection::named);
    for (const std::uint64_t page : {2U, 5U, 7U}) checker.on_event(stored(page));
    CHECK(stopped_on ==
          (policy == OnViolation::stop ? std::vector<std::uint64_t>{5} : std::vector<std::uint64_t>{}));
    CHECK(checker.verdict() == Verdict::violated);
  }
}

TEST_CASE("Under count only the first violations of an invariant are kept, but all are counted") {
  Checker checker(CheckerOptions{OnViolation::count, 2});
  checker.add(std::make_unique<EvenPages>(), Selection::named);
  for (const std::uint64_t page : {1U, 3U, 5U, 7U}) checker.on_event(stored(page));
  REQUIRE(checker.violations().size() == 2);
  CHECK(checker.violations()[1].page.raw() == 3);
  CHECK(checker.violation_count() == 4);
  CHECK(checker.results()[0].violations == 4);
}

TEST_CASE("A run is as expected iff exactly the expected (invariant, class) pairs occurred") {
  Checker checker(CheckerOptions{OnViolation::count, 16});
  checker.add(std::make_unique<EvenPages>(), Selection::by_default);
  checker.expect({"even-pages", "odd", "known since 2007"});
  CHECK_FALSE(checker.as_expected());
  checker.on_event(stored(1));
  CHECK(checker.as_expected());
  CHECK(checker.violations()[0].expected);
  CHECK(checker.verdict() == Verdict::violated);
  checker.on_event(stored(13));
  CHECK(checker.all_expected_seen());
  CHECK_FALSE(checker.as_expected());
  CHECK_FALSE(checker.violations()[1].expected);
}

TEST_CASE("A named goal that was never reached makes the verdict vacuous") {
  Checker checker;
  checker.add_goal(std::make_unique<SawFlush>(), Selection::named);
  CHECK(checker.verdict() == Verdict::vacuous);
  checker.on_event(Event{EventKind::flush_done});
  CHECK(checker.verdict() == Verdict::clean);
  CHECK(checker.goals()[0].reached == 1);
}

TEST_CASE("Restoring takes an observer's state back, but not its counts") {
  Checker checker;
  auto owned = std::make_unique<EvenPages>();
  const EvenPages& even = *owned;
  checker.add(std::move(owned), Selection::named);
  checker.on_event(stored(2));
  Checker::Saved saved;
  checker.save(saved);
  const std::uint64_t before = checker.fingerprint().low();
  checker.on_event(stored(4));
  CHECK(checker.fingerprint().low() != before);
  checker.restore(saved);
  CHECK(checker.fingerprint().low() == before);
  CHECK(even.seen() == 1);
  CHECK(even.exercised() == 2);
}

TEST_CASE("An event that an observer does not want leaves it out of what is saved before, and of what is put back") {
  Checker checker;
  auto owned = std::make_unique<EvenPages>();
  const EvenPages& even = *owned;
  checker.add(std::move(owned), Selection::named);
  checker.on_event(stored(2));
  Checker::Saved first;
  checker.save_before(Event{EventKind::flush_done}, first);
  CHECK(first.held.none());
  checker.on_event(Event{EventKind::flush_done});
  Checker::Saved second;
  checker.save_before(stored(4), second);
  checker.on_event(stored(4));
  // Held already: that it has seen four is not what was before.
  checker.save_before(stored(6), second);
  checker.on_event(stored(6));
  CHECK(second.held.count() == 1);
  CHECK(even.seen() == 3);
  std::bitset<Checker::observers_max> put_back;
  checker.restore_but(put_back, first);
  CHECK(even.seen() == 3);
  checker.restore_but(put_back, second);
  CHECK(even.seen() == 1);
  // Whoever has been put back to an earlier state stays there.
  Checker::Saved third;
  checker.save(third);
  checker.on_event(stored(8));
  checker.restore_but(put_back, third);
  CHECK(even.seen() == 2);
}

}  // namespace
}  // namespace mmulab
