// SPDX-License-Identifier: MIT
// One TLB for every architecture: sets x ways of (key, data) words in the World, private to a core. A key says valid,
// size, tag and page; what data means is the port's affair. Recency is the position within the set (front = most
// recent), so equal contents are equal states.
// Source: hardware.md 1.1, 2.4, 3.1 for geometries. Left out: banking, parity, micro-TLB inclusion.
// Cost: none here; the port charges hits and misses.
#pragma once

#include <string>

#include "sim/exec/context.h"

namespace mmulab {

enum class Replacement : std::uint8_t {
  lru,     ///< a hit moves to the front, the last one is replaced
  fifo,    ///< only insertion moves
  random,  ///< a counter-based pseudo-random way is replaced
  tree,    ///< tree pseudo-LRU: a bit a node of a binary tree points away from what was used last; 2^n ways
};

struct TlbGeometry {
  std::uint32_t sets = 1;
  std::uint32_t ways = 1;
  Replacement replacement = Replacement::lru;
  [[nodiscard]] std::uint32_t entries() const { return sets * ways; }
  /// Does a hit change what is replaced next?
  [[nodiscard]] bool hits_count() const { return replacement == Replacement::lru || replacement == Replacement::tree; }
  /// Entries move to the front of their set; else they stay, and a word of the set says what is replaced next.
  [[nodiscard]] bool moves() const { return replacement == Replacement::lru || replacement == Replacement::fifo; }
};

/// valid (bit 63) | size code (3 bits) | tag (16 bits) | page (44 bits). Zero is an invalid entry.
class TlbKey {
 public:
  static constexpr std::uint64_t valid_bit = std::uint64_t{1} << 63;
  constexpr TlbKey() = default;
  constexpr explicit TlbKey(std::uint64_t bits) : bits_(bits) {}
  constexpr TlbKey(VirtPage page, std::uint32_t tag, unsigned size_code)
      : bits_(valid_bit | std::uint64_t{size_code} << 60 | std::uint64_t{tag} << 44 | page.raw()) {}
  [[nodiscard]] constexpr std::uint64_t raw() const { return bits_; }
  [[nodiscard]] constexpr bool valid() const { return (bits_ & valid_bit) != 0; }
  [[nodiscard]] constexpr unsigned size_code() const { return static_cast<unsigned>(bits_ >> 60) & 7; }
  [[nodiscard]] constexpr std::uint32_t tag() const { return static_cast<std::uint32_t>(bits_ >> 44) & 0xffff; }
  [[nodiscard]] constexpr VirtPage page() const { return VirtPage{bits_ & ((std::uint64_t{1} << 44) - 1)}; }
  friend constexpr bool operator==(TlbKey a, TlbKey b) { return a.bits_ == b.bits_; }
  friend constexpr bool operator!=(TlbKey a, TlbKey b) { return a.bits_ != b.bits_; }

 private:
  std::uint64_t bits_ = 0;
};

/// The words of one set as a step sees them (checked), or as a core's run-ahead does (raw).
class StepWords {
 public:
  StepWords(Access& access, Location first) : access_(access), first_(first) {}
  [[nodiscard]] std::uint64_t get(std::uint32_t i) const { return access_.read(cell(i)); }
  void put(std::uint32_t i, std::uint64_t value) {
    if (get(i) != value) access_.write(cell(i), value);
  }

 private:
  [[nodiscard]] Cell<std::uint64_t> cell(std::uint32_t i) const {
    return Cell<std::uint64_t>{Location{first_.raw() + i}};
  }
  Access& access_;
  Location first_;
};

/// For invalidations, which may change places with each other.
class UpdateWords {
 public:
  UpdateWords(Access& access, Location first) : access_(access), first_(first) {}
  [[nodiscard]] std::uint64_t get(std::uint32_t i) const { return access_.look(cell(i)); }
  void put(std::uint32_t i, std::uint64_t value) { access_.update(cell(i), value); }

 private:
  [[nodiscard]] Cell<std::uint64_t> cell(std::uint32_t i) const {
    return Cell<std::uint64_t>{Location{first_.raw() + i}};
  }
  Access& access_;
  Location first_;
};

/// What a guard looks at, as its step declares.
class GuardWords {
 public:
  GuardWords(const Access& access, Location first) : access_(access), first_(first) {}
  [[nodiscard]] std::uint64_t get(std::uint32_t i) const {
    return access_.read(Cell<std::uint64_t>{Location{first_.raw() + i}});
  }

 private:
  const Access& access_;
  Location first_;
};

class RawWords {
 public:
  explicit RawWords(std::uint64_t* words) : words_(words) {}
  [[nodiscard]] std::uint64_t get(std::uint32_t i) const { return words_[i]; }
  void put(std::uint32_t i, std::uint64_t value) { words_[i] = value; }

 private:
  std::uint64_t* words_;
};

/// A view for looking without touching: what will a lookup find? For costs that must be known before a step.
class PeekWords {
 public:
  PeekWords(const World& world, Location first) : world_(world), first_(first) {}
  [[nodiscard]] std::uint64_t get(std::uint32_t i) const { return world_.load(Location{first_.raw() + i}); }

