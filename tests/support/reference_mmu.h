// SPDX-License-Identifier: MIT
// What docs/trace.md says of `trace count`, written to be read: the structures of each architecture made of simple
// caches, for an access at a time. Shares nothing with the models but the names of the counts.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>

#include "tests/support/reference_cache.h"
#include "tests/support/reference_hpt.h"

namespace mmulab::test {

struct Told {
  std::uint32_t task = 0;
  std::uint64_t mm = 0, page = 0;
  bool store = false, fetch = false, dirty = false;  // dirty: the page is, by now
};

class ReferenceMmu {
 public:
  virtual ~ReferenceMmu() = default;
  virtual void access(const Told& told) = 0;
  virtual void fault(const Told& told, std::uint64_t resident) = 0;
  virtual void copied(const Told& told) = 0;
  virtual void first_store(const Told& told) = 0;
  virtual void forget(std::uint64_t mm, std::uint64_t page) = 0;
  virtual void forget_all(std::uint64_t mm, bool over) = 0;
  std::map<std::string, std::uint64_t> counts;

 protected:
  static std::uint64_t name(std::uint64_t tag, std::uint64_t page) { return tag << 44 | page; }
  static std::uint64_t tag_in(std::uint64_t name) { return name >> 44; }
};

struct Shape {
  std::uint32_t sets = 1, ways = 1;
};

enum class Levels { independent, inclusive, exclusive };

/// One cpu a core, and tags.
class ReferenceRadix : public ReferenceMmu {
 public:
  struct Shapes {
    Shape dtlb, itlb, stlb;
    Shape walk[3];  // of the entries above the leaf, and further up
    Policy policy = Policy::lru;
    Levels levels = Levels::independent;
    std::uint32_t cores = 1;
  };
  explicit ReferenceRadix(const Shapes& shapes) : levels_(shapes.levels), cores_(shapes.cores, Core(shapes)) {
    for (const char* count : {"dtlb.hits", "itlb.hits", "stlb.data_hits", "stlb.code_hits", "walks.data", "walks.code",
                              "psc.pde_hits", "psc.pdpte_hits", "psc.pml4e_hits", "walks.entries_read"})
      counts[count] = 0;
  }

  void access(const Told& t) override {
    Core& core = core_of(t);
    Level& first = t.fetch ? core.itlb : core.dtlb;
    const std::uint64_t key = name(t.mm + 1, t.page);
    const char* side = t.fetch ? "code" : "data";
    if (first.cache.holds(key)) {
      if (!first.usable(key, t)) return walk(core, first, t);
      first.cache.use(key);
      ++counts[t.fetch ? "itlb.hits" : "dtlb.hits"];
      return;
    }
    if (!core.stlb.cache.holds(key) || !core.stlb.usable(key, t)) return walk(core, first, t);
    ++counts[std::string("stlb.") + side + "_hits"];
    const bool dirty = core.stlb.dirty[key];
    if (levels_ == Levels::exclusive) core.stlb.cache.forget(key);
    else core.stlb.cache.use(key);
    put_first(core, first, key, dirty);
  }
  void fault(const Told& t, std::uint64_t) override {
    Core& core = core_of(t);
    core.forget(name(t.mm + 1, t.page));
    for (unsigned level = 0; level < 3; ++level) core.walk[level].forget(name(t.mm + 1, t.page >> 9 * (level + 1)));
  }
  void copied(const Told& t) override { forget(t.mm, t.page); }
  void first_store(const Told&) override {}
  void forget(std::uint64_t mm, std::uint64_t page) override {
    for (Core& core : cores_) {
      core.forget(name(mm + 1, page));
      for (ReferenceCache& cache : core.walk)
        cache.forget_where([&](std::uint64_t key) { return tag_in(key) == mm + 1; });
    }
  }
  void forget_all(std::uint64_t mm, bool) override {
    const auto its = [&](std::uint64_t key) { return tag_in(key) == mm + 1; };
    for (Core& core : cores_) {
      for (Level* level : {&core.dtlb, &core.itlb, &core.stlb}) level->cache.forget_where(its);
      for (ReferenceCache& cache : core.walk) cache.forget_where(its);
    }
  }

 private:
  struct Level {
    Level(const Shape& shape, Policy policy) : cache(shape.sets, shape.ways, policy) {}
    [[nodiscard]] bool usable(std::uint64_t key, const Told& t) { return !t.store || dirty[key]; }
    /// Who had to go for it.
    std::optional<std::uint64_t> put(std::uint64_t key, bool is_dirty) {
      dirty[key] = is_dirty;
      if (cache.use(key)) return {};
      return cache.fill(key);
    }
    ReferenceCache cache;
    std::unordered_map<std::uint64_t, bool> dirty;  // of what is there
  };
  struct Core {
    explicit Core(const Shapes& s)
        : dtlb(s.dtlb, s.policy), itlb(s.itlb, s.policy), stlb(s.stlb, s.policy) {
      for (const Shape& shape : s.walk) walk.emplace_back(shape.sets, shape.ways, Policy::lru);
    }
    void forget(std::uint64_t key) {
      for (Level* level : {&dtlb, &itlb, &stlb}) level->cache.forget(key);
    }
    Level dtlb, itlb, stlb;
    std::vector<ReferenceCache> walk;
  };
  [[nodiscard]] Core& core_of(const Told& t) { return cores_[t.task % cores_.size()]; }

