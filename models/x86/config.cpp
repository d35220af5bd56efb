// SPDX-License-Identifier: MIT
#include "models/x86/config.h"

#include "models/x86/tlb_gen.h"
#include "sim/config/costs.h"

namespace mmulab {
namespace {

std::vector<config::NamedCost> named_costs(const X86Costs& cost) {
  std::vector<config::NamedCost> named;
  for (const X86CostKey& key : x86_cost_keys) named.push_back({key.name, (cost.*key.field).raw(), key.help});
  return named;
}

struct ArrayKey {
  const char* name;
  X86TlbArray X86Params::*field;
  const char* help;
};
constexpr ArrayKey arrays[] = {
    {"dtlb_4k", &X86Params::dtlb_4k, "data TLB of 4K pages"},
    {"dtlb_2m", &X86Params::dtlb_2m, "data TLB of 2M pages"},
    {"dtlb_1g", &X86Params::dtlb_1g, "data TLB of 1G pages"},
    {"itlb_4k", &X86Params::itlb_4k, "instruction TLB of 4K pages"},
    {"itlb_2m", &X86Params::itlb_2m, "instruction TLB of 2M pages"},
    {"stlb", &X86Params::stlb, "second-level TLB"},
    {"stlb_2m", &X86Params::stlb_2m, "second-level TLB of 2M pages"},
    {"stlb_1g", &X86Params::stlb_1g, "second-level TLB of 1G pages"},
    {"stlb_code", &X86Params::stlb_code, "second-level TLB of instructions"},
    {"psc_pde", &X86Params::psc_pde, "cache of page-directory entries"},
    {"psc_pdpte", &X86Params::psc_pdpte, "cache of PDPT entries"},
    {"psc_pml4e", &X86Params::psc_pml4e, "cache of PML4 entries"},
};

struct FlagKey {
  const char* name;
  bool X86Params::*field;
  const char* help;
};
constexpr FlagKey machine_flags[] = {
    {"dtlb_unified", &X86Params::dtlb_unified, "The data TLB holds pages of every size"},
    {"itlb_unified", &X86Params::itlb_unified, "The instruction TLB holds pages of every size"},
    {"stlb_holds_2m", &X86Params::stlb_holds_2m, "The second-level TLB holds 2M pages, too"},
    {"stlb_instructions", &X86Params::stlb_instructions, "Instruction translations use the second level, too"},
    {"pcid", &X86Params::pcid, "The machine has PCIDs"},
    {"invpcid", &X86Params::invpcid, "The machine has INVPCID"},
    {"broadcast", &X86Params::broadcast, "The machine has INVLPGB and TLBSYNC"},
};
constexpr FlagKey kernel_flags[] = {
    {"skip_lazy", &X86Params::skip_lazy, "A lazy cpu is not interrupted unless page tables were freed"},
    {"freed_tables_reach_lazy", &X86Params::freed_tables_reach_lazy,
     "A lazy cpu is interrupted if page tables were freed"},
    {"clear_mask_first", &X86Params::clear_mask_first,
     "switch_mm clears its bit in the old mask before CR3 changes"},
    {"clear_mask_on_switch", &X86Params::clear_mask_on_switch,
     "switch_mm clears its bit in the old mask, as until 6.13"},
    {"gen_before_mask", &X86Params::gen_before_mask, "switch_mm reads tlb_gen before it sets its bit (broken)"},
    {"switch_barrier", &X86Params::switch_barrier,
     "switch_mm has a full barrier before it reads tlb_gen where its bit is set already (since 6.18)"},
    {"lazy_barrier", &X86Params::lazy_barrier,
     "A cpu that leaves lazy mode has a full barrier before it reads tlb_gen"},
};

template <class T>
struct Choice {
  const char* name;
  T value;
};
constexpr Choice<Replacement> replacements[] = {
    {"lru", Replacement::lru},
    {"fifo", Replacement::fifo},
    {"random", Replacement::random},
    {"tree", Replacement::tree}};
constexpr Choice<radix::TlbLevels> tlb_levels[] = {{"independent", radix::TlbLevels::independent},
                                                   {"inclusive", radix::TlbLevels::inclusive},
                                                   {"exclusive", radix::TlbLevels::exclusive}};

template <class T, std::size_t n>
std::vector<std::string> names_of(const Choice<T> (&choices)[n]) {
  std::vector<std::string> names;
  for (const Choice<T>& choice : choices) names.emplace_back(choice.name);
  return names;
}
template <class T, std::size_t n>
T chosen(const Choice<T> (&choices)[n], const std::string& name) {
  for (const Choice<T>& choice : choices)
    if (name == choice.name) return choice.value;
  return choices[0].value;
}

/// tlb_single_page_flush_ceiling (arch/x86/mm/tlb.c).
constexpr std::uint32_t modern_flush_ceiling = 33;

void powers_of_two(const config::Values& v, const config::Complain& complain) {
  if (!v.contains("machine.x86.stlb_sets")) return;
  for (const ArrayKey& array : arrays) {
    const std::string path = std::string("machine.x86.") + array.name + "_sets";
    const std::uint64_t n = v.integer(path);
    if ((n & (n - 1)) != 0) complain(path, std::to_string(n) + " is not a power of two", "use 1, 2, 4, 8 ...");
  }
}

/// A tree of ways has 2^n leaves, and its nodes fit into a word.
void trees_have_leaves(const config::Values& v, const config::Complain& complain) {
  constexpr std::uint64_t leaves_max = 64;
  if (!v.contains("machine.x86.stlb_sets") || v.text("machine.x86.tlb_replacement") != "tree") return;
  for (const ArrayKey& array : arrays) {
    if (std::string(array.name).rfind("psc_", 0) == 0) continue;
    const std::string path = std::string("machine.x86.") + array.name + "_ways";
    const std::uint64_t n = v.integer(path);
    if ((n & (n - 1)) != 0 || n > leaves_max)
      complain(path, std::to_string(n) + " ways cannot be the leaves of a tree", "use 1, 2, 4 ... 64 ways, or lru");
  }
}

void features_make_sense(const config::Values& v, const config::Complain& complain) {
  if (!v.contains("machine.x86.stlb_sets")) return;
  if (v.integer("machine.page_shift") != 12)
    complain("machine.page_shift", "the x86 port has 4 KiB pages", "set machine.page_shift = 12");
  for (const char* key : {"machine.x86.dtlb_4k_ways", "machine.x86.itlb_4k_ways"})
    if (v.integer(key) == 0) complain(key, "a core has a TLB of 4K pages on either side", "give it at least one way");
  if (v.flag("machine.x86.broadcast") && !v.flag("machine.x86.pcid"))
    complain("machine.x86.broadcast", "broadcast invalidation names PCIDs", "set machine.x86.pcid = true");
}

}  // namespace

void describe_x86(config::Schema& schema) {
  const X86Params initial;
  auto m = schema.section("machine.x86", "TLBs, walk caches and features of an x86 core")
               .only_if("machine.arch", "x86");
  for (const ArrayKey& array : arrays) {
    const X86TlbArray geometry = initial.*array.field;
    m.integer(std::string(array.name) + "_sets").default_to(geometry.sets).range(1, 1 << 16).unit("sets").help(
        std::string("Sets of the ") + array.help + ", a power of two");
    m.integer(std::string(array.name) + "_ways").default_to(geometry.ways).range(0, 1024).unit("ways").help(
        std::string("Ways of the ") + array.help + "; 0 for none");
  }
  for (const FlagKey& flag : machine_flags) m.flag(flag.name).default_to(initial.*flag.field).help(flag.help);
  m.choice("tlb_replacement", names_of(replacements))
      .default_to("lru")
      .help("What a full set of a TLB forgets: the least recently used entry, the oldest, any, by a tree of bits");
  m.choice("tlb_levels", names_of(tlb_levels))
      .default_to("independent")
      .help("Of a TLB's levels each forgets by itself, or the second holds all of the first, or none of it");
  m.integer("broadcast_pages")
      .default_to(initial.broadcast_pages)
      .range(1, 65536)
      .unit("pages")
      .help("Pages that one INVLPGB reaches");
  auto c = schema.section("machine.x86.cost", "Named costs of x86's hardware and low-level code")
               .only_if("machine.arch", "x86");
  declare_costs(c, named_costs(initial.cost), {"hardware.md 1.2, 1.3, 6.1", 1'000'000});
  auto k = schema.section("kernel.x86", "x86's shootdown").only_if("machine.arch", "x86");
  k.choice("shootdown", {"vectors8-2.6", "tlb-gen-modern"})
      .help("Which kernel's shootdown protocol; by default that of kernel.version");
  k.integer("flush_ceiling")
      .range(0, 1 << 20)
      .unit("pages")
      .help("More pages than this: flush everything; by default 33 for modern, 1 before");
  k.integer("shootdown_slots")
      .default_to(initial.shootdown_slots)
      .range(1, 64)
      .help("Invalidate vectors of the 2.6 shootdown");
  k.integer("asids").default_to(initial.asids).range(1, x86::TlbGen::asids_max).help(
      "Address-space ids that a cpu keeps");
  for (const FlagKey& flag : kernel_flags) k.flag(flag.name).default_to(initial.*flag.field).help(flag.help);
  schema.rule(powers_of_two);
  schema.rule(trees_have_leaves);
  schema.rule(features_make_sense);
}

X86Params x86_params(const config::Values& v) {
  X86Params p;
  for (const ArrayKey& array : arrays) {
    const std::string base = std::string("machine.x86.") + array.name;
    p.*array.field = {static_cast<std::uint32_t>(v.integer(base + "_sets")),
                      static_cast<std::uint32_t>(v.integer(base + "_ways"))};
  }
  for (const FlagKey& flag : machine_flags) p.*flag.field = v.flag(std::string("machine.x86.") + flag.name);
  for (const FlagKey& flag : kernel_flags) p.*flag.field = v.flag(std::string("kernel.x86.") + flag.name);
  for (const X86CostKey& cost : x86_cost_keys)
    p.cost.*cost.field = Cycles{v.integer(std::string("machine.x86.cost.") + cost.name)};
  p.replacement = chosen(replacements, v.text("machine.x86.tlb_replacement"));
  p.levels = chosen(tlb_levels, v.text("machine.x86.tlb_levels"));
  p.broadcast_pages = static_cast<std::uint32_t>(v.integer("machine.x86.broadcast_pages"));
  const bool modern = v.text("kernel.version") == "modern";
  const std::string style = v.contains("kernel.x86.shootdown") ? v.text("kernel.x86.shootdown")
                            : modern                           ? "tlb-gen-modern"
                                                               : "vectors8-2.6";
  p.shootdown = style == "tlb-gen-modern" ? ShootdownStyle::tlb_gen_modern : ShootdownStyle::vectors8_2_6;
  p.flush_ceiling = modern ? modern_flush_ceiling : 1;
  if (v.contains("kernel.x86.flush_ceiling"))
    p.flush_ceiling = static_cast<std::uint32_t>(v.integer("kernel.x86.flush_ceiling"));
  p.shootdown_slots = static_cast<std::uint32_t>(v.integer("kernel.x86.shootdown_slots"));
  p.asids = static_cast<std::uint32_t>(v.integer("kernel.x86.asids"));
  return p;
}

void x86_costs(const config::Values& v, const std::function<void(const std::string&, Cycles)>& set) {
  read_costs(v, "machine.x86.cost", named_costs(X86Costs{}), "x86_", set);
}

}  // namespace mmulab