 private:
  const World& world_;
  Location first_;
};

class Tlb {
 public:
  Tlb() = default;
  Tlb(World& world, const std::string& name, std::uint32_t cores, TlbGeometry geometry)
      : geometry_(geometry),
        region_(world.allocate(name, std::uint64_t{cores} * geometry.sets, set_words(geometry), Coherence::internal)) {
    MMULAB_ASSERT(geometry.sets > 0 && (geometry.sets & (geometry.sets - 1)) == 0, "a TLB has 2^n sets");
    MMULAB_ASSERT(geometry.ways > 0, "a TLB has at least one way");
    MMULAB_ASSERT(geometry.replacement != Replacement::tree ||
                      (geometry.ways <= 64 && (geometry.ways & (geometry.ways - 1)) == 0),
                  "the tree of a set has 2^n leaves, and its nodes fit into a word");
    world.assign(region_, {Owner::cpu, cores, 0, geometry.sets});
  }

  [[nodiscard]] const TlbGeometry& geometry() const { return geometry_; }
  [[nodiscard]] std::uint32_t set_of(VirtPage page) const {
    return static_cast<std::uint32_t>(page.raw()) & (geometry_.sets - 1);
  }
  [[nodiscard]] Location set_first(CoreId core, std::uint32_t set) const {
    return region_.at(std::uint64_t{core.raw()} * geometry_.sets + set);
  }
  [[nodiscard]] std::uint32_t set_words() const { return set_words(geometry_); }
  /// All sets of one core: first word and number of words.
  [[nodiscard]] Location core_first(CoreId core) const { return set_first(core, 0); }
  [[nodiscard]] std::uint32_t core_words() const { return geometry_.sets * set_words(); }

  static constexpr std::uint32_t absent = ~std::uint32_t{0};

  /// The way that holds `key`, without touching recency; absent if none.
  template <class Words>
  [[nodiscard]] std::uint32_t find(const Words& set, TlbKey key) const {
    for (std::uint32_t w = 0; w < geometry_.ways; ++w)
      if (set.get(w) == key.raw()) return w;
    return absent;
  }
  template <class Words>
  [[nodiscard]] std::uint64_t data(const Words& set, std::uint32_t way) const { return set.get(geometry_.ways + way); }
  template <class Words>
  [[nodiscard]] TlbKey key(const Words& set, std::uint32_t way) const { return TlbKey{set.get(way)}; }
  template <class Words>
  void set_data(Words& set, std::uint32_t way, std::uint64_t data) const { set.put(geometry_.ways + way, data); }

  /// A hit on `way`: updates recency. The entry may move (to the front).
  template <class Words>
  void touch(Words& set, std::uint32_t way) const {
    if (geometry_.replacement == Replacement::lru) {
      if (way != 0) move_to_front(set, way, set.get(way), data(set, way));
    } else if (geometry_.replacement == Replacement::tree) {
      point_away(set, way);
    }
  }
  struct Evicted {
    TlbKey key;  ///< invalid if a way was free
    std::uint64_t data = 0;
  };
  /// Puts an entry in; what it has replaced.
  template <class Words>
  Evicted insert(Words& set, TlbKey key, std::uint64_t data) const {
    const std::uint32_t way = victim(set);
    const Evicted evicted{TlbKey{set.get(way)}, set.get(geometry_.ways + way)};
    if (geometry_.moves()) {
      move_to_front(set, way, key.raw(), data);
      return evicted;
    }
    set.put(way, key.raw());
    set.put(geometry_.ways + way, data);
    if (geometry_.replacement == Replacement::tree) point_away(set, way);
    return evicted;
  }
  /// Empties `way`; younger entries keep their order.
  template <class Words>
  void drop(Words& set, std::uint32_t way) const {
    set.put(way, 0);
    set.put(geometry_.ways + way, 0);
  }

 private:
  static std::uint32_t set_words(const TlbGeometry& g) {
    return 2 * g.ways + (g.moves() ? 0 : 1);
  }
  template <class Words>
  std::uint32_t victim(Words& set) const {
    for (std::uint32_t w = 0; w < geometry_.ways; ++w)
      if (set.get(w) == 0) return w;
    if (geometry_.moves()) return geometry_.ways - 1;
    if (geometry_.replacement == Replacement::tree) return pointed_at(set);
    const std::uint64_t draw = set.get(2 * geometry_.ways) * 6364136223846793005ULL + 1442695040888963407ULL;
    set.put(2 * geometry_.ways, draw);
    return static_cast<std::uint32_t>(draw >> 33) % geometry_.ways;
  }
  // Bit n of the set's last word is node n of the tree, the root 1, its halves 2n and 2n + 1; set: the next to be
  // replaced is in the upper half.
  template <class Words>
  std::uint32_t pointed_at(const Words& set) const {
    const std::uint64_t nodes = set.get(2 * geometry_.ways);
    std::uint32_t node = 1;
    while (node < geometry_.ways) node = 2 * node + static_cast<std::uint32_t>(nodes >> node & 1);
    return node - geometry_.ways;
  }
  template <class Words>
  void point_away(Words& set, std::uint32_t way) const {
    std::uint64_t nodes = set.get(2 * geometry_.ways);
    for (std::uint32_t node = geometry_.ways + way; node > 1; node /= 2) {
      const std::uint64_t parent = std::uint64_t{1} << node / 2;
      nodes = node % 2 == 0 ? nodes | parent : nodes & ~parent;
    }
    set.put(2 * geometry_.ways, nodes);
  }
  template <class Words>
  void move_to_front(Words& set, std::uint32_t way, std::uint64_t key, std::uint64_t data) const {
    for (std::uint32_t w = way; w > 0; --w) {
      set.put(w, set.get(w - 1));
      set.put(geometry_.ways + w, set.get(geometry_.ways + w - 1));
    }
    set.put(0, key);
    set.put(geometry_.ways, data);
  }

  TlbGeometry geometry_;
  Region region_;
};

}  // namespace mmulab
