// SPDX-License-Identifier: MIT
#include "models/tagged/config.h"

#include "sim/config/costs.h"

namespace mmulab {
namespace {

std::vector<config::NamedCost> named_costs(const TaggedCosts& cost) {
  std::vector<config::NamedCost> named;
  for (const TaggedCostKey& key : tagged_cost_keys) named.push_back({key.name, (cost.*key.field).raw(), key.help});
  return named;
}

struct ArrayKey {
  const char* name;
  radix::TlbArray TaggedParams::*field;
  const char* help;
};
constexpr ArrayKey arrays[] = {
    {"dtlb", &TaggedParams::dtlb_4k, "data TLB, which holds pages of every size"},
    {"itlb", &TaggedParams::itlb_4k, "instruction TLB, which holds pages of every size"},
    {"stlb", &TaggedParams::stlb, "second-level TLB of data and instructions"},
    {"walk_1", &TaggedParams::psc_pde, "cache of the entries above the leaf"},
    {"walk_2", &TaggedParams::psc_pdpte, "cache of the entries two levels above the leaf"},
    {"walk_3", &TaggedParams::psc_pml4e, "cache of the entries three levels above the leaf"},
};

struct FlagKey {
  const char* name;
  bool TaggedParams::*field;
  const char* help;
};
constexpr FlagKey kernel_flags[] = {
    {"reserved_root_at_switch", &TaggedParams::reserved_root_at_switch,
     "A switch loads a root that leads nowhere before it takes the new ASID"},
    {"clear_mask_at_switch", &TaggedParams::clear_mask_at_switch,
     "A switch takes this cpu out of the old mm's mask, though entries survive (broken)"},
    {"check_lazy_return", &TaggedParams::check_lazy_return,
     "versions: back from idle to the mm it borrowed, a cpu looks at the ASID again"},
    {"publish_before_flush", &TaggedParams::publish_before_flush,
     "active_asids is published before the flush that a rollover left pending"},
    {"rollover_shuts_fast_path", &TaggedParams::rollover_shuts_fast_path,
     "A rollover takes every cpu's active ASID away, so that its next switch is a slow one"},
    {"exchange_active_asids", &TaggedParams::exchange_active_asids,
     "The fast path exchanges active_asids whatever it holds (broken)"},
    {"barrier_before_asid", &TaggedParams::barrier_before_asid,
     "A flush reads the ASID behind the barrier that makes the pte's store visible (since 5.14)"},
    {"pte_clear_stores", &TaggedParams::pte_clear_stores,
     "A pte is cleared by a load and a store (arm), not by an exchange"},
    {"asid_read_before_clear", &TaggedParams::asid_read_before_clear,
     "The ASID that a flush names is read before the pte is changed (broken)"},
    {"flush_with_loaded_asid", &TaggedParams::flush_with_loaded_asid,
     "A flush names the ASID that its cpu has loaded, whatever mm it is for (broken)"},
};

bool applies(const config::Values& v) { return v.contains("machine.tagged.asids"); }

void tlbs_make_sense(const config::Values& v, const config::Complain& complain) {
  if (!applies(v)) return;
  if (v.integer("machine.page_shift") != 12)
    complain("machine.page_shift", "the tagged port has 4 KiB pages", "set machine.page_shift = 12");
  for (const ArrayKey& array : arrays) {
    const std::string path = std::string("machine.tagged.") + array.name + "_sets";
    const std::uint64_t n = v.integer(path);
    if ((n & (n - 1)) != 0) complain(path, std::to_string(n) + " is not a power of two", "use 1, 2, 4, 8 ...");
  }
  for (const char* key : {"machine.tagged.dtlb_ways", "machine.tagged.itlb_ways"})
    if (v.integer(key) == 0) complain(key, "a core has a TLB on either side", "give it at least one way");
}

void asids_make_sense(const config::Values& v, const config::Complain& complain) {
  if (!applies(v)) return;
  const std::uint64_t cpus =
      v.integer("machine.sockets") * v.integer("machine.cores") * v.integer("machine.threads");
  const std::uint64_t asids = v.integer("machine.tagged.asids");
  const bool versions = v.text("kernel.tagged.allocator") == "versions";
  const bool ipi = v.text("kernel.tagged.invalidation") == "ipi";
  if (!versions && asids < cpus + 2)
    complain("machine.tagged.asids", std::to_string(asids) + " ASIDs are too few for " + std::to_string(cpus) + " cpus",
             "each cpu keeps one over a rollover, one must be left, and 0 is nobody's");
  if (versions && ipi)
    complain("kernel.tagged.allocator", "a new version flushes every TLB with interrupts off, which no IPI can do",
             "set kernel.tagged.invalidation = \"broadcast\"");
  if (!ipi && !v.flag("machine.tagged.broadcast"))
    complain("machine.tagged.broadcast", "this kernel broadcasts its invalidations by hardware",
             "set kernel.tagged.invalidation = \"ipi\"");
}

}  // namespace

void describe_tagged(config::Schema& schema) {
  const TaggedParams initial;
  auto m = schema.section("machine.tagged", "TLBs, walk caches and ASIDs of a tagged core")
               .only_if("machine.arch", "tagged");
  for (const ArrayKey& array : arrays) {
    const radix::TlbArray geometry = initial.*array.field;
    m.integer(std::string(array.name) + "_sets").default_to(geometry.sets).range(1, 1 << 16).unit("sets").help(
        std::string("Sets of the ") + array.help + ", a power of two");
    m.integer(std::string(array.name) + "_ways").default_to(geometry.ways).range(0, 1024).unit("ways").help(
        std::string("Ways of the ") + array.help + "; 0 for none");
  }
  m.integer("asids").default_to(initial.asids).range(2, 4096).help(
      "ASIDs that the hardware tells apart, 0 included, which no address space gets");
  m.flag("broadcast").default_to(initial.broadcast).help("Invalidations can be broadcast by hardware");
  auto c = schema.section("machine.tagged.cost", "Named costs of a tagged machine and its low-level code")
               .only_if("machine.arch", "tagged");
  declare_costs(c, named_costs(initial.cost), {"estimate; no machine in particular", 1'000'000});
  auto k = schema.section("kernel.tagged", "ASIDs and flushes of a tagged machine").only_if("machine.arch", "tagged");
  k.choice("allocator", {"generations", "versions"})
      .default_to("generations")
      .help("How ASIDs are given: a bitmap with generations (arm64, riscv), or a counter with versions (arm of 2.6)");
  k.choice("invalidation", {"broadcast", "ipi"})
      .default_to("broadcast")
      .help("Who reaches the other cpus: the hardware, or an interrupt to the cpus of mm_cpumask");
  k.integer("flush_ceiling")
      .default_to(initial.flush_ceiling)
      .range(0, 1 << 20)
      .unit("pages")
      .help("More pages than this: flush the whole ASID");
  for (const FlagKey& flag : kernel_flags) k.flag(flag.name).default_to(initial.*flag.field).help(flag.help);
  schema.rule(tlbs_make_sense);
  schema.rule(asids_make_sense);
}

TaggedParams tagged_params(const config::Values& v) {
  TaggedParams p;
  for (const ArrayKey& array : arrays) {
    const std::string base = std::string("machine.tagged.") + array.name;
    p.*array.field = {static_cast<std::uint32_t>(v.integer(base + "_sets")),
                      static_cast<std::uint32_t>(v.integer(base + "_ways"))};
  }
  for (const FlagKey& flag : kernel_flags) p.*flag.field = v.flag(std::string("kernel.tagged.") + flag.name);
  for (const TaggedCostKey& cost : tagged_cost_keys)
    p.cost.*cost.field = Cycles{v.integer(std::string("machine.tagged.cost.") + cost.name)};
  p.asids = static_cast<std::uint32_t>(v.integer("machine.tagged.asids"));
  p.broadcast = v.flag("machine.tagged.broadcast");
  p.allocator = v.text("kernel.tagged.allocator") == "versions" ? AsidAllocation::versions
                                                                : AsidAllocation::generations;
  p.invalidation = v.text("kernel.tagged.invalidation") == "ipi" ? TaggedInvalidation::ipi
                                                                 : TaggedInvalidation::broadcast;
  p.flush_ceiling = static_cast<std::uint32_t>(v.integer("kernel.tagged.flush_ceiling"));
  return p;
}

void tagged_costs(const config::Values& v, const std::function<void(const std::string&, Cycles)>& set) {
  read_costs(v, "machine.tagged.cost", named_costs(TaggedCosts{}), "tagged_", set);
}

}  // namespace mmulab
