// SPDX-License-Identifier: MIT
#include "models/mm/pte.h"

#include <fmt/format.h>

namespace mmulab {
namespace {

std::string fields_text(const PteLayout& layout, Pte pte) {
  std::string text;
  for (const PteField* field = layout.fields; field != nullptr && field->mask != 0; ++field) {
    const std::uint64_t bits = pte.raw() & field->mask;
    if (bits == 0) continue;
    text += std::string(text.empty() ? "" : " ") + field->name;
    const std::uint64_t lowest = field->mask & (~field->mask + 1);
    if (field->mask != lowest) text += fmt::format("=0x{:x}", bits / lowest);
  }
  return text;
}

}  // namespace

std::string pte_text(const PteLayout& layout, Pte pte) {
  std::string text = fmt::format("0x{:x}", pte.raw());
  // Not present and without a number: bits that are left over, no entry.
  const bool is_entry = layout.is_entry(pte) && (pte.raw() & layout.frame_mask) != 0;
  if (is_entry) {
    const bool swap = layout.entry_kind(pte) == EntryKind::swap;
    text += fmt::format(": {} {}", swap ? "swap slot" : "migration of frame", layout.entry_number(pte));
  } else if (layout.is_present(pte)) {
    text += fmt::format(": frame {}", layout.frame(pte));
  }
  const std::string fields = fields_text(layout, pte);
  if (fields.empty()) return text;
  return text + (layout.is_present(pte) || is_entry ? ", " : ": ") + fields;
}

}  // namespace mmulab
