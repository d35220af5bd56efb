// SPDX-License-Identifier: MIT
#include "models/gather/config.h"

#include <array>
#include <utility>

namespace mmulab {
namespace {

template <class E, std::size_t N>
using Names = std::array<std::pair<const char*, E>, N>;

constexpr Names<Recorder, 3> recorders{
    {{"none", Recorder::none}, {"batch", Recorder::batch}, {"range", Recorder::range}}};
constexpr Names<RecordScope, 2> scopes{{{"cpu", RecordScope::cpu}, {"task", RecordScope::task}}};
constexpr Names<RecordActive, 3> actives{
    {{"always", RecordActive::always}, {"lazy-mmu", RecordActive::lazy_mmu}, {"never", RecordActive::at_once}}};
constexpr Names<PageHome, 4> homes{{{"cpu", PageHome::cpu}, {"stack", PageHome::stack},
                                    {"stack-then-page", PageHome::stack_then_page}, {"chain", PageHome::chain}}};
constexpr Names<WhenFull, 2> fulls{{{"flush-inside", WhenFull::flush_inside}, {"stop", WhenFull::stop}}};
constexpr Names<FreePages, 3> page_frees{{{"immediately", FreePages::immediately},
                                          {"before-flush", FreePages::before_flush},
                                          {"after-flush", FreePages::after_flush}}};
constexpr Names<FreeTables, 3> table_frees{{{"immediately", FreeTables::immediately},
                                            {"after-flush", FreeTables::after_flush},
                                            {"rcu", FreeTables::rcu}}};
constexpr Names<Pin, 2> pins{{{"none", Pin::none}, {"preempt-off", Pin::preempt_off}}};
constexpr Names<BlockBreak, 3> breaks{{{"nothing", BlockBreak::nothing}, {"end-and-begin", BlockBreak::end_and_begin},
                                       {"flush", BlockBreak::flush}}};
constexpr Names<Settle, 3> settles{{{"none", Settle::none}, {"flush-mm-when-nested", Settle::flush_mm_when_nested},
                                    {"wait-when-nested", Settle::wait_when_nested}}};
constexpr Names<DeferralFault, 6> faults{{{"none", DeferralFault::none},
                                          {"set-strips", DeferralFault::set_strips},
                                          {"updates-in-place", DeferralFault::updates_in_place},
                                          {"unpublished", DeferralFault::unpublished},
                                          {"one-group", DeferralFault::one_group},
                                          {"insert-waits", DeferralFault::insert_waits}}};
constexpr Names<FullMm, 3> full_mms{{{"flush", FullMm::flush}, {"flush-first", FullMm::flush_first},
                                    {"nothing", FullMm::nothing}}};
constexpr Names<Reclaim, 2> reclaims{{{"per-page", Reclaim::per_page}, {"x86-reclaim-batch", Reclaim::batch}}};
constexpr Names<Batched, 3> batcheds{{{"none", Batched::none}, {"flag", Batched::flag},
                                      {"generations", Batched::generations}}};
constexpr Names<Trigger, 12> trigger_names{{{"batch-full", on_batch_full}, {"leave-lazy", on_leave_lazy},
                                            {"before-unlock", on_before_unlock}, {"after-unlock", on_after_unlock},
                                            {"end-vma", on_end_vma}, {"end", on_end},
                                            {"context-switch", on_context_switch}, {"classic-flush", on_classic_flush},
                                            {"set-over-present", on_set_over_present}, {"clear-young", on_clear_young},
                                            {"dirty-file-page", on_dirty_file_page},
                                            {"end-pfnmap-vma", on_end_pfnmap_vma}}};

template <class E, std::size_t N>
std::vector<std::string> texts(const Names<E, N>& names) {
  std::vector<std::string> all;
  for (const auto& [name, value] : names) all.emplace_back(name);
  return all;
}

template <class E, std::size_t N>
E chosen(const Names<E, N>& names, const std::string& name) {
  for (const auto& [text, value] : names)
    if (name == text) return value;
  throw config::Misuse("no such choice: " + name);
}

void consistent(const config::Values& v, const config::Complain& complain) {
  const bool batch = v.text("strategy.recorder") == "batch";
  const std::string arch = v.text("machine.arch");
  if (v.flag("strategy.by_reference") && !batch)
    complain("strategy.by_reference", "only a batch can be passed by reference", "set strategy.recorder = \"batch\"");
  if (v.flag("strategy.split_invalidate") && !batch)
    complain("strategy.split_invalidate", "split invalidation needs recorded entries",
             "set strategy.recorder = \"batch\"");
  if ((v.flag("strategy.tombstones") || v.flag("strategy.settles_inserts")) && arch != "ppc64")
    complain(v.flag("strategy.tombstones") ? "strategy.tombstones" : "strategy.settles_inserts",
             "only ppc64 keeps entries in a table that software inserts into without a look at what is there",
             "use safe-deferral");
  if (v.flag("strategy.settles_inserts") && v.text("strategy.settle") != "flush-mm-when-nested")
    complain("strategy.settles_inserts", "an insert can only settle what is published",
             "set strategy.settle = \"flush-mm-when-nested\"");
  if (v.text("strategy.full_mm") == "flush-first" && batch)
    complain("strategy.full_mm", "entries that are recorded while an mm is taken down would never be flushed",
             "set strategy.recorder = \"none\" or \"range\"");
  if (v.text("strategy.pin") == "none" && v.text("strategy.pages") == "cpu")
    complain("strategy.pin", "a per-cpu page list needs its cpu pinned", "set strategy.pin = \"preempt-off\"");
  if (arch == "ppc64" && !batch)
    complain("strategy.recorder", "ppc64 finds an old hash entry only through the slot bits of a recorded pte",
             "set strategy.recorder = \"batch\"");
}

}  // namespace

void describe_strategy(config::Schema& schema) {
  auto s = schema.section("strategy", "How translations are torn down: one choice on each axis").presets("strategies");
  s.choice("class", strategies().names())
      .default_to("axes")
      .help("Strategy class; `axes` is nothing but the choices below");
  for (const auto* known : strategies().entries())
    if (known->name != "axes")
      schema.add_preset("strategies", known->name, "class = \"" + known->name + "\"\n" + known->make.axes);
  s.choice("recorder", texts(recorders)).default_to("none").help("What is noted about a translation that must die");
  s.choice("scope", texts(scopes)).default_to("cpu").help("Who owns the record");
  s.choice("active", texts(actives)).default_to("always").help("When changes are recorded instead of flushed at once");
  s.integer("batch_entries").default_to(192).range(1, 1 << 16).unit("entries").help("Entries of a batch");
  s.texts("triggers")
      .default_to_texts({"batch-full", "end"})
      .allow(texts(trigger_names))
      .help("Moments at which the record is flushed");
  s.flag("wait").default_to(true).help("The initiator waits until the translations are dead");
  s.flag("by_reference").default_to(false).help("Receivers read the initiator's batch when they get round to it");
  s.flag("split_invalidate")
      .default_to(false)
      .help("The hash or TSB entry dies with the pte, only TLBs are flushed later");
  s.flag("tombstones")
      .default_to(false)
      .help("ppc64: a clear leaves the slot of the hash entry behind; a hash fault that finds it removes that entry");
  s.flag("settles_inserts")
      .default_to(false)
      .help("ppc64: while anything is pending, a hash fault removes what answers for its page before it inserts");
  s.choice("fault", texts(faults)).default_to("none").help("A safe deferral broken on purpose, for tests");
  s.flag("modify_in_place").default_to(false).help("mprotect keeps the bits that say where the hash entry is");
  s.choice("pages", texts(homes)).default_to("cpu").help("Where freed pages wait");
  s.integer("list_entries").default_to(506).range(1, 1 << 16).unit("entries").help("Entries of the page list");
  s.integer("extra_entries").default_to(512).range(1, 1 << 16).unit("entries").help("Entries of each further page");
  s.integer("chain_pages").default_to(19).range(0, 1 << 10).help("Further pages of a chain");
  s.choice("when_full", texts(fulls)).default_to("flush-inside").help("What a full list does");
  s.flag("room_before_clear").default_to(false).help("Fullness is tested before a pte is cleared");
  s.choice("free_pages", texts(page_frees)).default_to("after-flush").help("When pages are freed");
  s.choice("free_tables", texts(table_frees)).default_to("after-flush").help("When page tables are freed");
  s.integer("table_batch_entries")
      .default_to(509)
      .range(1, 1 << 12)
      .unit("entries")
      .help("Page tables of a batch that RCU frees");
  s.flag("table_free_flushes")
      .default_to(true)
      .help("With free_tables = rcu: the mm is flushed before a batch, or a table without one, is handed on");
  s.flag("single_user_frees_tables")
      .default_to(false)
      .help("With free_tables = rcu: an mm that one task uses frees its tables at once (broken)");
  s.flag("delays_rmap")
      .default_to(false)
      .help("A dirty shared page looks mapped until it is flushed under the page lock of its table");
  s.choice("pin", texts(pins)).default_to("preempt-off").help("What keeps the gather on its cpu");
  s.choice("block_break", texts(breaks)).default_to("end-and-begin").help("What the end of a zap block does");
  s.choice("settle", texts(settles)).default_to("none").help("Who heeds another gather's pending flush");
  s.choice("full_mm", texts(full_mms)).default_to("flush").help(
      "What the death of the whole mm flushes: everything when all is taken down, everything before that, or nothing");
  s.choice("reclaim", texts(reclaims))
      .default_to("per-page")
      .help("How reclaim flushes what it unmaps: pte by pte, or once for many (entries are always flushed one by one)");
  s.choice("batched", texts(batcheds))
      .default_to("generations")
      .help("How an mm remembers what reclaim has put off, for those who find its ptes gone");
  s.flag("covers_fork").default_to(false).help("fork goes through the gather, whatever the kernel does");
  s.flag("covers_mprotect").default_to(false).help("mprotect goes through the gather, whatever the kernel does");
  s.flag("promises_empty_at_unlock").default_to(false).help("This cpu's batch is empty whenever a PTL is released");
  schema.rule(consistent);
}

GatherAxes gather_axes(const config::Values& v) {
  GatherAxes axes;
  axes.recorder = chosen(recorders, v.text("strategy.recorder"));
  axes.scope = chosen(scopes, v.text("strategy.scope"));
  axes.active = chosen(actives, v.text("strategy.active"));
  axes.batch_entries = static_cast<std::uint32_t>(v.integer("strategy.batch_entries"));
  axes.triggers = 0;
  for (const std::string& name : v.texts("strategy.triggers")) axes.triggers |= chosen(trigger_names, name);
  axes.wait = v.flag("strategy.wait");
  axes.by_reference = v.flag("strategy.by_reference");
  axes.split_invalidate = v.flag("strategy.split_invalidate");
  axes.tombstones = v.flag("strategy.tombstones");
  axes.settles_inserts = v.flag("strategy.settles_inserts");
  axes.fault = chosen(faults, v.text("strategy.fault"));
  axes.modify_in_place = v.flag("strategy.modify_in_place");
  axes.pages = chosen(homes, v.text("strategy.pages"));
  axes.list_entries = static_cast<std::uint32_t>(v.integer("strategy.list_entries"));
  axes.extra_entries = static_cast<std::uint32_t>(v.integer("strategy.extra_entries"));
  axes.chain_pages = static_cast<std::uint32_t>(v.integer("strategy.chain_pages"));
  axes.when_full = chosen(fulls, v.text("strategy.when_full"));
  axes.room_before_clear = v.flag("strategy.room_before_clear");
  axes.free_pages = chosen(page_frees, v.text("strategy.free_pages"));
  axes.free_tables = chosen(table_frees, v.text("strategy.free_tables"));
  axes.table_batch_entries = static_cast<std::uint32_t>(v.integer("strategy.table_batch_entries"));
  axes.table_free_flushes = v.flag("strategy.table_free_flushes");
  axes.single_user_frees_tables = v.flag("strategy.single_user_frees_tables");
  axes.delays_rmap = v.flag("strategy.delays_rmap");
  axes.pin = chosen(pins, v.text("strategy.pin"));
  axes.block_break = chosen(breaks, v.text("strategy.block_break"));
  axes.settle = chosen(settles, v.text("strategy.settle"));
  axes.full_mm = chosen(full_mms, v.text("strategy.full_mm"));
  axes.reclaim = chosen(reclaims, v.text("strategy.reclaim"));
  axes.batched = chosen(batcheds, v.text("strategy.batched"));
  axes.covers_fork = v.flag("strategy.covers_fork");
  axes.covers_mprotect = v.flag("strategy.covers_mprotect");
  axes.promises_empty_at_unlock = v.flag("strategy.promises_empty_at_unlock");
  return axes;
}

Registry<AxesStrategy, StrategyClass>& strategies() {
  static Registry<AxesStrategy, StrategyClass> registry = [] {
    Registry<AxesStrategy, StrategyClass> r("strategy class");
    const auto make = [](const StrategyParts& parts) {
      return std::make_unique<AxesStrategy>(parts.world, parts.state, parts.port, parts.locks, parts.axes);
    };
    r.add("axes", "nothing but its choice on each axis", {make, ""});
    return r;
  }();
  return registry;
}

}  // namespace mmulab
