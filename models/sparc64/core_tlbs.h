// SPDX-License-Identifier: MIT
// The I- or D-TLB of every core: one or more structures that are searched at once, keyed by page size, context and
// page; globals match any context. Source: hardware.md 3.1, 3.3; QEMU demap_tlb for what a demap removes.
// Left out: lock bits, 64K and 512K pages, multiple-match errors (a fill replaces an entry of the same page).
// Cost: none here; the port's labels carry it.
#pragma once

#include <vector>

#include "models/sparc64/params.h"
#include "sim/exec/context.h"

namespace mmulab::sparc64 {

// How a structure's words are reached: by a step, by run-ahead, or for a look only.
struct StepView {
  Access& access;
  [[nodiscard]] StepWords at(Location first) const { return {access, first}; }
};
struct RawView {
  std::uint64_t* world;
  [[nodiscard]] RawWords at(Location first) const { return RawWords{world + first.raw()}; }
};
struct PeekView {
  const World& world;
  [[nodiscard]] PeekWords at(Location first) const { return {world, first}; }
};

struct TlbHit {
  std::uint32_t level = 0;
  std::uint32_t way = Tlb::absent;
  std::uint64_t data = 0;
  [[nodiscard]] bool found() const { return way != Tlb::absent; }
};

class CoreTlbs {
 public:
  CoreTlbs(World& world, const std::string& name, std::uint32_t cores, const std::vector<Sparc64TlbLevel>& levels,
           const TteLayout& tte, PageShift shift)
      : tte_(tte), large_bits_(22 - shift.raw()), hints_(std::size_t{cores} * hints_each_, 0) {
    MMULAB_ASSERT(!levels.empty() && levels.size() <= levels_max, "a TLB has one to three structures");
    for (const Sparc64TlbLevel& level : levels) {
      MMULAB_ASSERT(level.geometry.sets == 1 || level.holds_8k != level.holds_4m,
                    "a set-associative TLB holds one page size");
      levels_.push_back({Tlb{world, name + std::to_string(levels_.size()), cores, level.geometry}, level.holds_8k,
                         level.holds_4m});
    }
  }

  /// The core's first word: the structure's identity in events.
  [[nodiscard]] Location identity(CoreId core) const { return levels_[0].tlb.core_first(core); }

  /// Declares the words that a lookup of `page` reads, and writes if a hit changes recency.
  void declare_lookup(Footprint& footprint, CoreId core, VirtPage page) const {
    for (const Level& l : levels_) {
      const Location first = set_first(l, core, page);
      if (l.tlb.geometry().hits_count()) footprint.writes_words(first, l.tlb.set_words());
      else footprint.reads_words(first, l.tlb.set_words());
    }
  }
  /// The same for a demap of `page`, or a fill.
  void declare_change(Footprint& footprint, CoreId core, VirtPage page) const {
    for (const Level& l : levels_) footprint.writes_words(set_first(l, core, page), l.tlb.set_words());
  }
  void declare_all(Footprint& footprint, CoreId core) const {
    for (const Level& l : levels_) footprint.writes_words(l.tlb.core_first(core), l.tlb.core_words());
  }

  /// The 8K frame that `page` reaches through an entry with this data.
  [[nodiscard]] Frame frame(std::uint64_t data, VirtPage page) const {
    const TteData tte{tte_, data};
    const std::uint64_t first = tte.physical().raw() >> (22 - large_bits_);
    if (tte.size() != PageSize::size_4m) return Frame{first};
    return Frame{first >> large_bits_ << large_bits_ | (page.raw() & ((std::uint64_t{1} << large_bits_) - 1))};
  }

