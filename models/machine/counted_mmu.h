// SPDX-License-Identifier: MIT
// The translation hardware of one machine, driven in the order of a recording: the third way to drive it, beside steps
// and run-ahead, and the only one without a clock. What is counted is what structures hold and lose; of the kernel
// there is only what changes translations, and that reaches every cpu at once. So counts depend on the geometry and the
// recording alone, and many geometries can be driven side by side. Left out: time, and with it the order that time
// makes, speculation, what a gather strategy flushes too late or too much.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "models/machine/tlb.h"

namespace mmulab {

/// One named count; the same names in the same order for every geometry of an architecture.
struct StructureCount {
  std::string name;
  std::uint64_t value = 0;
  std::string help;
};

class CountedMmu {
 public:
  /// An access is its page and these bits, or none: a load.
  static constexpr std::uint64_t store_bit = std::uint64_t{1} << 63;
  static constexpr std::uint64_t fetch_bit = std::uint64_t{1} << 62;
  static constexpr std::uint64_t dirty_bit = std::uint64_t{1} << 61;  ///< the table's entry is dirty by now
  static constexpr VirtPage page_in(std::uint64_t access) {
    return VirtPage{access & ~(store_bit | fetch_bit | dirty_bit)};
  }

  virtual ~CountedMmu() = default;

  /// From now on accesses are those of this task: it runs on cpu `task` modulo their number.
  virtual void run(std::uint32_t task, MmId mm) = 0;
  virtual void access(const std::uint64_t* accesses, std::size_t count) = 0;
  /// The next access faults: its page has no translation yet, and gets one. `resident`: the mm's pages then.
  virtual void fault(VirtPage page, std::uint64_t resident) = 0;
  enum class Change : std::uint8_t {
    copied,      ///< the page is another one, or may be stored to again: a fault
    first_store  ///< the page is dirty: told where changes_at_first_store()
  };
  /// The next access makes the page's translation another one: its old copies die.
  virtual void change(VirtPage page, Change change) = 0;
  /// The page's translation is no more.
  virtual void forget(MmId mm, VirtPage page) = 0;
  /// Every translation of the mm is no more, or has become another one. `over`: so is the mm.
  virtual void forget_all(MmId mm, bool over) = 0;
  /// Whether a first store to a page is a change(): software keeps its dirty bit, not hardware.
  [[nodiscard]] virtual bool changes_at_first_store() const = 0;

  /// Which accesses are sure to hit in a first level, and to leave nothing behind but that they are its latest: pages
  /// are put into so many classes (2^n, by their lowest bits), and the last `depth` ones of a class are there.
  struct Repeats {
    std::uint32_t classes = 1;
    std::uint32_t depth = 1;
    /// Of a first level that only its own misses and forget() take from. What hits do to a tree or an LRU order follows
    /// from the order of the last ones; what is kept for sure is of LRU all ways, of a tree its depth and one more
    /// (Reineke et al., Timing predictability of cache replacement policies, 2007), of the others the latest.
    static Repeats of(const TlbGeometry& geometry);
  };
  struct RepeatsOfSides {
    Repeats data, code;
    bool apart = true;  ///< an access of one side leaves the other's as they are
  };
  [[nodiscard]] virtual RepeatsOfSides repeats() const = 0;
  /// So many accesses of that kind were left out.
  virtual void add_repeats(std::uint64_t data, std::uint64_t code) = 0;

  [[nodiscard]] virtual std::vector<StructureCount> counts() const = 0;
};

inline CountedMmu::Repeats CountedMmu::Repeats::of(const TlbGeometry& geometry) {
  std::uint32_t depth = geometry.replacement == Replacement::lru ? geometry.ways : 1;
  if (geometry.replacement == Replacement::tree)
    while (std::uint32_t{1} << depth <= geometry.ways) ++depth;
  return {geometry.sets, depth};
}

/// On which cpus each mm has run, so that nothing of it has to be looked for elsewhere.
class CpusOfMms {
 public:
  explicit CpusOfMms(std::uint32_t cpus) : words_((cpus + 63) / 64) {}
  void add(MmId mm, CpuId cpu) {
    if (bits_.size() < (mm.raw() + std::size_t{1}) * words_) bits_.resize((mm.raw() + std::size_t{1}) * words_, 0);
    bits_[mm.raw() * words_ + cpu.raw() / 64] |= std::uint64_t{1} << cpu.raw() % 64;
  }
  void clear(MmId mm) {
    const std::size_t first = mm.raw() * words_;
    for (std::size_t w = first; w < first + words_ && w < bits_.size(); ++w) bits_[w] = 0;
  }
  template <class Visit>
  void each(MmId mm, const Visit& visit) const {
    if (bits_.size() < (mm.raw() + std::size_t{1}) * words_) return;
    for (std::size_t w = 0; w < words_; ++w)
      for (std::uint64_t left = bits_[mm.raw() * words_ + w]; left != 0; left &= left - 1)
        visit(CpuId{w * 64 + static_cast<unsigned>(__builtin_ctzll(left))});
  }

 private:
  std::size_t words_;
  std::vector<std::uint64_t> bits_;
};

}  // namespace mmulab