  void put_first(Core& core, Level& first, std::uint64_t key, bool dirty) {
    const auto gone = first.put(key, dirty);
    if (gone && levels_ == Levels::exclusive) core.stlb.put(*gone, first.dirty[*gone]);
  }
  void walk(Core& core, Level& first, const Told& t) {
    ++counts[t.fetch ? "walks.code" : "walks.data"];
    unsigned start = 3;
    for (unsigned level = 0; level < 3 && start == 3; ++level)
      if (core.walk[level].use(name(t.mm + 1, t.page >> 9 * (level + 1)))) start = level;
    if (start < 3) ++counts[start == 0 ? "psc.pde_hits" : start == 1 ? "psc.pdpte_hits" : "psc.pml4e_hits"];
    counts["walks.entries_read"] += start + 1;
    for (unsigned level = 0; level < start; ++level) core.walk[level].fill(name(t.mm + 1, t.page >> 9 * (level + 1)));
    const std::uint64_t key = name(t.mm + 1, t.page);
    if (levels_ == Levels::exclusive) core.stlb.cache.forget(key);
    else if (const auto gone = core.stlb.put(key, t.dirty); gone && levels_ == Levels::inclusive)
      for (Level* level : {&core.dtlb, &core.itlb}) level->cache.forget(*gone);
    put_first(core, first, key, t.dirty);
  }

  Levels levels_;
  std::vector<Core> cores_;
};

/// One cpu a core; pages of 4 KiB and the VSIDs of Linux 2.6.22.
class ReferenceHashed : public ReferenceMmu {
 public:
  struct Shapes {
    Shape derat, ierat, tlb;
    std::uint32_t slb_entries = 0;
    std::uint64_t groups = 0, seed = 0;
    std::uint32_t cores = 1;
  };
  explicit ReferenceHashed(const Shapes& s) : shapes_(s), hpt_(s.groups), draw_(s.seed), cores_(s.cores, Core(s)) {
    for (const char* count : {"derat.hits", "ierat.hits", "tlb.data_hits", "tlb.code_hits", "slb.misses",
                              "hpt.primary_hits", "hpt.secondary_hits", "hpt.hash_faults", "hpt.preloads",
                              "hpt.evictions"})
      counts[count] = 0;
  }
  void access(const Told& t) override {
    Core& core = cores_[t.task % cores_.size()];
    if (core.mm != t.mm) {
      core.mm = t.mm;
      for (ReferenceCache* cache : {&core.derat, &core.ierat, &core.slb})
        cache->forget_where([](std::uint64_t) { return true; });
    }
    ReferenceCache& erat = t.fetch ? core.ierat : core.derat;
    const std::uint64_t key = name(t.mm + 1, t.page);
    if (erat.use(key)) {
      ++counts[t.fetch ? "ierat.hits" : "derat.hits"];
      return;
    }
    if (!core.slb.access(t.page >> 16)) ++counts["slb.misses"];
    if (core.tlb.use(key)) {
      ++counts[t.fetch ? "tlb.code_hits" : "tlb.data_hits"];
    } else {
      if (const auto which = hpt_.holds({t.mm + 1, t.page}))
        ++counts[*which == 0 ? "hpt.primary_hits" : "hpt.secondary_hits"];
      else ++counts["hpt.hash_faults"], insert(t);
      core.tlb.fill(key);
    }
    erat.fill(key);
  }
  void fault(const Told& t, std::uint64_t) override {
    ++counts["hpt.preloads"];
    insert(t);
  }
  void copied(const Told& t) override {
    forget(t.mm, t.page);
    fault(t, 0);
  }
  void first_store(const Told& t) override { kill(t.mm, t.page); }
  void forget(std::uint64_t mm, std::uint64_t page) override {
    kill(mm, page);
    hpt_.forget_where([&](ReferenceHpt::Name n) { return n == ReferenceHpt::Name{mm + 1, page}; });
  }
  void forget_all(std::uint64_t mm, bool) override {
    for (Core& core : cores_)
      for (ReferenceCache* cache : {&core.derat, &core.ierat, &core.tlb})
        cache->forget_where([&](std::uint64_t key) { return tag_in(key) == mm + 1; });
    hpt_.forget_where([&](ReferenceHpt::Name n) { return n.first == mm + 1; });
  }

