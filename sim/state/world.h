// SPDX-License-Identifier: MIT
// The World: every bit of simulated state (hardware, kernel, strategy, checker) in one arena of 64-bit words,
// laid out once from the configuration. No pointers, no heap, no padding: a snapshot is a mark in the journal, a
// state's identity is a 128-bit fingerprint kept up to date word by word.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sim/state/cell.h"
#include "sim/state/sparse_array.h"
#include "sim/state/state_room.h"

namespace mmulab {

struct Fingerprint {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  /// Of a set of words: twice the same one is none.
  void combine(const Fingerprint& with) {
    high ^= with.high;
    low ^= with.low;
  }
  friend bool operator==(const Fingerprint& a, const Fingerprint& b) { return a.high == b.high && a.low == b.low; }
  friend bool operator!=(const Fingerprint& a, const Fingerprint& b) { return !(a == b); }
};

/// Whether a region's words are memory that cores cache (and so pay for), or state inside one piece of hardware.
/// Stores to ordered memory are seen at once under every memory model: what goes with a task from cpu to cpu.
enum class Coherence : std::uint8_t { memory, ordered_memory, internal };

/// Whose records a region may hold, one for each (or as many).
enum class Owner : std::uint8_t { cpu, task };
/// Whom a word names: an id plus one, or bits of which each stands for a cpu.
enum class Names : std::uint8_t { nobody, cpu, task, cpu_bits };

class World {
 public:
  /// 2 GiB of state.
  static constexpr std::uint64_t words_max = std::uint64_t{1} << 28;
  /// The records of owner n begin at first_record + n * records_each.
  struct Holding {
    Owner owner = Owner::cpu;
    std::uint32_t owners = 0;
    std::uint32_t first_record = 0;
    std::uint32_t records_each = 1;
  };
  /// A field of each record.
  struct Naming {
    std::uint32_t field = 0;
    Names names = Names::nobody;
  };
  struct RegionInfo {
    std::string name;
    Region region;
    Coherence coherence = Coherence::internal;
    std::vector<Holding> holdings;
    std::vector<Naming> namings;
  };
  struct JournalMark {
    std::size_t entries = 0;
    Fingerprint fingerprint;
  };

  World() = default;
  /// Takes its words from a room that it shares, which must outlive it.
  explicit World(StateRoom& room) : room_(&room) {}

  /// Lays out `count` records of `stride` words, all zero. Regions start on 16-word (128-byte) boundaries, so that
  /// no cache line of any machine straddles two of them. Only before the first run. Throws StateRoomFull.
  Region allocate(std::string name, std::uint64_t count, std::uint32_t stride, Coherence coherence);

  // ---- how states look under other names of cpus and tasks (renaming.h); a word of which nothing is said names nobody
  void assign(const Region& region, const Holding& holding) { info_of(region).holdings.push_back(holding); }
  void name(const Region& region, std::uint32_t field, Names names) {
    info_of(region).namings.push_back({field, names});
  }
  /// Told of each store to a word of a region of which something was said, but of none that is taken back or put.
  class NameWatcher {
   public:
    virtual ~NameWatcher() = default;
    virtual void on_named_store(Location at, std::uint64_t before, std::uint64_t after) = 0;
  };
  /// Keeps a list of those words of regions of which something was said that are not zero.
  void follow_names();
  /// From then on; null: nobody.
  void set_name_watcher(NameWatcher* watcher) { name_watcher_ = watcher; }
  [[nodiscard]] const std::vector<Location>& named_words() const { return followed_; }
  /// What a word adds to the fingerprint of a state.
  [[nodiscard]] static Fingerprint contribution(Location at, std::uint64_t value);

  [[nodiscard]] std::uint64_t load(Location at) const {
    return delayed_ == 0 ? words_[at.raw()] : load_through(at);
  }
  template <class T>
  [[nodiscard]] T load(Cell<T> cell) const { return WordCodec<T>::decode(load(cell.at)); }
  /// What everybody sees, whoever looks.
  [[nodiscard]] std::uint64_t load_visible(Location at) const { return words_[at.raw()]; }

  /// A store that has been made and is not visible to everybody yet: two words, the low half of the first one is the
  /// location plus one.
  struct DelayedStore {
    enum : std::uint32_t { tag, value, words };
    static constexpr std::uint64_t place = 0xffff'ffff;
  };
  /// From here on loads see the `count` delayed stores from `first`, the newest first, before what is in memory: the
  /// world as the cpu that has made them sees it. None: as everybody does.
  void look_through(Location first, std::uint32_t count) {
    delayed_first_ = first;
    delayed_ = count;
  }

  void store(Location at, std::uint64_t value) {
    if (tracking_) return track(at, value);
    words_[at.raw()] = value;
  }
  template <class T>
  void store(Cell<T> cell, T value) { store(cell.at, WordCodec<T>::encode(value)); }

  /// The words themselves, for a core's private run-ahead; allowed only while nothing is tracked.
  [[nodiscard]] std::uint64_t* untracked_words(Location first);

  /// From here on every store is journalled and the fingerprint follows it. Explored hosts need it, timed ones don't.
  void start_tracking();
  [[nodiscard]] bool tracking() const { return tracking_; }
  [[nodiscard]] JournalMark mark() const { return {journal_.size(), fingerprint_}; }
  /// Takes back every store since `mark`.
  void undo_to(JournalMark mark);

  // ---- for whoever goes from one state to another without performing what lies between
  /// A store as it can be made again, or taken back.
  struct Change {
    Location at;
    std::uint64_t before = 0;
    std::uint64_t after = 0;
  };
  /// Adds what was stored since `mark`, the earliest first.
  void list_changes(JournalMark mark, std::vector<Change>& changes) const;
  /// Neither journalled nor in the fingerprint, which is that of the state that is put together here when all is done.
  void put(Location at, std::uint64_t value) { set(at, value); }
  void set_fingerprint(const Fingerprint& fingerprint) { fingerprint_ = fingerprint; }

  /// The incremental fingerprint; equal to computed_fingerprint() at all times while tracking.
  [[nodiscard]] Fingerprint fingerprint() const { return fingerprint_; }
  [[nodiscard]] Fingerprint computed_fingerprint() const;

  [[nodiscard]] std::size_t size_words() const { return words_.size(); }
  [[nodiscard]] const std::vector<RegionInfo>& regions() const { return regions_; }
  /// The region that holds `at`, for reports: "ppc64.hpt[12].1".
  [[nodiscard]] std::string describe(Location at) const;
  [[nodiscard]] const RegionInfo& region_of(Location at) const;

 private:
  struct JournalEntry {
    Location at;
    std::uint64_t old_value;
  };
  void track(Location at, std::uint64_t value);
  [[nodiscard]] RegionInfo& info_of(const Region& region);
  void set(Location at, std::uint64_t value) {
    std::uint64_t& word = words_[at.raw()];
    if (!places_.empty() && (word == 0) != (value == 0)) follow(at, value != 0);
    word = value;
  }
  void follow(Location at, bool now);
  [[nodiscard]] std::uint64_t load_through(Location at) const;

  StateRoom* room_ = nullptr;  // none: words_max is all
  SparseArray<std::uint64_t> words_;
  std::vector<RegionInfo> regions_;
  std::vector<JournalEntry> journal_;
  std::vector<Location> followed_;
  std::vector<std::uint32_t> places_;  ///< by word: 1 + its place in followed_, if it has one
  NameWatcher* name_watcher_ = nullptr;
  Fingerprint fingerprint_;
  Location delayed_first_;
  std::uint32_t delayed_ = 0;
  bool tracking_ = false;
};

}  // namespace mmulab
