// SPDX-License-Identifier: MIT
#include "models/invariants/register.h"

#include "models/invariants/goals.h"
#include "models/invariants/rows.h"

namespace mmulab {
namespace {

struct Unfed {
  EventStream stream;
  Ledger ledger;
  explicit Unfed(const LedgerConfig& config) : ledger(config, stream) {}
};

}  // namespace

std::vector<std::unique_ptr<Invariant>> make_invariants(const Ledger& ledger) {
  std::vector<std::unique_ptr<Invariant>> all;
  for (const auto make :
       {make_no_duplicate_hpte, make_hpt_tracked, make_no_stale_frame, make_no_stale_right, make_pte_within_vma,
        make_copy_isolation, make_dirty_kept, make_table_alive, make_tag_unique, make_post_condition, make_one_view,
        make_one_size, make_no_irqs_off_wait, make_batch_empty_at_unlock, make_context_clean_at_free, make_lock_order,
        make_no_deadlock, make_no_leak})
    all.push_back(make(ledger));
  return all;
}

std::vector<std::unique_ptr<Invariant>> make_invariants(const LedgerConfig& config) {
  const Unfed unfed(config);
  return make_invariants(unfed.ledger);  // applicability and texts do not need the ledger afterwards
}

std::vector<std::unique_ptr<Goal>> make_goals(const LedgerConfig& config) {
  const Unfed unfed(config);
  return make_goals(unfed.ledger);
}

std::string explain(const InvariantText& text) {
  return fmt::format(
      "{}\n\n- **holds when** {}\n- **evaluated at** {}\n- **statement** {}\n- **classes** {}\n- **applies to** "
      "{}\n",
      text.name, text.help, text.evaluated_at, text.statement, text.classes, text.applies_to);
}

std::string invariants_document() {
  std::string document =
      "# Invariants\n\nGenerated from models/invariants; do not edit (UPDATE_SNAPSHOTS=1 rewrites it). All of "
      "them read one "
      "ledger of\ninstances, copies and obligations that is built from the event stream alone.\n\n"
      "An *instance* is one life of a pte: (mm, page, size, frame and its generation, rights), born at the store "
      "that "
      "made it\npresent. A store that ends it or takes rights opens an *obligation*: its copies in TLBs, hash "
      "table and "
      "TSB must be dead\nby a due event. *usable(c, x)*: core c is in user mode or in a user access, its tag "
      "registers "
      "match copy x, and no\naccepted interrupt is due first.\n";
  for (const auto& invariant : make_invariants(LedgerConfig{})) document += "\n## " + explain(invariant->text());
  document +=
      "\n# Goals\n\nA goal must be reachable; one that a scenario names and that never happens makes the verdict "
      "vacuous.\n\n";
  for (const auto& goal : make_goals(LedgerConfig{}))
    document += fmt::format("- **{}**: {}\n", goal->name(), goal->help());
  return document;
}

}  // namespace mmulab
