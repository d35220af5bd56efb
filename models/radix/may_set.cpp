// SPDX-License-Identifier: MIT
#include "models/radix/may_set.h"

#include <fmt/format.h>

#include <algorithm>

#include "models/radix/mmu.h"

namespace mmulab::radix {
namespace {

constexpr unsigned sides_shift = 42;
constexpr std::uint64_t number_mask = (std::uint64_t{1} << sides_shift) - 1;
constexpr unsigned pointer_codes = 2;  ///< size codes of pointers: 3 for one of level 1, and so on
constexpr std::uint64_t all_rights = pte_write | pte_user;

/// The words of a row, for whoever is no step of anybody's.
class Row {
 public:
  Row(World& world, Location first) : world_(world), first_(first) {}
  void put(std::uint32_t i, std::uint64_t value) { world_.store(Location{first_.raw() + i}, value); }

 private:
  World& world_;
  Location first_;
};

template <class Words>
void write(Words& row, const Holding& held, bool cut) {
  std::uint32_t word = 0;
  for (const Cached& one : held) {
    row.put(word++, one.key());
    row.put(word++, one.data);
  }
  while (word < 2 * Holding::capacity) row.put(word++, 0);
  row.put(word, cut || held.is_cut() ? 1 : 0);
}

}  // namespace

std::uint64_t Cached::key() const {
  const auto code = static_cast<unsigned>(leaf ? level : level + pointer_codes);
  return TlbKey{VirtPage{number.raw() | std::uint64_t{sides} << sides_shift}, tag, code}.raw();
}

Cached Cached::of(std::uint64_t key, std::uint64_t data) {
  const TlbKey k{key};
  Cached c;
  c.leaf = k.size_code() <= pointer_codes;
  c.level = c.leaf ? k.size_code() : k.size_code() - pointer_codes;
  c.sides = static_cast<unsigned>(k.page().raw() >> sides_shift);
  c.tag = k.tag();
  c.number = VirtPage{k.page().raw() & number_mask};
  c.data = data;
  return c;
}

void Holding::add(const Cached& one) {
  for (std::uint32_t n = 0; n < size_; ++n)
    if (entries_[n].is_at(one) && entries_[n].data == one.data) {
      entries_[n].sides |= one.sides;
      return;
    }
  cut_ = cut_ || size_ == capacity;
  if (size_ < capacity) entries_[size_++] = one;
}

void Holding::sort() {
  std::sort(entries_.begin(), entries_.begin() + size_, [](const Cached& a, const Cached& b) {
    return a.key() != b.key() ? a.key() < b.key() : a.data < b.data;
  });
}

MaySet::MaySet(World& world, const char* name, const Mmu& mmu)
    : world_(world), mmu_(mmu),
      region_(world.allocate(std::string(name) + ".may", mmu.state_.limits().cpus, Holding::words,
                             Coherence::internal)) {}

// ------------------------------------------------------------------------------------------------ what is known

Holding MaySet::held(CpuId cpu) const {
  Holding held;
  const Location row = row_first(cpu);
  for (std::uint32_t n = 0; n < Holding::capacity; ++n) {
    const std::uint64_t key = world_.load(Location{row.raw() + 2 * n});
    if (key == 0) break;
    held.add(Cached::of(key, world_.load(Location{row.raw() + 2 * n + 1})));
  }
  return held;
}

MaySet::Below MaySet::below(const Cached& pointer) const {
  return {pointer.level - 1, TableId{frame_of(pointer.data).raw()}, pointer.number, pointer.data & rights_mask};
}

MaySet::Below MaySet::root(CpuId cpu) const {
  return {mmu_.state_.geometry().levels() - 1, world_.load(mmu_.root_register(cpu)), VirtPage{}, all_rights};
}

bool MaySet::is_active_pointer(CpuId cpu, const Cached& one) const {
  return !one.leaf && one.tag == mmu_.tag_on(world_, cpu) && world_.load(mmu_.root_register(cpu)).exists();
}

void MaySet::descend(CpuId cpu, const Below& from, Which which, const Found& f) const {
  if (!from.table.exists() || from.table.raw() >= mmu_.state_.limits().tables) return;
  const std::uint64_t owner = mmu_.owner_bits(world_.load(mmu_.mm_register(cpu)));
  const std::uint32_t entries = mmu_.state_.geometry().entries(from.level);
  for (std::uint32_t n = 0; n < entries; ++n) {
    const Cell<Pte> cell = mmu_.state_.entry(from.table, n);
    const std::uint64_t entry = world_.load_visible(cell.at);
    if ((entry & pte_present) == 0) continue;
    const bool accessed = (entry & pte_accessed) != 0;
    const std::uint64_t rights = combine_rights(from.rights, entry);
    Cached one;
    one.level = from.level;
    one.leaf = is_leaf(entry, from.level);
    if (one.leaf && (rights & pte_user) == 0) continue;
    one.number = VirtPage{from.number.raw() * entries + n};
    one.tag = mmu_.tag_on(world_, cpu);
    if (one.leaf && (rights & pte_global) != 0) one.tag = global_tag_of(one.tag);
    // The instruction side never loads what it could not use.
    if (one.leaf && (rights & pte_no_exec) != 0) one.sides = Cached::on_data_side;
    one.data = (one.leaf ? rights : walk_cache_data(from.rights, entry)) | owner;
    if (accessed == (which == Which::loadable)) f(one, cell.at);
    if (!one.leaf && accessed) descend(cpu, below(one), which, f);
  }
}

void MaySet::for_each(CpuId cpu, const Holding& held, Which which, const Found& f) const {
  descend(cpu, root(cpu), which, f);
  for (const Cached& one : held)
    if (is_active_pointer(cpu, one)) descend(cpu, below(one), which, f);
}

void MaySet::for_each_loadable(CpuId cpu, const Holding& held, const Found& f) const {
  for_each(cpu, held, Which::loadable, f);
}

void MaySet::for_each_unaccessed(CpuId cpu, const Found& f) const { for_each(cpu, held(cpu), Which::unaccessed, f); }

WalkEnd MaySet::walk_from(Below from, VirtPage page, AccessKind kind) const {
  WalkEnd end;
  end.first_level = from.level;
  end.rights = from.rights;
  end.table = from.table;
  for (end.level = from.level;; --end.level) {
    end.tables[end.level] = end.table;
    end.how = WalkEnd::How::absent;
    if (!end.table.exists() || end.table.raw() >= mmu_.state_.limits().tables) return end;
    const Cell<Pte> cell = mmu_.state_.entry(end.table, mmu_.state_.geometry().index(page, end.level));
    end.cell = cell.at;
    end.entry = world_.load(cell).raw();
    switch (judge(end.entry, end.rights, end.level, kind)) {
      case Reading::descend: break;
      case Reading::leaf: end.how = WalkEnd::How::leaf; return end;
      case Reading::assist: end.how = WalkEnd::How::needs_bits; return end;
      case Reading::protection: end.how = WalkEnd::How::denied; return end;
      case Reading::not_present:
      case Reading::overtaken: return end;
    }
    const std::uint64_t next = walk_cache_data(end.rights, end.entry);
    end.pointers[end.level] = next;
    end.table = TableId{frame_of(next).raw()};
    end.rights = next & rights_mask;
  }
}

void MaySet::for_each_walk(CpuId cpu, const Holding& held, VirtPage page, AccessKind kind,
                           const std::function<void(const WalkEnd&)>& f) const {
  if (world_.load(mmu_.root_register(cpu)).exists()) f(walk_from(root(cpu), page, kind));
  for (const Cached& one : held)
    if (is_active_pointer(cpu, one) && covers(cpu, one, page)) f(walk_from(below(one), page, kind));
}

Cached MaySet::translation(CpuId cpu, VirtPage page, const WalkEnd& end) const {
  Cached one;
  one.level = end.level;
  one.data = combine_rights(end.rights, end.entry) | mmu_.owner_bits(world_.load(mmu_.mm_register(cpu)));
  one.tag = mmu_.tag_on(world_, cpu);
  if ((one.data & pte_global) != 0) one.tag = global_tag_of(one.tag);
  one.number = mmu_.tlbs_.key_page(page, end.level);
  return one;
}

void MaySet::add_pointers(Holding& held, CpuId cpu, VirtPage page, const WalkEnd& end) const {
  for (std::size_t level = end.first_level; level > end.level; --level) {
    if (mmu_.tlbs_.psc(level) == TlbHierarchy::no_array) continue;
    Cached one;
    one.level = level;
    one.leaf = false;
    one.tag = mmu_.tag_on(world_, cpu);
    one.number = mmu_.tlbs_.key_page(page, level);
    one.data = end.pointers[level] | mmu_.owner_bits(world_.load(mmu_.mm_register(cpu)));
    held.add(one);
  }
}

bool MaySet::covers(CpuId cpu, const Cached& one, VirtPage page) const {
  const std::uint32_t tag = mmu_.tag_on(world_, cpu);
  return (one.tag == tag || one.tag == global_tag_of(tag)) && mmu_.tlbs_.key_page(page, one.level) == one.number;
}

// ------------------------------------------------------------------------------------------------ how it changes

/// The row without what could be loaded anyway.
Holding MaySet::unsaid(CpuId cpu, const Holding& held) const {
  Holding loadable;
  for_each_loadable(cpu, held, [&](const Cached& one, Location) { loadable.add(one); });
  Holding rest;
  for (const Cached& one : held) {
    const auto same = [&](const Cached& other) { return other.is_at(one) && other.data == one.data; };
    if (std::none_of(loadable.begin(), loadable.end(), same)) rest.add(one);
  }
  rest.sort();
  return rest;
}

void MaySet::settle(Access& a, CpuId cpu, const Holding& held) const {
  StepWords row(a, row_first(cpu));
  write(row, unsaid(cpu, held), held.is_cut() || is_cut(cpu));
}

void MaySet::kill(Access& a, CpuId cpu, const Dies& dies) const {
  const Holding before = held(cpu);
  Holding rest;
  for (const Cached& one : before) {
    if (!dies(one)) {
      rest.add(one);
      continue;
    }
    if (!is_active_pointer(cpu, one)) continue;
    descend(cpu, below(one), Which::loadable, [&](const Cached& lower, Location) {
      if (!dies(lower)) rest.add(lower);
    });
  }
  settle(a, cpu, rest);
}

void MaySet::kill_page(Access& a, CpuId cpu, std::uint32_t tag, VirtPage page, bool globals) const {
  kill(a, cpu, [&](const Cached& one) {
    if (!one.leaf) return one.tag == tag;
    const bool reached = one.tag == tag || (globals && one.tag == global_tag_of(tag));
    return reached && mmu_.tlbs_.key_page(page, one.level) == one.number;
  });
}

void MaySet::kill_in_flight(Access& a, CpuId cpu) const {
  kill(a, cpu, [&](const Cached& one) {
    return !one.leaf && mmu_.tlbs_.psc(one.level) == TlbHierarchy::no_array;
  });
}

/// Not settled: the root that gives these is about to go.
void MaySet::leave_root(Access& a, CpuId cpu) const {
  const Holding before = held(cpu);
  Holding all;
  const auto keep = [&](const Cached& one) {
    if (one.leaf || mmu_.tlbs_.psc(one.level) != TlbHierarchy::no_array) all.add(one);
  };
  for (const Cached& one : before) keep(one);
  for_each_loadable(cpu, before, [&](const Cached& one, Location) { keep(one); });
  all.sort();
  StepWords row(a, row_first(cpu));
  write(row, all, is_cut(cpu));
}

// ------------------------------------------------------------------------------------------------ stores to tables

bool MaySet::follows(const Footprint& footprint) const {
  const std::uint32_t first = mmu_.state_.table_first(TableId{0}).raw();
  const std::uint32_t words = mmu_.state_.limits().tables * mmu_.state_.table_size_words();
  return std::any_of(footprint.begin(), footprint.end(),
                     [&](const Touch& t) { return changes(t.use) && t.first.raw() - first < words; });
}

void MaySet::declare(Footprint& footprint) const {
  if (follows(footprint)) declare_rows(footprint);
}

void MaySet::before(const Footprint& footprint) {
  if (!follows(footprint)) return;
  for (std::uint32_t cpu = 0; cpu < mmu_.state_.limits().cpus; ++cpu) {
    const Holding before = held(CpuId{cpu});
    Holding all = before;
    for_each_loadable(CpuId{cpu}, before, [&](const Cached& one, Location cell) {
      if (footprint.allows(cell, Use::write)) all.add(one);
    });
    all.sort();
    Row row(world_, row_first(CpuId{cpu}));
    write(row, all, is_cut(CpuId{cpu}));
  }
}

void MaySet::after(const Footprint& footprint) {
  if (!follows(footprint)) return;
  for (std::uint32_t cpu = 0; cpu < mmu_.state_.limits().cpus; ++cpu) {
    Row row(world_, row_first(CpuId{cpu}));
    write(row, unsaid(CpuId{cpu}, held(CpuId{cpu})), is_cut(CpuId{cpu}));
  }
}

std::string MaySet::limit() const {
  return fmt::format("check.tlb = may-set keeps {} translations a cpu (explicit has no such limit)", Holding::capacity);
}

bool MaySet::is_cut() const {
  for (std::uint32_t cpu = 0; cpu < mmu_.state_.limits().cpus; ++cpu)
    if (is_cut(CpuId{cpu})) return true;
  return false;
}

// ------------------------------------------------------------------------------------------------ the accessed bit

const Label& Accessing::label() const { return mmu_.labels_.speculate; }

Cell<Pte> Accessing::cell_of(std::uint32_t unit) const {
  return Cell<Pte>{Location{mmu_.state_.table_first(TableId{0}).raw() + unit}};
}

void Accessing::list_enabled(const World&, std::vector<std::uint32_t>& units) const {
  const std::uint32_t first = mmu_.state_.table_first(TableId{0}).raw();
  for (std::uint32_t cpu = 0; cpu < mmu_.state_.limits().cpus; ++cpu)
    mmu_.may_->for_each_unaccessed(CpuId{cpu}, [&](const Cached&, Location cell) {
      const std::uint32_t unit = cell.raw() - first;
      if (std::find(units.begin(), units.end(), unit) == units.end()) units.push_back(unit);
    });
}

Footprint Accessing::footprint(std::uint32_t unit) const { return writes(cell_of(unit)); }

/// Its events are those of the first cpu that could do it.
void Accessing::act(Access& a, std::uint32_t unit) {
  const Cell<Pte> cell = cell_of(unit);
  Walk w;
  for (std::uint32_t cpu = mmu_.state_.limits().cpus; cpu > 0; --cpu)
    mmu_.may_->for_each_unaccessed(CpuId{cpu - 1}, [&](const Cached& one, Location at) {
      if (at != cell.at) return;
      a.context().set_cpu(CpuId{cpu - 1});
      w.mm = a.context().world().load(mmu_.mm_register(CpuId{cpu - 1}));
      w.page = mmu_.tlbs_.first_page(one.number, one.level);
      w.level = one.level;
    });
  mmu_.set_bits(a, w, cell, pte_accessed);
}

}  // namespace mmulab::radix
