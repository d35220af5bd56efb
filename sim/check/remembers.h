// SPDX-License-Identifier: MIT
// Observers keep their state outside the World, so an explorer that takes steps back must take their state back,
// too, and must not call two states equal that an observer would judge differently. Whoever remembers offers three
// things: a copy of its state, a way back to that copy, and a fingerprint of what can influence its future
// verdicts (no cycles, no counts of what was checked, nothing that only a story tells), under whatever names of cpus
// and tasks it is asked for.
#pragma once

#include <cstdint>
#include <memory>

#include "sim/state/renaming.h"
#include "sim/units/mix.h"

namespace mmulab {

/// Accumulates words into a 128-bit fingerprint; order matters within one item, see mix_unordered for sets.
class StateHash {
 public:
  StateHash() = default;
  /// Under other names; null: under everybody's own.
  explicit StateHash(const Renaming* renaming) : renaming_(renaming) {}

  /// What somebody is called: never mix a cpu, core, task or place otherwise.
  template <class T>
  [[nodiscard]] std::uint64_t name(T who) const {
    return renaming_ == nullptr ? who.raw() : (*renaming_)(who).raw();
  }
  /// Who is called so: for going through all of them in the order of their names.
  template <class T>
  [[nodiscard]] T who_is(T name) const {
    return renaming_ == nullptr ? name : renaming_->who_is(name);
  }
  /// For an element of a set, under the same names.
  [[nodiscard]] StateHash element() const { return StateHash{renaming_}; }

  void mix(std::uint64_t word) {
    high_ = mmulab::mix(high_ ^ word);
    low_ = mmulab::mix(low_ + word * 0x9e3779b97f4a7c15ULL + 0x632be59bd9b4e019ULL);
  }
  /// Adds one element of a set: the order in which elements are visited does not matter.
  void mix_unordered(const StateHash& element) {
    sum_high_ += element.high();
    sum_low_ += element.low();
  }
  [[nodiscard]] std::uint64_t high() const { return mmulab::mix(high_ ^ sum_low_); }
  [[nodiscard]] std::uint64_t low() const { return mmulab::mix(low_ ^ sum_high_); }

 private:
  std::uint64_t high_ = 0x243f6a8885a308d3ULL;
  std::uint64_t low_ = 0x13198a2e03707344ULL;
  std::uint64_t sum_high_ = 0;
  std::uint64_t sum_low_ = 0;
  const Renaming* renaming_ = nullptr;
};

/// A copy of somebody's state; only its owner looks inside.
class Memory {
 public:
  virtual ~Memory() = default;
};

class Remembers {
 public:
  virtual ~Remembers() = default;
  /// Over an older copy of its own, if there is one, which is cheaper than a fresh one.
  virtual void save(std::unique_ptr<Memory>& copy) const { static_cast<void>(copy); }
  virtual void restore(const Memory* memory) { static_cast<void>(memory); }
  virtual void mix_into(StateHash& hash) const { static_cast<void>(hash); }
  /// Back to how it was constructed.
  virtual void reset() {}
};

/// Implements saving for a Base whose whole changing state is one copyable value.
template <class State, class Base>
class RememberedAs : public Base {
 public:
  using Base::Base;
  void save(std::unique_ptr<Memory>& copy) const override {
    if (copy == nullptr) copy = std::make_unique<Copy>(state_);
    else static_cast<Copy*>(copy.get())->state = state_;
  }
  void restore(const Memory* memory) override { state_ = static_cast<const Copy*>(memory)->state; }
  void reset() override { state_ = State{}; }

 protected:
  State state_{};

 private:
  struct Copy : Memory {
    explicit Copy(const State& s) : state(s) {}
    State state;
  };
};

}  // namespace mmulab
