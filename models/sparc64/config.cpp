// SPDX-License-Identifier: MIT
#include "models/sparc64/config.h"

#include <cstdio>

#include "sim/config/costs.h"

namespace mmulab {
namespace {

using config::Confidence;

/// Without memory traffic. hardware.md 6.3, column UltraSPARC IIIi, unless a preset says otherwise.
constexpr config::NamedCost costs[] = {
    {"tlb_hit", 1, "An access whose translation is in a TLB"},
    {"trap_entry", 32, "Entering a trap handler, and two loads of MMU registers"},
    {"trap_to_kernel", 60, "From the miss handler to the kernel's fault path"},
    {"tsb_load", 3, "Quad load of a TSB entry and the compare"},
    {"tsb_store", 9, "Storing one word of a TSB entry"},
    {"tsb_lock", 30, "Compare-and-swap on a TSB entry's lock bit"},
    {"tlb_fill", 20, "stxa to DATA_IN, and retry"},
    {"hardware_tsb_walk", 45, "Hardware's look into the TSB"},
    {"hardware_fill", 4, "Hardware's TLB fill"},
    {"table_load", 19, "One level of the miss handler's table walk"},
    {"demap_page", 15, "Demapping one page"},
    {"demap_context", 40, "Demapping a context"},
    {"demap_all", 80, "Demapping everything"},
    {"membar_sync", 20, "membar #Sync"},
    {"context_load", 20, "Loading a context register"},
    {"context_test", 4, "Testing a context's version"},
    {"context_alloc", 60, "Allocating a context number"},
    {"context_wrap", 200, "Beginning a new version of context numbers"},
    {"cpumask_read", 4, "Reading one word of an mm's cpumask"},
    {"cpumask_update", 30, "Changing an mm's cpumask"},
    {"tsb_register_load", 20, "Loading the TSB registers"},
    {"flush_call", 20, "Beginning a flush"},
    {"tsb_flush", 30, "Looking at one TSB entry and invalidating it"},
    {"tsb_grow_test", 4, "Testing the rss against the TSB's size"},
    {"tsb_allocate", 400, "Allocating a TSB"},
    {"tsb_init", 600, "Initialising 8 KiB of a TSB"},
    {"tsb_swap", 40, "Switching an mm to another TSB"},
    {"tsb_free", 100, "Freeing a TSB"},
    {"xcall_prepare", 60, "Preparing a cross call"},
    {"xcall_copy_entry", 4, "Copying one entry of a cross call's list"},
    {"xcall_send", 350, "Sending a cross call to its first target"},
    {"xcall_extra_target", 120, "Sending it to each further target"},
    {"xcall_poll", 20, "One look at the dispatch status"},
    {"xcall_receive", 120, "Receiving a cross call"},
    {"xcall_read_entry", 4, "Reading one entry of the list at the receiver"},
    {"xcall_done", 10, "Reporting a cross call as executed"},
};

/// One structure of a TLB in text: "512x2 8K", "1x128 8K 4M random"; lru unless it says otherwise.
Sparc64TlbLevel parse_level(const std::string& text, bool& good) {
  Sparc64TlbLevel level;
  unsigned sets = 0, ways = 0;
  int used = 0;
  good = std::sscanf(text.c_str(), "%5ux%5u%n", &sets, &ways, &used) == 2 && sets != 0 && ways != 0 &&
         (sets & (sets - 1)) == 0;
  std::string rest = good ? text.substr(static_cast<std::size_t>(used)) : "";
  level.geometry = {sets, ways, Replacement::lru};
  const auto ends_with = [&](const std::string& word) {
    const bool found = rest.size() >= word.size() && rest.compare(rest.size() - word.size(), word.size(), word) == 0;
    if (found) rest.resize(rest.size() - word.size());
    return found;
  };
  if (ends_with(" random")) level.geometry.replacement = Replacement::random;
  else if (ends_with(" fifo")) level.geometry.replacement = Replacement::fifo;
  else if (ends_with(" tree")) level.geometry.replacement = Replacement::tree;
  else ends_with(" lru");
  level.holds_8k = rest == " 8K" || rest == " 8K 4M";
  level.holds_4m = rest == " 4M" || rest == " 8K 4M";
  good = good && (level.holds_8k || level.holds_4m) && (sets == 1 || level.holds_8k != level.holds_4m);
  good = good && (level.geometry.replacement != Replacement::tree || (ways <= 64 && (ways & (ways - 1)) == 0));
  return level;
}

/// After a wrap every cpu takes a number at once; 0 is the kernel's, 1 is spare.
void enough_contexts(const config::Values& v, const config::Complain& complain) {
  if (!v.contains("machine.sparc64.context_bits")) return;
  const std::uint64_t cpus = v.integer("machine.sockets") * v.integer("machine.cores") * v.integer("machine.threads");
  const std::uint64_t numbers = (std::uint64_t{1} << v.integer("machine.sparc64.context_bits")) - 2;
  if (numbers < cpus)
    complain("machine.sparc64.context_bits", fmt::format("{} context numbers are too few for {} cpus", numbers, cpus),
             "set more context bits");
}

void tlbs_make_sense(const config::Values& v, const config::Complain& complain) {
  if (!v.contains("machine.sparc64.dtlb")) return;
  for (const char* key : {"dtlb", "itlb"}) {
    const std::string path = std::string("machine.sparc64.") + key;
    for (const std::string& text : v.texts(path)) {
      bool good = false;
      parse_level(text, good);
      if (!good)
        complain(path, "`" + text + "` is no TLB",
                 "write sets x ways, sizes, replacement: \"512x2 8K\", \"1x128 8K 4M random\"");
    }
  }
}

bool is_power_of_two(std::uint64_t n) { return n != 0 && (n & (n - 1)) == 0; }

void tables_make_sense(const config::Values& v, const config::Complain& complain) {
  if (!v.contains("machine.sparc64.dtlb")) return;
  const std::uint64_t shift = v.integer("machine.page_shift");
  if (shift < 13) complain("machine.page_shift", "sparc64's smallest pages have 8 KiB", "set machine.page_shift = 13");
  const std::uint64_t first = v.integer("kernel.sparc64.tsb_entries_first");
  const std::uint64_t last = v.integer("kernel.sparc64.tsb_entries_max");
  const std::uint64_t huge = v.integer("kernel.sparc64.huge_tsb_entries");
  for (const char* key : {"tsb_entries_first", "tsb_entries_max"})
    if (!is_power_of_two(v.integer(std::string("kernel.sparc64.") + key)))
      complain(std::string("kernel.sparc64.") + key, "a TSB has 2^n entries", "use 512, 1024, 2048 ...");
  if (huge != 0 && !is_power_of_two(huge))
    complain("kernel.sparc64.huge_tsb_entries", "a TSB has 2^n entries", "use 512, 1024, 2048 ...");
  if (first > last)
    complain("kernel.sparc64.tsb_entries_first", "a new TSB is larger than the largest", "raise tsb_entries_max");
  const std::uint64_t numbers = (std::uint64_t{1} << v.integer("machine.sparc64.context_bits")) - 2;
  const std::uint64_t cpus = v.integer("machine.sockets") * v.integer("machine.cores") * v.integer("machine.threads");
  if (cpus > numbers)
    complain("machine.sparc64.context_bits",
             std::to_string(numbers) + " context numbers are fewer than " + std::to_string(cpus) + " cpus",
             "each cpu needs one after a wrap");
}

std::vector<Sparc64TlbLevel> levels(const config::Values& v, const std::string& path) {
  std::vector<Sparc64TlbLevel> all;
  for (const std::string& text : v.texts(path)) {
    bool good = false;
    all.push_back(parse_level(text, good));
  }
  return all;
}

}  // namespace

void describe_sparc64(config::Schema& schema) {
  auto m = schema.section("machine.sparc64", "TLBs, TSBs and cross calls of a sparc64 machine")
               .only_if("machine.arch", "sparc64");
  m.choice("tte_format", {"sun4u", "sun4v"}).default_to("sun4u").help("Format of translation table entries");
  m.flag("hardware_tsb_walk").default_to(false).help("Hardware searches the TSB before a miss traps");
  m.texts("dtlb")
      .default_to_texts({"512x2 8K", "512x2 4M", "1x16 8K 4M"})
      .help("Data TLBs, searched at once: sets x ways, page sizes, replacement (lru, fifo, random, tree: of 2^n ways)");
  m.texts("itlb")
      .default_to_texts({"64x2 8K", "1x16 8K 4M"})
      .help("Instruction TLBs, searched at once: sets x ways, page sizes, replacement");
  m.integer("context_bits").default_to(13).range(2, 13).unit("bits").help("Bits of a context number");
  m.flag("demap_on_protection").default_to(true).help("A protection trap demaps its page before the fault is handled");
  m.flag("accept_at_delivery").default_to(true).help("Hardware latches a cross call even with interrupts off");
  m.flag("pipelined_dispatch").default_to(true).help("Cross calls to many targets are dispatched before any is polled");
  m.constant("nack_delay")
      .default_to(2560)
      .range(1, 10000000)
      .unit("cycles")
      .help("Wait after a refused cross call, for each that refused")
      .source(Confidence::High, "hardware.md 3.5, udelay(2 * n)");
  auto c = schema.section("machine.sparc64.cost", "Named costs of sparc64's hardware and low-level code")
               .only_if("machine.arch", "sparc64");
  declare_costs(c, costs, {"hardware.md 6.3, 3.3", 10'000'000});
  auto k = schema.section("kernel.sparc64", "sparc64's low-level software").only_if("machine.arch", "sparc64");
  k.flag("flush_all_after_wrap")
      .help("A cpu demaps everything before its first context of a new version; by default only in kernel modern");
  k.integer("tsb_entries_first").default_to(512).range(2, 1 << 16).unit("entries").help("Entries of a new mm's TSB");
  k.integer("tsb_entries_max").default_to(8192).range(2, 1 << 16).unit("entries").help("Entries of the largest TSB");
  k.integer("huge_tsb_entries")
      .default_to(0)
      .range(0, 1 << 16)
      .unit("entries")
      .help("Entries of the TSB for 4M pages; 0 for none");
  k.flag("flush_replaced_tsb").default_to(false).help("A flush reaches a table that a growth has replaced, too");
  k.flag("flush_tsb_first")
      .default_to(true)
      .help("A flush of one pte outside lazy-mmu sections empties the TSB before the TLBs (23a01138efe2)");
  k.flag("check_pte_under_tsb_lock")
      .default_to(false)
      .help("The miss handler looks at the pte again under the TSB lock");
  k.integer("posted_entries").default_to(192).range(1, 1 << 12).unit("entries").help("Entries of a posted request");
  k.integer("range_ceiling_pages")
      .default_to(192)
      .range(1, 1 << 20)
      .unit("pages")
      .help("A longer range demaps the context");
  schema.rule(tlbs_make_sense);
  schema.rule(tables_make_sense);
  schema.rule(enough_contexts);
}

Sparc64Params sparc64_params(const config::Values& v) {
  Sparc64Params p;
  p.tte_format =
      v.text("machine.sparc64.tte_format") == "sun4v" ? sparc64::TteFormat::sun4v : sparc64::TteFormat::sun4u;
  p.hardware_tsb_walk = v.flag("machine.sparc64.hardware_tsb_walk");
  p.dtlb = levels(v, "machine.sparc64.dtlb");
  p.itlb = levels(v, "machine.sparc64.itlb");
  p.context_bits = static_cast<unsigned>(v.integer("machine.sparc64.context_bits"));
  p.demap_on_protection = v.flag("machine.sparc64.demap_on_protection");
  p.accept_at_delivery = v.flag("machine.sparc64.accept_at_delivery");
  p.pipelined_dispatch = v.flag("machine.sparc64.pipelined_dispatch");
  p.nack_delay = Cycles{v.integer("machine.sparc64.nack_delay")};
  p.flush_all_after_wrap = v.contains("kernel.sparc64.flush_all_after_wrap")
                               ? v.flag("kernel.sparc64.flush_all_after_wrap")
                               : v.text("kernel.version") == "modern";
  p.tsb_entries_first = static_cast<std::uint32_t>(v.integer("kernel.sparc64.tsb_entries_first"));
  p.tsb_entries_max = static_cast<std::uint32_t>(v.integer("kernel.sparc64.tsb_entries_max"));
  p.huge_tsb_entries = static_cast<std::uint32_t>(v.integer("kernel.sparc64.huge_tsb_entries"));
  p.flush_replaced_tsb = v.flag("kernel.sparc64.flush_replaced_tsb");
  p.flush_tsb_first = v.flag("kernel.sparc64.flush_tsb_first");
  p.check_pte_under_tsb_lock = v.flag("kernel.sparc64.check_pte_under_tsb_lock");
  p.posted_entries = static_cast<std::uint32_t>(v.integer("kernel.sparc64.posted_entries"));
  p.range_ceiling_pages = v.integer("kernel.sparc64.range_ceiling_pages");
  return p;
}

void sparc64_costs(const config::Values& v, const std::function<void(const std::string&, Cycles)>& set) {
  read_costs(v, "machine.sparc64.cost", costs, "", set);
}

}  // namespace mmulab
