// SPDX-License-Identifier: MIT
#include "models/ppc64/config.h"

#include <numeric>

#include "sim/config/costs.h"

namespace mmulab {
namespace {

using config::Confidence;

/// Without memory traffic. hardware.md 6.2, column POWER5, unless a preset says otherwise.
constexpr config::NamedCost costs[] = {
    {"erat_hit", 2, "An access whose translation is in the ERAT"},
    {"erat_miss", 12, "ERAT miss, TLB hit"},
    {"tlb_fill", 4, "Entering a translation into TLB and ERAT"},
    {"pteg_search", 30, "Hardware's search of one PTEG that is at hand"},
    {"pteg_scan", 12, "Software's search of one PTEG"},
    {"rc_update", 20, "Hardware's byte store to R or C"},
    {"slb_miss", 120, "SLB miss interrupt, in software"},
    {"slb_switch", 60, "Invalidating the SLB at a context switch"},
    {"hash_fault_entry", 400, "Data storage interrupt up to hash_page"},
    {"hash_fault_return", 240, "Return from the low-level fault"},
    {"hash_walk_level", 4, "One level of hash_page's lockless walk"},
    {"pte_lock", 25, "The ldarx/stdcx. loop that sets BUSY"},
    {"set_pte", 4, "A plain store to a Linux pte"},
    {"hpte_lock", 25, "Setting an HPTE's software lock bit"},
    {"hpte_store", 8, "A store to one doubleword of an HPTE, eieio included"},
    {"hpte_publish", 158, "The store that makes an HPTE valid, and the ptesync behind it"},
    {"batch_read", 4, "Reading one entry of a batch"},
    {"flush_begin", 20, "Beginning a flush: the local test and set-up"},
    {"tlbie", 20, "Issuing one tlbie"},
    {"tlbiel", 40, "One tlbiel"},
    {"tlbsync", 20, "eieio, tlbsync and ptesync behind tlbies; the wait comes on top"},
    {"ptesync", 150, "ptesync with nothing outstanding"},
    {"cpumask_read", 4, "Reading one word of an mm's cpumask"},
    {"cpumask_set", 25, "Setting a bit of an mm's cpumask"},
    {"context_alloc", 60, "Allocating a context id"},
    {"context_free", 40, "Freeing a context id"},
    {"slice_read", 4, "Looking the page size of an address up"},
    {"slice_convert", 60, "Giving a slice of an address space another page size"},
};

void describe_tlb(config::Section& s, const std::string& name, const std::string& what, std::uint64_t sets,
                  std::uint64_t ways) {
  s.integer(name + "_sets")
      .default_to(sets)
      .range(1, 1 << 16)
      .unit("sets")
      .help("Sets of the " + what + ", a power of two");
  s.integer(name + "_ways").default_to(ways).range(1, 1024).unit("ways").help("Ways of the " + what);
}

TlbGeometry tlb(const config::Values& v, const std::string& name) {
  return {static_cast<std::uint32_t>(v.integer("machine.ppc64." + name + "_sets")),
          static_cast<std::uint32_t>(v.integer("machine.ppc64." + name + "_ways")), Replacement::lru};
}

void powers_of_two(const config::Values& v, const config::Complain& complain) {
  if (!v.contains("machine.ppc64.pteg_count")) return;
  for (const char* key : {"ierat_sets", "derat_sets", "tlb_sets", "pteg_count"}) {
    const std::string path = std::string("machine.ppc64.") + key;
    const std::uint64_t n = v.integer(path);
    if ((n & (n - 1)) != 0) complain(path, std::to_string(n) + " is not a power of two", "use 1, 2, 4, 8 ...");
  }
}

ppc64::VsidScheme vsid_scheme(const config::Values& v) {
  const std::string& vsid = v.text("kernel.ppc64.vsid");
  if (vsid == "2.6.22") return ppc64::linux_2_6_22_vsid;
  return vsid == "modern-1T" ? ppc64::modern_vsid_1t : ppc64::modern_vsid_256m;
}

void parts_fit(const config::Values& v, const config::Complain& complain) {
  if (!v.contains("machine.ppc64.pteg_count")) return;
  const std::uint64_t shift = v.integer("machine.page_shift");
  if (shift != 12 && shift != 16)
    return complain("machine.page_shift", "the ppc64 port has pages of 4 or of 64 KiB",
                    "set machine.page_shift = 12, or 16");
  if (shift == 16)
    for (const char* key : {"split_invalidate", "tombstones", "settles_inserts"})
      if (v.flag(std::string("strategy.") + key))
        complain(std::string("strategy.") + key, "what a page of 64 KiB leaves behind may be many entries",
                 "set machine.page_shift = 12");
  const ppc64::VsidScheme scheme = vsid_scheme(v);
  if (v.integer("machine.ppc64.pteg_count") < 2048 && scheme.bits != ppc64::linux_2_6_22_vsid.bits)
    complain("machine.ppc64.pteg_count", "a hash table of less than 2048 groups needs the VSIDs of 2.6.22",
             "set kernel.ppc64.vsid = \"2.6.22\"");
  const unsigned segment_pages = ppc64::shift_of(scheme.segment) - static_cast<unsigned>(shift);
  const auto& bits = v.integers("machine.table_bits");
  const std::uint64_t sum = std::accumulate(bits.begin(), bits.end(), std::uint64_t{0});
  if (sum > scheme.esid_bits + segment_pages)
    complain("machine.table_bits", "the tables reach beyond the segments that a VSID can name",
             "the levels' bits add up to at most " + std::to_string(scheme.esid_bits + segment_pages));
}

void describe_kernel_part(config::Schema& schema) {
  auto k = schema.section("kernel.ppc64", "ppc64's low-level software; the defaults are Linux's")
               .only_if("machine.arch", "ppc64");
  k.choice("vsid", {"2.6.22", "modern-256M", "modern-1T"})
      .default_to("2.6.22")
      .help("Which VSID scramble and segment size");
  k.choice("local_sample", {"always-global", "before-hpt", "after-hpt"}).default_to("before-hpt").help(
      "When a flush decides that only its own cpu is concerned");
  k.flag("compare_h").default_to(false).help("Software's compare includes the H bit");
  k.flag("tlbie_on_miss").default_to(true).help("tlbie even when the hash entry is gone");
  k.flag("preset_c").default_to(true).help("C is set when an entry is inserted");
  k.flag("ptesync_after_tlbie").default_to(true).help("ptesync waits for the tlbies to complete");
  k.flag("pte_update_honours_busy").default_to(true).help("pte accessors wait while BUSY is set");
  k.flag("demotion_removes_whole")
      .default_to(true)
      .help("The first hash of a part of a 64 KiB page removes the page's own entry");
  k.flag("whole_heeds_parts")
      .default_to(false)
      .help("A hash fault of a whole 64 KiB page gives up if the page is hashed in parts by now; no kernel does");
  k.flag("huge_rights_with_busy")
      .default_to(true)
      .help("A huge page's hash fault checks rights as it sets BUSY (since 171aa2caaad1)");
}

}  // namespace

void describe_ppc64(config::Schema& schema) {
  auto m = schema.section("machine.ppc64", "ERAT, TLB, SLB, hashed page table, tlbie bus")
               .only_if("machine.arch", "ppc64");
  m.integer("pteg_count")
      .default_to(2048)
      .range(2, 1 << 22)
      .unit("groups")
      .help("Groups of the hashed page table, a power of two");
  describe_tlb(m, "ierat", "instruction ERAT", 64, 2);
  describe_tlb(m, "derat", "data ERAT", 64, 2);
  describe_tlb(m, "tlb", "TLB", 256, 4);
  m.integer("slb_entries").default_to(64).range(1, 64).unit("entries").help("SLB entries that are not bolted");
  m.choice("multiple_match", {"first", "machine-check", "either"})
      .default_to("first")
      .help("What hardware does with two matching entries");
  m.flag("parallel_search").default_to(false).help("Hardware searches both groups at once");
  m.flag("lockless_tlbie").default_to(false).help("tlbie needs no lock (CPU_FTR_LOCKLESS_TLBIE)");
  m.flag("one_tlbie_at_a_time").default_to(true).help("The bus carries one tlbie, the others queue");
  m.integer("tlbie_queue")
      .default_to(8)
      .range(1, 1024)
      .unit("entries")
      .help("tlbies that a cpu may have outstanding");
  m.constant("tlbie_latency")
      .default_to(1500)
      .range(1, 1000000)
      .unit("cycles")
      .help("From tlbie's issue to its completion")
      .source(Confidence::Low, "hardware.md 6.2");
  m.constant("tlbie_per_remote_socket")
      .default_to(150)
      .range(0, 1000000)
      .unit("cycles")
      .help("More until it is done on another socket")
      .source(Confidence::Low, "hardware.md 6.2");
  m.constant("snoop_stall")
      .default_to(0)
      .range(0, 100000)
      .unit("cycles")
      .help("What each core loses to one tlbie")
      .source(Confidence::Low, "hardware.md 6.2");
  auto c = schema.section("machine.ppc64.cost", "Named costs of ppc64's hardware and low-level code")
               .only_if("machine.arch", "ppc64");
  declare_costs(c, costs, {"hardware.md 6.2, 2.5", 1'000'000});
  describe_kernel_part(schema);
  schema.rule(powers_of_two);
  schema.rule(parts_fit);
}

Ppc64Params ppc64_params(const config::Values& v) {
  Ppc64Params p;
  const auto integer = [&](const char* key) { return v.integer(std::string("machine.ppc64.") + key); };
  p.pteg_count = static_cast<std::uint32_t>(integer("pteg_count"));
  p.ierat = tlb(v, "ierat");
  p.derat = tlb(v, "derat");
  p.tlb = tlb(v, "tlb");
  p.slb_entries = static_cast<std::uint32_t>(integer("slb_entries"));
  const std::string& match = v.text("machine.ppc64.multiple_match");
  p.multiple_match = match == "first"    ? MultipleMatch::first
                     : match == "either" ? MultipleMatch::either
                                         : MultipleMatch::machine_check;
  p.parallel_search = v.flag("machine.ppc64.parallel_search");
  p.lockless_tlbie = v.flag("machine.ppc64.lockless_tlbie");
  p.one_tlbie_at_a_time = v.flag("machine.ppc64.one_tlbie_at_a_time");
  p.tlbie_queue = static_cast<std::uint32_t>(integer("tlbie_queue"));
  p.tlbie_latency = Cycles{integer("tlbie_latency")};
  p.tlbie_per_remote_socket = Cycles{integer("tlbie_per_remote_socket")};
  p.snoop_stall = Cycles{integer("snoop_stall")};
  p.vsid = vsid_scheme(v);
  const std::string& sample = v.text("kernel.ppc64.local_sample");
  p.local_sample = sample == "before-hpt"  ? LocalSample::before_hpt
                   : sample == "after-hpt" ? LocalSample::after_hpt
                                           : LocalSample::always_global;
  p.compare_h = v.flag("kernel.ppc64.compare_h");
  p.tlbie_on_miss = v.flag("kernel.ppc64.tlbie_on_miss");
  p.preset_c = v.flag("kernel.ppc64.preset_c");
  p.ptesync_after_tlbie = v.flag("kernel.ppc64.ptesync_after_tlbie");
  p.pte_update_honours_busy = v.flag("kernel.ppc64.pte_update_honours_busy");
  p.demotion_removes_whole = v.flag("kernel.ppc64.demotion_removes_whole");
  p.whole_heeds_parts = v.flag("kernel.ppc64.whole_heeds_parts");
  p.huge_rights_with_busy = v.flag("kernel.ppc64.huge_rights_with_busy");
  return p;
}

void ppc64_costs(const config::Values& v, const std::function<void(const std::string&, Cycles)>& set) {
  read_costs(v, "machine.ppc64.cost", costs, "", set);
}

}  // namespace mmulab
