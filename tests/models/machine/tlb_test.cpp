// SPDX-License-Identifier: MIT
// The one translation cache behind every TLB, ERAT, SLB and walk cache, against oracles: a flat map says what may be
// found, and a list of each set in order of use says exactly what is found under LRU and FIFO.
#include "models/machine/tlb.h"

#include <algorithm>
#include <list>
#include <map>
#include <set>

#include <rapidcheck/catch.h>

#include "tests/support/catch.h"

namespace mmulab {
namespace {

constexpr std::uint32_t cores = 2;

/// One set as a list, the entry to be replaced last.
struct Listed {
  std::list<std::pair<std::uint64_t, std::uint64_t>> entries;  // (key, data)
};

struct Operation {
  std::uint32_t what = 0;  // 0, 1, 2: access; 3: drop; 4: drop a whole set
  std::uint32_t page = 0;
  std::uint32_t tag = 0;
  std::uint32_t core = 0;
};

rc::Gen<std::vector<Operation>> operations() {
  return rc::gen::container<std::vector<Operation>>(rc::gen::construct<Operation>(
      rc::gen::inRange(0U, 5U), rc::gen::inRange(0U, 24U), rc::gen::inRange(0U, 3U), rc::gen::inRange(0U, cores)));
}

/// A TLB driven through raw words, as a core's run-ahead does.
class Driven {
 public:
  explicit Driven(TlbGeometry geometry) : tlb_(world_, "tlb", cores, geometry) {}
  [[nodiscard]] const Tlb& tlb() const { return tlb_; }
  RawWords set(const Operation& op) {
    return RawWords{world_.untracked_words(tlb_.set_first(CoreId{op.core}, tlb_.set_of(VirtPage{op.page})))};
  }

 private:
  World world_;
  Tlb tlb_;
};

TlbKey key_of(const Operation& op) { return TlbKey{VirtPage{op.page}, op.tag, op.page % 3}; }

TlbGeometry any_geometry(Replacement replacement) {
  return {std::uint32_t{1} << *rc::gen::inRange(0U, 3U), *rc::gen::inRange(1U, 6U), replacement};
}

/// The oracle's side of one operation.
void follow(Listed& set, const Operation& op, const TlbGeometry& geometry, std::uint64_t data) {
  const std::uint64_t key = key_of(op).raw();
  const auto found =
      std::find_if(set.entries.begin(), set.entries.end(), [&](const auto& e) { return e.first == key; });
  if (op.what >= 3) {
    if (op.what == 4)
      set.entries.clear();
    else if (found != set.entries.end())
      set.entries.erase(found);
  } else if (found != set.entries.end()) {
    if (geometry.replacement == Replacement::lru) set.entries.splice(set.entries.begin(), set.entries, found);
  } else {
    if (set.entries.size() == geometry.ways) set.entries.pop_back();
    set.entries.emplace_front(key, data);
  }
}

/// The model's side: a hit touches, a miss fills. True if it was a hit.
bool perform(Driven& driven, const Operation& op, std::uint64_t data) {
  const Tlb& tlb = driven.tlb();
  RawWords set = driven.set(op);
  const std::uint32_t way = tlb.find(set, key_of(op));
  if (op.what == 4) {
    for (std::uint32_t w = 0; w < tlb.geometry().ways; ++w) tlb.drop(set, w);
  } else if (op.what == 3) {
    if (way != Tlb::absent) tlb.drop(set, way);
  } else if (way != Tlb::absent) {
    tlb.touch(set, way);
  } else {
    tlb.insert(set, key_of(op), data);
  }
  return way != Tlb::absent;
}

using Where = std::pair<std::uint32_t, std::uint32_t>;  // (core, set)

/// A hole that a drop leaves is filled before anything is replaced, and the young keep their order: so what a set holds
/// is what its list holds, unless an entry was dropped from the middle and a later fill moved only those before it.
std::set<std::pair<std::uint64_t, std::uint64_t>> contents(Driven& driven, const Operation& op) {
  std::set<std::pair<std::uint64_t, std::uint64_t>> all;
  const RawWords set = driven.set(op);
  for (std::uint32_t w = 0; w < driven.tlb().geometry().ways; ++w)
    if (driven.tlb().key(set, w).valid()) all.emplace(driven.tlb().key(set, w).raw(), driven.tlb().data(set, w));
  return all;
}

void holds_what_its_list_holds(Replacement replacement) {
  const TlbGeometry geometry = any_geometry(replacement);
  Driven driven(geometry);
  std::map<Where, Listed> oracle;
  std::uint64_t data = 0;
  for (const Operation& op : *operations()) {
    Listed& set = oracle[{op.core, driven.tlb().set_of(VirtPage{op.page})}];
    ++data;
    perform(driven, op, data);
    follow(set, op, geometry, data);
    const std::set<std::pair<std::uint64_t, std::uint64_t>> wanted(set.entries.begin(), set.entries.end());
    RC_ASSERT(contents(driven, op) == wanted);
  }
}

TEST_CASE("A set holds exactly what a list in order of use does, under LRU and FIFO") {
  rc::prop("lru", [] { holds_what_its_list_holds(Replacement::lru); });
  rc::prop("fifo", [] { holds_what_its_list_holds(Replacement::fifo); });
}

TEST_CASE("Under every replacement a hit is what the flat map says, and a fill is found at once") {
  for (const Replacement replacement : {Replacement::lru, Replacement::fifo, Replacement::random})
    rc::prop("against a flat map", [replacement] {
      const TlbGeometry geometry = any_geometry(replacement);
      Driven driven(geometry);
      std::map<std::pair<std::uint32_t, std::uint64_t>, std::uint64_t>
          map;  // (core, key) -> data of the last fill
      std::uint64_t data = 0;
      for (const Operation& op : *operations()) {
        ++data;
        const bool hit = perform(driven, op, data);
        const std::uint64_t key = key_of(op).raw();
        if (hit) RC_ASSERT(map.count({op.core, key}) == 1);
        if (op.what < 3 && !hit) map[{op.core, key}] = data;
        if (op.what == 3) map.erase({op.core, key});
        if (op.what == 4)
          for (auto it = map.begin(); it != map.end();) {
            const bool same_set =
                driven.tlb().set_of(TlbKey{it->first.second}.page()) == driven.tlb().set_of(VirtPage{op.page});
            it = it->first.first == op.core && same_set ? map.erase(it) : std::next(it);
          }
        if (op.what < 3) {
          RawWords set = driven.set(op);
          const std::uint32_t way = driven.tlb().find(set, key_of(op));
          RC_ASSERT(way != Tlb::absent);
          RC_ASSERT(driven.tlb().data(set, way) == map.at({op.core, key}));
        }
        for (const auto& [held, value] : contents(driven, op)) RC_ASSERT(map.at({op.core, held}) == value);
      }
    });
}

}  // namespace
}  // namespace mmulab
