// SPDX-License-Identifier: MIT
// States that a search comes back to without performing what leads there: the stacks of the fibers, who is where, and
// what the observers know. The words of the World are not among it; whoever goes from state to state puts them
// (World::put). What states have in common is kept once: a stack's image is found by its bytes, what observers know by
// its fingerprint, by which states are told apart anyway (it tells the same verdicts, if not the same stories).
// Cost: some 150 bytes a state, and what is new in it.
#pragma once

#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "sim/explore/explorable.h"

namespace mmulab {

class Copies {
 public:
  using Id = std::uint32_t;
  static constexpr Id none = ~Id{0};

  /// What only the cursor knows of a state.
  struct Standing {
    std::size_t level = 0;  ///< moves since the start
    Fingerprint observed;
    std::optional<Fingerprint> final;
    bool at_end = false;
  };

  explicit Copies(Explorable& system);

  /// Keeps the state that the system is in, which differs from `from` (none: from nothing) in the stacks of those who
  /// `ran`, and in what observers know if their fingerprint does. To be dropped once, and once more for each share().
  Id keep(Id from, const std::vector<Context*>& ran, const Standing& standing);
  void share(Id id) { ++copies_[id].references; }
  void drop(Id id);
  [[nodiscard]] const Standing& standing(Id id) const { return copies_[id].standing; }
  /// From the one, in which the system is, to the other.
  void put_back(Id from, Id to);
  void put_observers_back(Id id);

  [[nodiscard]] std::size_t bytes() const;

 private:
  struct Copy {
    Standing standing;
    Fingerprint world;
    std::uint64_t steps = 0;
    Id observers = none;
    std::uint32_t references = 0;
  };
  struct Stack {
    Context* context = nullptr;
    Fiber::Image image;
    CpuId cpu;
    History history;
    std::uint32_t progress = 0;
    bool in_interrupt = false;
    std::uint32_t references = 0;
    std::uint64_t hash = 0;
    std::vector<char> bytes;
  };
  struct Observers {
    Fingerprint fingerprint;
    Checker::Saved saved;
    std::uint32_t references = 0;
  };
  struct ByLowHalf {
    std::size_t operator()(const Fingerprint& f) const { return static_cast<std::size_t>(f.low); }
  };

  /// One that nobody uses, or a fresh one.
  template <class T>
  static Id take(std::vector<T>& all, std::vector<Id>& unused);
  Id keep_stack(Context& context);
  Id keep_observers(const Fingerprint& fingerprint);
  void drop_stack(Id id);
  void drop_observers(Id id);
  void put_back(const Stack& stack);
  [[nodiscard]] Id& stack_of(Id copy, std::size_t number) { return stacks_of_[copy * contexts_.size() + number]; }
  [[nodiscard]] ExploredHost::CpuState& cpu_of(Id copy, std::uint32_t cpu) {
    return cpus_of_[std::size_t{copy} * host_.cpus() + cpu];
  }

  Explorable& system_;
  ExploredHost& host_;
  const std::vector<Context*> contexts_;
  std::vector<Copy> copies_;
  std::vector<Id> stacks_of_;  ///< of each copy, by context
  std::vector<ExploredHost::CpuState> cpus_of_;
  std::vector<Id> unused_copies_;

  std::vector<Stack> stacks_;
  std::vector<Id> unused_stacks_;
  std::unordered_multimap<std::uint64_t, Id> stacks_by_hash_;
  std::size_t stack_bytes_ = 0;

  std::vector<std::unique_ptr<Observers>> observers_;
  std::vector<Id> unused_observers_;
  std::unordered_map<Fingerprint, Id, ByLowHalf> observers_by_fingerprint_;
  std::size_t bytes_of_observers_ = 0;  ///< of one of them
};

}  // namespace mmulab
