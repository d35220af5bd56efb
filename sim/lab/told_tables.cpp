// SPDX-License-Identifier: MIT
#include "sim/lab/told_tables.h"

#include <fmt/ranges.h>

namespace mmulab::lab {
namespace {

/// Where the page's pte is; nothing if a level is missing on the way.
std::optional<Cell<Pte>> pte_of(const KernelState& state, const World& world, const PteLayout& layout, PageKey key) {
  TableId table = world.load(state.mm_root(key.mm));
  for (std::size_t level = state.geometry().levels() - 1; level > 0 && table.exists(); --level) {
    const Pte upper = world.load(state.entry(table, state.geometry().index(key.page, level)));
    table = layout.is_present(upper) ? TableId{layout.frame(upper).raw()} : TableId::none();
  }
  if (!table.exists()) return std::nullopt;
  return state.entry(table, state.geometry().index(key.page, 0));
}

std::string flags_text(std::uint64_t flags) {
  static constexpr std::pair<std::uint64_t, const char*> names[] = {
      {frame_dirty, "dirty"},   {frame_file, "of a file"},    {frame_locked, "locked"},
      {frame_device, "device"}, {frame_lazyfree, "lazyfree"}, {frame_ksm, "KSM"}};
  std::vector<const char*> set;
  for (const auto& [bit, name] : names)
    if ((flags & bit) != 0) set.push_back(name);
  return set.empty() ? "no flags" : fmt::format("{}", fmt::join(set, ", "));
}

/// "x86.dtlb_4k": whose it is stands beside it.
std::string array_text(const World& world, const TranslationCopy& copy) {
  if (copy.at == Location{}) return "may hold";
  std::string name = world.region_of(copy.at).name;
  const std::string own = fmt::format(".core{}", copy.core);
  if (const std::size_t at = name.find(own + "."); at != std::string::npos) name.erase(at, own.size());
  return name;
}

std::string copy_text(const TranslationCopy& copy) {
  std::string text = fmt::format("frame {}, r{}{}", copy.frame, (copy.rights & 1) != 0 ? 'w' : '-',
                                 (copy.rights & 2) != 0 ? 'x' : '-');
  if ((copy.rights & 4) != 0) text += ", dirty";
  if (copy.tag.exists()) text += fmt::format(", tag {}", copy.tag);
  return text;
}

}  // namespace

void TableTeller::concern(const Violation& violation) {
  if (violation.table.exists()) tables_[violation.table.raw()];
  if (violation.frame.exists()) {
    frames_[violation.frame.raw()];
    mapped_.insert(violation.frame.raw());
  }
  if (violation.has_page && violation.mm.exists()) {
    pages_[{violation.mm.raw(), violation.page.raw()}];
    const PageRecord* record = explored_.ledger().page(violation.mm, violation.page);
    if (record != nullptr && record->present) mapped_.insert(record->live.frame.raw());
  }
  // Everybody has the zero page.
  mapped_.erase(KernelState::zero_frame().raw());
  add_mappers();
}

void TableTeller::add_mappers() {
  for (const auto& [key, record] : explored_.ledger().pages())
    if (record.present && mapped_.count(record.live.frame.raw()) != 0) pages_[{key.mm.raw(), key.page.raw()}];
}

void TableTeller::concern(const Trace& trace) {
  const PteLayout& layout = explored_.system().port->pte();
  const auto maps = [&](Pte pte) { return layout.is_present(pte) && mapped_.count(layout.frame(pte).raw()) != 0; };
  for (const TracedStep& step : trace.steps)
    for (const Event& event : step.events)
      if (event.kind == EventKind::pte_stored && (maps(Pte{event.a}) || maps(Pte{event.b})))
        pages_[{event.mm.raw(), event.page.raw()}];
}

void TableTeller::tell(Side side) {
  for (const auto& [key, entries] : pages_) tell_page({MmId{key.first}, VirtPage{key.second}}, side);
  for (const auto& [frame, entries] : frames_) tell_frame(Frame{frame}, side);
  for (const auto& [table, entries] : tables_) tell_table(TableId{table}, side);
}

/// Several things in one place stand beside each other.
void TableTeller::put(Entries& entries, Kind kind, const std::string& where, const std::string& text, Side side) const {
  ToldEntry& entry = entries[{kind, where}];
  entry.where = where;
  std::string& at = entry.*side;
  if (at.find(text) == std::string::npos) at += (at.empty() ? "" : "; ") + text;
}

std::string TableTeller::core_text(CoreId core) const {
  const bool one_thread = explored_.ledger().config().threads_per_core == 1;
  return fmt::format("{} {}", one_thread ? "cpu" : "core", core);
}

void TableTeller::tell_page(PageKey key, Side side) {
  Entries& entries = pages_[{key.mm.raw(), key.page.raw()}];
  const System& system = explored_.system();
  const World& world = system.world;
  if (const auto pte = pte_of(*system.state, world, system.port->pte(), key))
    put(entries, Kind::pte, world.describe(pte->at), pte_text(system.port->pte(), world.load(*pte)), side);
  std::vector<SoftwareEntry> software;
  system.port->list_entries(key.mm, key.page, software);
  for (const SoftwareEntry& entry : software) put(entries, Kind::software, world.describe(entry.at), entry.text, side);
  std::vector<TranslationCopy> copies;
  explored_.events().census(key.mm, key.page, copies);
  for (const TranslationCopy& copy : copies) {
    put(entries, Kind::copy, core_text(copy.core) + " " + array_text(world, copy), copy_text(copy), side);
  }
}

void TableTeller::tell_frame(Frame frame, Side side) {
  const KernelState& state = *explored_.system().state;
  const World& world = explored_.world();
  put(frames_[frame.raw()], Kind::record, world.describe(state.frame(frame, 0).at),
      fmt::format("{}, mapcount {}, refcount {}", flags_text(world.load(state.frame(frame, FrameFields::flags))),
                  world.load(state.frame(frame, FrameFields::mapcount)),
                  world.load(state.frame(frame, FrameFields::refcount))),
      side);
}

void TableTeller::tell_table(TableId table, Side side) {
  const KernelState& state = *explored_.system().state;
  const World& world = explored_.world();
  Entries& entries = tables_[table.raw()];
  const MmId owner = world.load(state.table_owner(table));
  put(entries, Kind::record, world.describe(state.table_level(table).at),
      owner.exists() ? fmt::format("level {}, of mm {}", world.load(state.table_level(table)), owner) : "free", side);
  std::vector<WalkCacheCopy> copies;
  explored_.events().walk_census(table, copies);
  for (const WalkCacheCopy& copy : copies)
    put(entries, Kind::copy, core_text(copy.core) + " walk cache",
        fmt::format("leads to it for mm {}, tag {}", copy.mm, copy.tag), side);
}

std::vector<ToldTable> TableTeller::tables() const {
  std::vector<ToldTable> told;
  const auto add = [&](std::string what, const Entries& entries) {
    ToldTable table{std::move(what), {}};
    for (const auto& [key, entry] : entries) table.entries.push_back(entry);
    if (!table.entries.empty()) told.push_back(std::move(table));
  };
  for (const auto& [key, entries] : pages_) add(fmt::format("page 0x{:x} of mm {}", key.second, key.first), entries);
  for (const auto& [frame, entries] : frames_) add(fmt::format("frame {}", frame), entries);
  for (const auto& [table, entries] : tables_) add(fmt::format("table {}", table), entries);
  return told;
}

}  // namespace mmulab::lab