 private:
  struct Core {
    explicit Core(const Shapes& s)
        : derat(s.derat.sets, s.derat.ways, Policy::lru), ierat(s.ierat.sets, s.ierat.ways, Policy::lru),
          tlb(s.tlb.sets, s.tlb.ways, Policy::lru), slb(1, s.slb_entries, Policy::fifo) {}
    ReferenceCache derat, ierat, tlb, slb;
    std::uint64_t mm = ~std::uint64_t{0};
  };
  void kill(std::uint64_t mm, std::uint64_t page) {
    for (Core& core : cores_)
      for (ReferenceCache* cache : {&core.derat, &core.ierat, &core.tlb}) cache->forget(name(mm + 1, page));
  }
  std::uint64_t draw(std::uint64_t below) {
    draw_ = draw_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return (draw_ >> 33) % below;
  }
  void insert(const Told& t) {
    const ReferenceHpt::Name wanted{t.mm + 1, t.page};
    if (hpt_.put(wanted)) return;
    ++counts["hpt.evictions"];
    const std::uint64_t group = hpt_.groups_of(wanted)[draw(2)];
    hpt_.evict(group * 8 + draw(8), wanted);
    hpt_.put(wanted);
  }

  Shapes shapes_;
  ReferenceHpt hpt_;
  std::uint64_t draw_;
  std::vector<Core> cores_;
};

/// One cpu a core; small pages in one structure a side.
class ReferenceTsb : public ReferenceMmu {
 public:
  struct Shapes {
    Shape dtlb, itlb;
    Policy data_policy = Policy::lru, code_policy = Policy::lru;
    std::uint32_t entries_first = 0, entries_max = 0;
    std::uint32_t cores = 1;
  };
  explicit ReferenceTsb(const Shapes& s) : shapes_(s), cores_(s.cores, Core(s)) {
    for (const char* count : {"dtlb.hits", "itlb.hits", "tsb.data_hits", "tsb.code_hits", "walks.data", "walks.code",
                              "tsb.growths"})
      counts[count] = 0;
  }
  void access(const Told& t) override {
    Core& core = cores_[t.task % cores_.size()];
    const std::string side = t.fetch ? "code" : "data";
    if ((t.fetch ? core.itlb : core.dtlb).access(name(t.mm + 1, t.page))) {
      ++counts[t.fetch ? "itlb.hits" : "dtlb.hits"];
      return;
    }
    std::optional<std::uint64_t>& entry = entry_of(t.mm, t.page);
    ++counts[entry == t.page ? "tsb." + side + "_hits" : "walks." + side];
    entry = t.page;
  }
  void fault(const Told& t, std::uint64_t resident) override {
    entry_of(t.mm, t.page) = t.page;
    auto& table = tables_[t.mm];
    const auto limit = [&](std::uint64_t entries) {
      return entries >= shapes_.entries_max ? ~std::uint64_t{0} : entries * 3 / 4;
    };
    if (resident <= limit(table.size())) return;
    std::uint64_t entries = shapes_.entries_first;
    while (resident >= limit(entries)) entries *= 2;
    std::vector<std::optional<std::uint64_t>> grown(entries);
    for (const auto& page : table)
      if (page) grown[*page % entries] = page;
    table = grown;
    ++counts["tsb.growths"];
  }
  void copied(const Told& t) override { first_store(t); }
  void first_store(const Told& t) override {
    forget(t.mm, t.page);
    entry_of(t.mm, t.page) = t.page;
  }
  void forget(std::uint64_t mm, std::uint64_t page) override {
    if (entry_of(mm, page) == page) entry_of(mm, page).reset();
    for (Core& core : cores_)
      for (ReferenceCache* cache : {&core.dtlb, &core.itlb}) cache->forget(name(mm + 1, page));
  }
  void forget_all(std::uint64_t mm, bool over) override {
    if (over) tables_.erase(mm);
    else for (auto& entry : tables_[mm]) entry.reset();
    for (Core& core : cores_)
      for (ReferenceCache* cache : {&core.dtlb, &core.itlb})
        cache->forget_where([&](std::uint64_t key) { return tag_in(key) == mm + 1; });
  }

 private:
  struct Core {
    explicit Core(const Shapes& s)
        : dtlb(s.dtlb.sets, s.dtlb.ways, s.data_policy), itlb(s.itlb.sets, s.itlb.ways, s.code_policy) {}
    ReferenceCache dtlb, itlb;
  };
  std::optional<std::uint64_t>& entry_of(std::uint64_t mm, std::uint64_t page) {
    auto& table = tables_[mm];
    if (table.empty()) table.resize(shapes_.entries_first);
    return table[page % table.size()];
  }
  Shapes shapes_;
  std::vector<Core> cores_;
  std::map<std::uint64_t, std::vector<std::optional<std::uint64_t>>> tables_;
};

}  // namespace mmulab::test
