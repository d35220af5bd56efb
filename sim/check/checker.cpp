// SPDX-License-Identifier: MIT
#include "sim/check/checker.h"

#include <algorithm>

#include "sim/units/assert.h"

namespace mmulab {

const char* name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::clean: return "clean";
    case Verdict::violated: return "violated";
    case Verdict::vacuous: return "vacuous";
  }
  return "?";
}

const char* name_of(InvariantStatus status) {
  switch (status) {
    case InvariantStatus::clean: return "clean";
    case InvariantStatus::violated: return "violated";
    case InvariantStatus::vacuous: return "vacuous";
    case InvariantStatus::not_exercised: return "not exercised";
    case InvariantStatus::not_applicable: return "n/a";
  }
  return "?";
}

void Checker::add_model(std::unique_ptr<ReferenceModel> model) {
  for (std::vector<Listener>& listeners : wanted_by_)
    listeners.insert(listeners.begin() + static_cast<std::ptrdiff_t>(models_.size()),
                     {model.get(), remembering_.size()});
  remembering_.push_back(model.get());
  models_.push_back(std::move(model));
}

template <class Observer>
void Checker::listen(Observer& observer) {
  for (std::size_t kind = 0; kind < EventKinds::limit; ++kind)
    if (observer.kinds().has(static_cast<EventKind>(kind)))
      wanted_by_[kind].push_back({&observer, remembering_.size()});
  remembering_.push_back(&observer);
  MMULAB_ASSERT(remembering_.size() <= observers_max, "a run has few observers");
}

void Checker::add(std::unique_ptr<Invariant> invariant, Selection selection) {
  invariant->set_sink(this);
  if (invariant->applicable()) listen(*invariant);
  invariants_.push_back({std::move(invariant), selection});
}

void Checker::add_goal(std::unique_ptr<Goal> goal, Selection selection) {
  listen(*goal);
  goals_.push_back({std::move(goal), selection});
}

void Checker::expect(Expectation expectation) {
  expectations_.push_back(std::move(expectation));
  for (Violation& v : violations_) v.expected = is_expected(v.invariant, v.class_id);
}

std::vector<std::string> Checker::unknown_expectations() const {
  std::vector<std::string> unknown;
  for (const Expectation& e : expectations_)
    if (find(e.invariant) == nullptr) unknown.push_back(e.invariant);
  return unknown;
}

Invariant* Checker::find(const std::string& name) const {
  for (const auto& chosen : invariants_)
    if (chosen.observer->name() == name) return chosen.observer.get();
  return nullptr;
}

void Checker::on_event(const Event& event) {
  for (const Listener& listener : wanted_by_[static_cast<std::size_t>(event.kind)]) listener.observer->on_event(event);
}

void Checker::report(Violation violation) {
  violation.expected = is_expected(violation.invariant, violation.class_id);
  const std::uint64_t before = count_of(violation.invariant);
  ++occurrences_[{violation.invariant, violation.class_id}];
  const bool first = total_++ == 0;
  if (on_violation_) on_violation_(violation);
  if (before < options_.kept_per_invariant) violations_.push_back(violation);
  if (first && options_.policy == OnViolation::stop && on_stop_) on_stop_(violation);
}

bool Checker::is_expected(const std::string& invariant, const std::string& class_id) const {
  return std::any_of(expectations_.begin(), expectations_.end(),
                     [&](const Expectation& e) { return e.invariant == invariant && e.class_id == class_id; });
}

bool Checker::is_named(const Chosen<Invariant>& chosen) const {
  if (chosen.selection == Selection::named) return true;
  return std::any_of(expectations_.begin(), expectations_.end(),
                     [&](const Expectation& e) { return e.invariant == chosen.observer->name(); });
}

std::uint64_t Checker::count_of(const std::string& invariant) const {
  std::uint64_t count = 0;
  for (const auto& [pair, times] : occurrences_)
    if (pair.first == invariant) count += times;
  return count;
}

