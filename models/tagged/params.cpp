// SPDX-License-Identifier: MIT
#include "models/tagged/params.h"

#include <string>

namespace mmulab {

const std::array<TaggedCostKey, 30> tagged_cost_keys = {{
    {"l1_hit", &TaggedCosts::l1_hit, "A user access whose translation is in the first-level TLB"},
    {"stlb_hit", &TaggedCosts::stlb_hit, "Added when it is in the second level"},
    {"walk_start", &TaggedCosts::walk_start, "A miss in all levels, before the first entry is read"},
    {"walk_level", &TaggedCosts::walk_level, "Each entry read, its line being held"},
    {"ad_assist", &TaggedCosts::ad_assist, "Locked update that sets A or D"},
    {"page_fault", &TaggedCosts::page_fault, "Detecting a fault and dropping what is cached for its address"},
    {"root_load", &TaggedCosts::root_load, "Writing the root and ASID register, and its barrier"},
    {"invalidate_page", &TaggedCosts::invalidate_page, "Invalidating a page of an ASID on this cpu"},
    {"invalidate_asid", &TaggedCosts::invalidate_asid, "Invalidating an ASID on this cpu"},
    {"invalidate_all", &TaggedCosts::invalidate_all, "Invalidating everything on this cpu"},
    {"broadcast_page", &TaggedCosts::broadcast_page, "Issuing the broadcast of a page of an ASID"},
    {"broadcast_asid", &TaggedCosts::broadcast_asid, "Issuing the broadcast of an ASID"},
    {"broadcast_all", &TaggedCosts::broadcast_all, "Issuing the broadcast that invalidates everything"},
    {"broadcast_sync", &TaggedCosts::broadcast_sync, "Until every cpu has done what was broadcast"},
    {"pte_atomic", &TaggedCosts::pte_atomic, "Exchange or locked bit operation on a pte, its line being owned"},
    {"pte_store", &TaggedCosts::pte_store, "Plain store to a pte"},
    {"percpu", &TaggedCosts::percpu, "Access to a word of this cpu's own bookkeeping"},
    {"cpumask_atomic", &TaggedCosts::cpumask_atomic, "Setting or clearing a bit of mm_cpumask"},
    {"asid_read", &TaggedCosts::asid_read, "Reading an mm's context id, or the generation"},
    {"asid_exchange", &TaggedCosts::asid_exchange, "Compare-and-exchange on active_asids"},
    {"asid_search", &TaggedCosts::asid_search, "Searching the bitmap of ASIDs"},
    {"asid_update", &TaggedCosts::asid_update, "Storing a context id, setting its bit"},
    {"asid_rollover", &TaggedCosts::asid_rollover, "Beginning a new generation"},
    {"flush_setup", &TaggedCosts::flush_setup, "Call, mask copy, choice of what to flush"},
    {"call_write", &TaggedCosts::call_write, "Filling a call to another cpu"},
    {"call_read", &TaggedCosts::call_read, "Reading a call"},
    {"queue_add", &TaggedCosts::queue_add, "Putting a call into a cpu's queue"},
    {"queue_take", &TaggedCosts::queue_take, "Taking the queue"},
    {"acknowledge", &TaggedCosts::acknowledge, "Unlocking a call"},
    {"wait_test", &TaggedCosts::wait_test, "One look at an acknowledgement"},
}};

TaggedParams::TaggedParams() {
  dtlb_4k = {1, 32};
  dtlb_2m = dtlb_1g = {1, 0};
  dtlb_unified = true;
  itlb_4k = {1, 48};
  itlb_2m = {1, 0};
  itlb_unified = true;
  stlb = {256, 4};
  stlb_2m = stlb_1g = stlb_code = {1, 0};
  psc_pde = {16, 4};
  psc_pdpte = {1, 4};
  psc_pml4e = {1, 0};
}

void set_costs(const TaggedCosts& cost, CostTable& costs) {
  for (const TaggedCostKey& key : tagged_cost_keys) costs.set(std::string("tagged_") + key.name, cost.*key.field);
}

}  // namespace mmulab
