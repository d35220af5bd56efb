// SPDX-License-Identifier: MIT
// Memory that delays stores: what a cpu has stored is visible to itself at once and to the others when it leaves the
// cpu's store buffer, which an explorer makes a step of its own (store_drain.h). tso: one queue a cpu, first in first
// out (x86, sparc64 as Linux runs it). pso: one queue a location. Loads are made in their order, and see the cpu's own
// stores; no load is delayed, and a store becomes visible to all others at once. What a step is to all this its label
// says (Ordering).
// Delayed are the stores of tasks to memory that cpus share (Coherence::memory): ptes, flags, masks, generations,
// locks' releases, lists. Not delayed: registers, TLBs and what devices do; what goes with a task from cpu to cpu
// (Coherence::ordered_memory: a switch is a barrier); a user's stores to his pages, which the lab knows as uses of
// translations only.
// Events are emitted when the store is made, not when it leaves the buffer: from then on the kernel relies on it, the
// call and the locks are those in which it was made, and since it could leave at once, nothing is judged too early.
// What others still read of the old value meanwhile, a walk above all, is to the ledger what a walk in flight is: a new
// copy of an instance that has ended.
// All state lies in the World, in a region that is laid out only if memory is not sequentially consistent. Source:
// SPARC V9 appendix D (TSO, PSO); Owens, Sarkar, Sewell, A better x86 memory model: x86-TSO, 2009. Left out: store
// forwarding to a sibling hardware thread, non-temporal stores. Cost: none; the timed host is sequentially consistent.
#pragma once

#include <vector>

#include "sim/exec/host.h"
#include "sim/state/world.h"

namespace mmulab {

enum class MemoryModel : std::uint8_t { sc, tso, pso };
[[nodiscard]] const char* name_of(MemoryModel model);

[[nodiscard]] constexpr bool may_be_delayed(Ordering ordering) {
  return ordering == Ordering::plain || ordering == Ordering::release;
}

class StoreBuffers {
 public:
  /// Lays its region out; the World is complete then. `model` is not sc.
  StoreBuffers(World& world, MemoryModel model, std::uint32_t cpus, std::uint32_t capacity);

  struct Storer {
    CpuId cpu;
    TaskId task;
    bool in_interrupt = false;
    bool releases = false;
  };
  /// A store of a step that may be delayed: into the buffer, or to memory if nobody's stores there are delayed.
  void store(const Storer& by, Location at, std::uint64_t value);
  /// Whether the step could take effect now: the buffer is as empty as its ordering demands, and has room.
  [[nodiscard]] bool admits(CpuId cpu, const Op& op) const;
  /// The step takes effect.
  void begin(CpuId cpu, const Op& op);

  // ---- what waits; the n-th of a cpu's delayed stores is unit cpu * capacity + n
  struct Waiting {
    Location at;
    std::uint64_t value = 0;
    Storer by;
  };
  [[nodiscard]] bool empty() const;
  void list_ready(std::vector<std::uint32_t>& units) const;
  [[nodiscard]] Waiting waiting(std::uint32_t unit) const;
  [[nodiscard]] std::uint32_t waiting_of(CpuId cpu) const { return count(cpu); }
  [[nodiscard]] std::uint32_t unit(CpuId cpu, std::uint32_t n) const { return cpu.raw() * capacity_ + n; }
  [[nodiscard]] CpuId cpu_of(std::uint32_t unit) const { return CpuId{unit / capacity_}; }
  /// It has become visible.
  void remove(std::uint32_t unit);
  /// The words in which a cpu's stores wait.
  [[nodiscard]] Location first_word(CpuId cpu) const { return region_.at(cpu.raw()); }
  [[nodiscard]] std::uint32_t words() const { return region_.stride(); }

  /// While boot and warm-up run in one order, nothing is delayed.
  void delay(bool delays) { delays_ = delays; }
  /// From here on the World is seen as by `cpu`; afterwards as by nobody.
  void look_as(CpuId cpu) { world_.look_through(entry(cpu, 0), count(cpu)); }
  void look_as_nobody() { world_.look_through(Location{}, 0); }

 private:
  static constexpr std::uint64_t fence = std::uint64_t{1} << 32;
  static constexpr std::uint64_t releases = std::uint64_t{1} << 33;
  static constexpr std::uint64_t in_interrupt = std::uint64_t{1} << 34;
  static constexpr unsigned task_shift = 40;

  [[nodiscard]] Location entry(CpuId cpu, std::uint32_t n) const {
    return region_.at(cpu.raw(), 1 + n * World::DelayedStore::words);
  }
  [[nodiscard]] Cell<std::uint64_t> count_cell(CpuId cpu) const { return region_.cell<std::uint64_t>(cpu.raw(), 0); }
  // As they are in memory: nobody's own stores go there.
  [[nodiscard]] std::uint32_t count(CpuId cpu) const {
    return static_cast<std::uint32_t>(world_.load(count_cell(cpu)));
  }
  [[nodiscard]] std::uint64_t tag(CpuId cpu, std::uint32_t n) const { return world_.load(entry(cpu, n)); }
  [[nodiscard]] bool is_delayed(Location at) const { return delays_ && delayed_words_[at.raw()]; }
  [[nodiscard]] bool is_ready(CpuId cpu, std::uint32_t n) const;
  [[nodiscard]] bool holds(CpuId cpu, Location at, std::uint32_t before) const;
  [[nodiscard]] bool has_room(CpuId cpu, const Op& op) const;
  [[nodiscard]] bool holds_none_of(CpuId cpu, const Op& op) const;
  void append(CpuId cpu, std::uint64_t tag, std::uint64_t value);
  void drop(CpuId cpu, std::uint32_t n);

  World& world_;
  const MemoryModel model_;
  const std::uint32_t capacity_;
  Region region_;
  std::vector<bool> delayed_words_;
  bool delays_ = true;
};

/// For as long as it lives, the World is seen as by `cpu`. Not across a step.
class SeenAs {
 public:
  SeenAs(StoreBuffers* buffers, CpuId cpu) : buffers_(buffers) {
    if (buffers_ != nullptr) buffers_->look_as(cpu);
  }
  SeenAs(const SeenAs&) = delete;
  SeenAs& operator=(const SeenAs&) = delete;
  ~SeenAs() {
    if (buffers_ != nullptr) buffers_->look_as_nobody();
  }

 private:
  StoreBuffers* buffers_;
};

}  // namespace mmulab