  /// What translates `page` under `context`. An 8K entry of the context itself goes before any other.
  template <class View>
  [[nodiscard]] TlbHit find(const View& view, CoreId core, std::uint32_t context, VirtPage page) const {
    const Keys keys = keys_of(context, page);
    const TlbHit hit = search(view, core, page, [&](std::uint64_t key) { return key == keys.small; });
    if (hit.found() || !holds_special_) return hit;
    return search(view, core, page, [&](std::uint64_t key) { return keys.match(key); });
  }
  /// The same for run-ahead: a narrow first structure is looked at directly, of a wide one it remembers where the
  /// page was last time. That memory is no state: it is verified, and the place is the only one that find() could
  /// answer.
  [[nodiscard]] TlbHit find_again(const RawView& view, CoreId core, std::uint32_t context, VirtPage page) const {
    const std::uint64_t key = key_of(context, page, false, false).raw();
    const Level& l = levels_[0];
    const RawWords set = view.at(set_first(l, core, page));
    const std::uint32_t ways = l.tlb.geometry().ways;
    if (ways <= narrow_) {
      for (std::uint32_t w = 0; w < ways; ++w)
        if (set.get(w) == key) return {0, w, l.tlb.data(set, w)};
      return find(view, core, context, page);
    }
    std::uint32_t& way = hints_[core.raw() * hints_each_ + (page.raw() & (hints_each_ - 1))];
    if (set.get(way) == key) return {0, way, l.tlb.data(set, way)};
    const TlbHit hit = find(view, core, context, page);
    if (hit.found() && hit.level == 0) way = hit.way;
    return hit;
  }
  template <class View>
  void touch(const View& view, CoreId core, VirtPage page, const TlbHit& hit) const {
    const Level& l = levels_[hit.level];
    auto set = view.at(set_first(l, core, page));
    l.tlb.touch(set, hit.way);
  }
  /// Loads an entry, as a store to DATA_IN does.
  template <class View>
  void fill(const View& view, CoreId core, std::uint32_t context, VirtPage page, std::uint64_t data) const {
    demap_page(view, core, context, page);
    fill_absent(view, core, context, page, data);
  }
  /// The same, when nothing translates `page` under `context` yet.
  template <class View>
  void fill_absent(const View& view, CoreId core, std::uint32_t context, VirtPage page, std::uint64_t data) const {
    const bool large = TteData{tte_, data}.size() == PageSize::size_4m;
    holds_special_ = holds_special_ || large || TteData{tte_, data}.global();
    for (const Level& l : levels_) {
      if (!(large ? l.large : l.small)) continue;
      auto set = view.at(set_first(l, core, page));
      l.tlb.insert(set, key_of(context, page, TteData{tte_, data}.global(), large), data);
      return;
    }
    MMULAB_ASSERT(false, "no TLB structure takes this page size");
  }
  /// Demap page: whatever translates `page` under `context`, whichever its size.
  template <class View>
  void demap_page(const View& view, CoreId core, std::uint32_t context, VirtPage page) const {
    const Keys keys = keys_of(context, page);
    for (const Level& l : levels_) {
      auto set = view.at(set_first(l, core, page));
      for (std::uint32_t w = 0; w < l.tlb.geometry().ways; ++w)
        if (keys.match(set.get(w))) l.tlb.drop(set, w);
    }
  }
  /// Demap context: every entry of `context`; globals stay.
  template <class View>
  void demap_context(const View& view, CoreId core, std::uint32_t context) const {
    drop_if(view, core, [&](TlbKey key) { return key.tag() == context; });
  }
  template <class View>
  void demap_all(const View& view, CoreId core) const {
    drop_if(view, core, [](TlbKey) { return true; });
  }

 private:
  static constexpr std::size_t levels_max = 3;
  static constexpr std::uint32_t hints_each_ = 4096;
  static constexpr std::uint32_t narrow_ = 4;
  /// Bit 15 of a key's tag marks a global entry; contexts have 13 bits.
  static constexpr std::uint32_t global_tag = 0x8000;
  struct Level {
    Tlb tlb;
    bool small;
    bool large;
  };
  struct Keys {
    std::uint64_t small, large, global_small, global_large;
    [[nodiscard]] bool match(std::uint64_t key) const {
      return (key == small) | (key == large) | (key == global_small) | (key == global_large);
    }
  };
  [[nodiscard]] TlbKey key_of(std::uint32_t context, VirtPage page, bool global, bool large) const {
    const VirtPage first = large ? VirtPage{page.raw() >> large_bits_ << large_bits_} : page;
    return {first, global ? global_tag : context,
            static_cast<unsigned>(large ? PageSize::size_4m : PageSize::size_8k)};
  }
  [[nodiscard]] Keys keys_of(std::uint32_t context, VirtPage page) const {
    return {key_of(context, page, false, false).raw(), key_of(context, page, false, true).raw(),
            key_of(context, page, true, false).raw(), key_of(context, page, true, true).raw()};
  }
  [[nodiscard]] Location set_first(const Level& l, CoreId core, VirtPage page) const {
    const bool by_large = l.large && !l.small;
    return l.tlb.set_first(core, l.tlb.set_of(by_large ? VirtPage{page.raw() >> large_bits_} : page));
  }
  template <class View, class Match>
  [[nodiscard]] TlbHit search(const View& view, CoreId core, VirtPage page, const Match& match) const {
    for (std::uint32_t n = 0; n < levels_.size(); ++n) {
      const Level& l = levels_[n];
      const auto set = view.at(set_first(l, core, page));
      const std::uint32_t ways = l.tlb.geometry().ways;
      for (std::uint32_t w = 0; w < ways; ++w)
        if (match(set.get(w))) return {n, w, l.tlb.data(set, w)};
    }
    return {};
  }
  template <class View, class Condemned>
  void drop_if(const View& view, CoreId core, const Condemned& condemned) const {
    for (const Level& l : levels_)
      for (std::uint32_t s = 0; s < l.tlb.geometry().sets; ++s) {
        auto set = view.at(l.tlb.set_first(core, s));
        for (std::uint32_t w = 0; w < l.tlb.geometry().ways; ++w) {
          const TlbKey key = l.tlb.key(set, w);
          if (key.valid() && condemned(key)) l.tlb.drop(set, w);
        }
      }
  }

  const TteLayout& tte_;
  unsigned large_bits_;
  std::vector<Level> levels_;
  /// Only ever raised: no search for large or global entries before there was one.
  mutable bool holds_special_ = false;
  mutable std::vector<std::uint32_t> hints_;
};

}  // namespace mmulab::sparc64
