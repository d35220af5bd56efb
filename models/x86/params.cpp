// SPDX-License-Identifier: MIT
#include "models/x86/params.h"

namespace mmulab {

void set_costs(const X86Costs& cost, CostTable& costs) {
  costs.set("x86_l1_hit", cost.l1_hit);
  costs.set("x86_stlb_hit", cost.stlb_hit);
  costs.set("x86_walk_start", cost.walk_start);
  costs.set("x86_walk_level", cost.walk_level);
  costs.set("x86_ad_assist", cost.ad_assist);
  costs.set("x86_page_fault", cost.page_fault);
  costs.set("x86_invlpg", cost.invlpg);
  costs.set("x86_invpcid_address", cost.invpcid_address);
  costs.set("x86_invpcid_context", cost.invpcid_context);
  costs.set("x86_cr3_flush", cost.cr3_flush);
  costs.set("x86_cr3_noflush", cost.cr3_noflush);
  costs.set("x86_invlpgb", cost.invlpgb);
  costs.set("x86_tlbsync", cost.tlbsync);
  costs.set("x86_pte_atomic", cost.pte_atomic);
  costs.set("x86_pte_store", cost.pte_store);
  costs.set("x86_percpu", cost.percpu);
  costs.set("x86_cpumask_atomic", cost.cpumask_atomic);
  costs.set("x86_tlb_gen_atomic", cost.tlb_gen_atomic);
  costs.set("x86_flush_setup", cost.flush_setup);
  costs.set("x86_request_write", cost.request_write);
  costs.set("x86_request_read", cost.request_read);
  costs.set("x86_target_check", cost.target_check);
  costs.set("x86_queue_add", cost.queue_add);
  costs.set("x86_queue_take", cost.queue_take);
  costs.set("x86_ipi_dispatch", cost.ipi_dispatch);
  costs.set("x86_acknowledge", cost.acknowledge);
  costs.set("x86_wait_test", cost.wait_test);
}

}  // namespace mmulab
