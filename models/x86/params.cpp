// SPDX-License-Identifier: MIT
#include "models/x86/params.h"

#include <string>

namespace mmulab {

const std::array<X86CostKey, 27> x86_cost_keys = {{
    {"l1_hit", &X86Costs::l1_hit, "A user access whose translation is in the first-level TLB"},
    {"stlb_hit", &X86Costs::stlb_hit, "Added when it is in the second level"},
    {"walk_start", &X86Costs::walk_start, "A miss in all levels, before the first entry is read"},
    {"walk_level", &X86Costs::walk_level, "Each entry read, its line being held"},
    {"ad_assist", &X86Costs::ad_assist, "Locked update that sets A or D"},
    {"page_fault", &X86Costs::page_fault, "Detecting a fault and dropping what is cached for its address"},
    {"invlpg", &X86Costs::invlpg, "INVLPG"},
    {"invpcid_address", &X86Costs::invpcid_address, "Type 0"},
    {"invpcid_context", &X86Costs::invpcid_context, "Types 1, 2, 3"},
    {"cr3_flush", &X86Costs::cr3_flush, "MOV CR3 that flushes"},
    {"cr3_noflush", &X86Costs::cr3_noflush, "MOV CR3 with bit 63 set"},
    {"invlpgb", &X86Costs::invlpgb, "Issuing INVLPGB"},
    {"tlbsync", &X86Costs::tlbsync, "TLBSYNC"},
    {"pte_atomic", &X86Costs::pte_atomic, "Xchg or lock btr on a pte, its line being owned"},
    {"pte_store", &X86Costs::pte_store, "Plain store to a pte"},
    {"percpu", &X86Costs::percpu, "Access to a word of this cpu's own bookkeeping"},
    {"cpumask_atomic", &X86Costs::cpumask_atomic, "Lock bts, btr on mm_cpumask"},
    {"tlb_gen_atomic", &X86Costs::tlb_gen_atomic, "Lock xadd on mm.tlb_gen"},
    {"flush_setup", &X86Costs::flush_setup, "Call, mask copy, choice of what to flush"},
    {"request_write", &X86Costs::request_write, "Filling a shootdown request"},
    {"request_read", &X86Costs::request_read, "Reading a shootdown request"},
    {"target_check", &X86Costs::target_check, "Should_flush_tlb for one target"},
    {"queue_add", &X86Costs::queue_add, "Llist_add on a target's call_single_queue"},
    {"queue_take", &X86Costs::queue_take, "Llist_del_all"},
    {"ipi_dispatch", &X86Costs::ipi_dispatch, "From the interrupt's entry to the flush function"},
    {"acknowledge", &X86Costs::acknowledge, "Clearing the mask bit, or csd_unlock"},
    {"wait_test", &X86Costs::wait_test, "One look at an acknowledgement"},
}};

void set_costs(const X86Costs& cost, CostTable& costs) {
  for (const X86CostKey& key : x86_cost_keys) costs.set(std::string("x86_") + key.name, cost.*key.field);
}

}  // namespace mmulab
