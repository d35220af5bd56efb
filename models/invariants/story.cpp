// SPDX-License-Identifier: MIT
#include "models/invariants/story.h"

#include <algorithm>
#include <string_view>

#include <fmt/ranges.h>

namespace mmulab::story {
namespace {

const char* change_text(Change change) {
  switch (change) {
    case Change::revoked: return "cleared";
    case Change::replaced: return "replaced by another frame";
    case Change::lowered: return "lowered";
    case Change::cleaned: return "cleaned (dirty bit taken)";
    case Change::freed: return "still mapped when its frame was freed";
  }
  return "?";
}

const char* due_text(Due due) {
  switch (due) {
    case Due::return_of_call: return "the return of that call";
    case Due::end_of_dup_mmap: return "the end of dup_mmap";
    case Due::replacement: return "the new pte's store";
    case Due::free_of_frame: return "the free of the frame";
    case Due::unlock_of_destination: return "the release of the page lock that covers the moved pte";
  }
  return "?";
}

std::string locks_text(const Ledger& ledger, const Disturbance& d) {
  std::string text;
  for (unsigned i = 0; i < d.ptls; ++i)
    text += fmt::format("{}{} at {}", i == 0 ? ", holding " : " and ", name_of(d.ptl[i].lock_class),
                        word_text(ledger, d.ptl[i].at));
  return text;
}

/// A TLB that was filled more than once may hold more than one copy; it is named once.
std::string copies_text(const Ledger& ledger, const Obligation& o) {
  std::vector<std::string> names;
  constexpr std::size_t shown = 4;
  for (const auto& copy : o.tlb) {
    std::string name = fmt::format("TLB of core {}", copy.core);
    if (copy.tag.exists()) name += fmt::format(" (tag {})", copy.tag);
    if (names.size() < shown && std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(std::move(name));
  }
  for (std::size_t i = 0; i < o.hptes.size() && i < shown; ++i)
    names.push_back("hash entry at " + word_text(ledger, o.hptes[i]));
  for (std::size_t i = 0; i < o.tsbs.size() && i < shown; ++i)
    names.push_back("TSB entry at " + word_text(ledger, o.tsbs[i]));
  return names.empty() ? "nothing" : fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

std::string page_text(MmId mm, VirtPage page) { return fmt::format("page 0x{:x} of mm {}", page.raw(), mm); }

std::string word_text(const Ledger& ledger, Location at) {
  const auto& name = ledger.config().name_of_word;
  return name ? name(at) : fmt::format("word {}", at.raw());
}

std::string moment_text(const Ledger& ledger, const Moment& m) {
  if (!m.known) return "before the first event";
  const std::string_view unit = ledger.config().moment_unit;
  const bool is_setup = unit != "cycle" && m.cycle == Cycle{0};
  std::string text = is_setup ? "setup" : fmt::format("{} {}", unit, m.cycle);
  text += fmt::format(", cpu {}, task {}", m.cpu, m.task);
  if (m.in_call) text += fmt::format(", in {}", call_name(m.call));
  return text;
}

std::string moment_text(const Ledger& ledger, const Event& event) {
  return moment_text(ledger, ledger.moment(event));
}

std::string copy_text(const Ledger& ledger, const UsableCopy& copy) {
  switch (copy.kind) {
    case UsableCopy::Kind::tlb: return fmt::format("cpu {} can use it through its TLB", copy.cpu);
    case UsableCopy::Kind::hpte:
      return fmt::format("cpu {} can use it through the hash entry at {}", copy.cpu, word_text(ledger, copy.at));
    case UsableCopy::Kind::tsb:
      return fmt::format("cpu {} can use it through the TSB entry at {}", copy.cpu, word_text(ledger, copy.at));
  }
  return "";
}

const char* access_text(std::uint64_t access_kind) {
  switch (static_cast<AccessKind>(access_kind)) {
    case AccessKind::load: return "load";
    case AccessKind::store: return "store";
    case AccessKind::fetch: return "fetch";
  }
  return "access";
}

Violation at_event(const Event& event, const char* class_id, std::string message) {
  Violation v;
  v.class_id = class_id;
  v.cycle = event.cycle;
  v.cpu = event.cpu;
  v.task = event.task;
  v.mm = event.mm;
  v.message = std::move(message);
  return v;
}

Violation about_page(const Ledger& ledger, const Event& event, MmId mm, VirtPage page, const char* class_id,
                     std::string message) {
  Violation v = at_event(event, class_id, std::move(message));
  v.mm = mm;
  v.has_page = true;
  v.page = page;
  v.va = start_of(page, ledger.config().page_shift);
  return v;
}

Violation about(const Ledger& ledger, const Event& event, const Obligation& o, const char* class_id,
                std::string message) {
  Violation v = about_page(ledger, event, o.was.mm, o.was.page, class_id, std::move(message));
  v.opened_by = o.opened.order;
  v.locations = o.hptes;
  v.locations.insert(v.locations.end(), o.tsbs.begin(), o.tsbs.end());
  auto& tell = v.story;
  tell.push_back(fmt::format("{}: frame {} (generation {}), rights {}, mapped at {}",
                             page_text(o.was.mm, o.was.page), o.was.frame, o.was.generation,
                             rights_text(o.was.rights).data(), moment_text(ledger, o.was.born)));
  std::string change = fmt::format("pte {} at {}", change_text(o.change), moment_text(ledger, o.opened));
  if (o.change == Change::lowered) change += fmt::format(", taking {}", rights_text(o.lost).data());
  const PageRecord* record = ledger.page(o.was.mm, o.was.page);
  if (record != nullptr && record->disturbed.when.order == o.opened.order)
    change += locks_text(ledger, record->disturbed);
  tell.push_back(change);
  tell.push_back(o.due ? fmt::format("its copies were due to be dead since {} ({})", moment_text(ledger, o.due_since),
                                     due_text(o.due_by))
                       : fmt::format("its copies are due to be dead by {}", due_text(o.due_by)));
  if (ledger.is_dead(o.was))
    tell.push_back(
        fmt::format("frame {} was freed at {}", o.was.frame, moment_text(ledger, ledger.frame(o.was.frame).freed)));
  tell.push_back("still alive: " + copies_text(ledger, o) +
                 (ledger.is_noted(o.was.mm, o.was.page) ? "; flush noted in a batch" : ""));
  return v;
}

void tell_hpte(const Ledger& ledger, Violation& v, const char* which, const HpteRecord& h) {
  v.locations.push_back(h.at);
  v.story.push_back(fmt::format("{} entry at {}: dword0 0x{:x}, frame {}, rights {}, inserted at {}", which,
                                word_text(ledger, h.at), h.dword0, h.frame, rights_text(h.rights).data(),
                                moment_text(ledger, h.inserted)));
}

}  // namespace mmulab::story
