// SPDX-License-Identifier: MIT
// The checker owns the selected invariants and goals and the reference models that they read, hands each event to
// whoever wants it, keeps the violations, and draws the verdict of a run. Decisions: DESIGN.md, idea 4.
#pragma once

#include <array>
#include <bitset>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "sim/check/invariant.h"

namespace mmulab {

enum class OnViolation : std::uint8_t {
  stop,   ///< calls back on the first one; the run is to end there
  count,  ///< goes on; the first few of each invariant are kept in full
};

struct CheckerOptions {
  OnViolation policy = OnViolation::stop;
  std::size_t kept_per_invariant = 16;
};

/// Whether the scenario named an invariant itself; only then must it have been exercised.
enum class Selection : std::uint8_t { by_default, named };

enum class Verdict : std::uint8_t { clean, violated, vacuous };
[[nodiscard]] const char* name_of(Verdict verdict);

enum class InvariantStatus : std::uint8_t { clean, violated, vacuous, not_exercised, not_applicable };
[[nodiscard]] const char* name_of(InvariantStatus status);

struct InvariantResult {
  std::string name;
  InvariantStatus status = InvariantStatus::clean;
  std::uint64_t exercised = 0;
  std::uint64_t violations = 0;
};
struct GoalResult {
  std::string name;
  std::uint64_t reached = 0;
  bool vacuous = false;
};

class Checker : public EventObserver, private ViolationSink {
 public:
  explicit Checker(CheckerOptions options = {}) : options_(options) {}

  // ---- assembly; models first, in the order in which they see events
  void add_model(std::unique_ptr<ReferenceModel> model);
  void add(std::unique_ptr<Invariant> invariant, Selection selection);
  void add_goal(std::unique_ptr<Goal> goal, Selection selection);
  /// Marks violations of this (invariant, class); the invariant then counts as named.
  void expect(Expectation expectation);
  /// The names in the expectations that no selected invariant has.
  [[nodiscard]] std::vector<std::string> unknown_expectations() const;
  /// Under `stop`: called once, on the first violation; under `count` never.
  void on_stop(std::function<void(const Violation&)> callback) { on_stop_ = std::move(callback); }
  /// Called on every violation, under either policy.
  void on_violation(std::function<void(const Violation&)> callback) { on_violation_ = std::move(callback); }

  void on_event(const Event& event) override;

  // ---- results
  [[nodiscard]] Verdict verdict() const;
  /// Exactly the expected (invariant, class) pairs occurred.
  [[nodiscard]] bool as_expected() const;
  /// Every expected pair has occurred: `check --expect` may end.
  [[nodiscard]] bool all_expected_seen() const;
  [[nodiscard]] const std::vector<Violation>& violations() const { return violations_; }
  [[nodiscard]] std::uint64_t violation_count() const { return total_; }
  /// How often each (invariant, class) occurred.
  using Pair = std::pair<std::string, std::string>;
  [[nodiscard]] const std::map<Pair, std::uint64_t>& occurrences() const { return occurrences_; }
  [[nodiscard]] std::vector<InvariantResult> results() const;
  [[nodiscard]] std::vector<GoalResult> goals() const;
  /// Some goal must be reached.
  [[nodiscard]] bool names_goals() const;
  [[nodiscard]] const std::vector<Expectation>& expectations() const { return expectations_; }
  [[nodiscard]] Invariant* find(const std::string& name) const;

  // ---- for an explorer: the state of all observers; counts and violations are never taken back
  static constexpr std::size_t observers_max = 128;
  /// What some observers remembered; who is not `held` has a copy that may be written over.
  struct Saved {
    std::vector<std::unique_ptr<Memory>> memories;
    std::bitset<observers_max> held;
  };
  void save(Saved& saved) const;
  /// Adds those who are not held yet and whom the event may change.
  void save_before(const Event& event, Saved& saved) const;
  /// All that are held but `those`, to which they are added.
  void restore_but(std::bitset<observers_max>& those, const Saved& saved);
  void restore(const Saved& saved);
  [[nodiscard]] StateHash fingerprint(const Renaming* names = nullptr) const;
  /// A fresh run: the observers' state only. forget_violations() drops what was found.
  void reset();
  void forget_violations();

 private:
  template <class Observer>
  struct Chosen {
    std::unique_ptr<Observer> observer;
    Selection selection;
  };
  struct Listener {
    EventObserver* observer;
    std::size_t number;  ///< in remembering_
  };
  template <class Observer>
  void listen(Observer& observer);
  void hold(std::size_t number, Saved& saved) const;
  void report(Violation violation) override;
  template <class F>
  void each_memory(F&& f) const;
  [[nodiscard]] bool is_expected(const std::string& invariant, const std::string& class_id) const;
  [[nodiscard]] bool is_named(const Chosen<Invariant>& chosen) const;
  [[nodiscard]] bool none_applies() const;
  [[nodiscard]] std::uint64_t count_of(const std::string& invariant) const;

  CheckerOptions options_;
  std::vector<std::unique_ptr<ReferenceModel>> models_;
  std::vector<Chosen<Invariant>> invariants_;
  std::vector<Chosen<Goal>> goals_;
  std::array<std::vector<Listener>, EventKinds::limit> wanted_by_;
  std::vector<Remembers*> remembering_;  ///< models, and whoever is told of events
  std::vector<Expectation> expectations_;
  std::function<void(const Violation&)> on_stop_;
  std::function<void(const Violation&)> on_violation_;
  std::vector<Violation> violations_;
  std::map<Pair, std::uint64_t> occurrences_;
  std::uint64_t total_ = 0;
};

}  // namespace mmulab