/// The user has chosen some, and none of them has a meaning on this machine.
bool Checker::none_applies() const {
  return !invariants_.empty() && std::all_of(invariants_.begin(), invariants_.end(), [](const auto& chosen) {
    return chosen.selection == Selection::named && !chosen.observer->applicable();
  });
}

std::vector<InvariantResult> Checker::results() const {
  std::vector<InvariantResult> results;
  const InvariantStatus inapplicable =
      none_applies() ? InvariantStatus::vacuous : InvariantStatus::not_applicable;
  for (const auto& chosen : invariants_) {
    const Invariant& invariant = *chosen.observer;
    InvariantResult result{invariant.name(), InvariantStatus::clean, invariant.exercised(),
                           count_of(invariant.name())};
    if (!invariant.applicable()) {
      result.status = inapplicable;
    } else if (result.violations != 0) {
      result.status = InvariantStatus::violated;
    } else if (result.exercised == 0) {
      result.status = is_named(chosen) ? InvariantStatus::vacuous : InvariantStatus::not_exercised;
    }
    results.push_back(result);
  }
  return results;
}

std::vector<GoalResult> Checker::goals() const {
  std::vector<GoalResult> results;
  for (const auto& chosen : goals_) {
    const std::uint64_t reached = chosen.observer->reached();
    results.push_back({chosen.observer->name(), reached, reached == 0 && chosen.selection == Selection::named});
  }
  return results;
}

bool Checker::names_goals() const {
  return std::any_of(goals_.begin(), goals_.end(),
                     [](const Chosen<Goal>& chosen) { return chosen.selection == Selection::named; });
}

Verdict Checker::verdict() const {
  if (total_ != 0) return Verdict::violated;
  for (const InvariantResult& result : results())
    if (result.status == InvariantStatus::vacuous) return Verdict::vacuous;
  for (const GoalResult& goal : goals())
    if (goal.vacuous) return Verdict::vacuous;
  return Verdict::clean;
}

bool Checker::all_expected_seen() const {
  return std::all_of(expectations_.begin(), expectations_.end(), [&](const Expectation& e) {
    return occurrences_.count({e.invariant, e.class_id}) != 0;
  });
}

bool Checker::as_expected() const {
  return all_expected_seen() && std::all_of(occurrences_.begin(), occurrences_.end(), [&](const auto& occurrence) {
           return is_expected(occurrence.first.first, occurrence.first.second);
         });
}

template <class F>
void Checker::each_memory(F&& f) const {
  for (const auto& model : models_) f(static_cast<Remembers&>(*model));
  for (const auto& chosen : invariants_) f(static_cast<Remembers&>(*chosen.observer));
  for (const auto& chosen : goals_) f(static_cast<Remembers&>(*chosen.observer));
}

void Checker::hold(std::size_t number, Saved& saved) const {
  saved.memories.resize(remembering_.size());
  remembering_[number]->save(saved.memories[number]);
  saved.held.set(number);
}

void Checker::save(Saved& saved) const {
  for (std::size_t number = 0; number < remembering_.size(); ++number) hold(number, saved);
}

void Checker::save_before(const Event& event, Saved& saved) const {
  for (const Listener& listener : wanted_by_[static_cast<std::size_t>(event.kind)])
    if (!saved.held.test(listener.number)) hold(listener.number, saved);
}

void Checker::restore_but(std::bitset<observers_max>& those, const Saved& saved) {
  for (std::size_t number = 0; number < remembering_.size(); ++number)
    if (saved.held.test(number) && !those.test(number)) remembering_[number]->restore(saved.memories[number].get());
  those |= saved.held;
}

void Checker::restore(const Saved& saved) {
  std::bitset<observers_max> none;
  restore_but(none, saved);
}

StateHash Checker::fingerprint(const Renaming* names) const {
  StateHash hash(names);
  each_memory([&](const Remembers& who) { who.mix_into(hash); });
  return hash;
}

void Checker::reset() {
  each_memory([](Remembers& who) { who.reset(); });
}

void Checker::forget_violations() {
  violations_.clear();
  occurrences_.clear();
  total_ = 0;
}

}  // namespace mmulab
