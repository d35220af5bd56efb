// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/results/matrix_result.h"
#include "sim/results/quantity.h"

namespace mmulab {
namespace {

/// Class of a violation in few words, for a table.
std::string short_name(const CellVerdict::Class& c) {
  return c.known.empty() ? fmt::format("**FINDING {} {}**", c.invariant, c.class_id) : fmt::format("**{}**", c.known);
}

std::string list_of(const std::set<std::string>& names) { return fmt::format("{}", fmt::join(names, ", ")); }

class Page {
 public:
  explicit Page(const Matrix& matrix) : matrix_(matrix) {
    for (const MatrixCell& cell : matrix.cells) cell_at_[cell.name()] = &cell;
  }

  std::string text() {
    answer();
    rows();
    for (const std::string& architecture : matrix_.architectures) overview(architecture);
    known();
    absent();
    for (const std::string& architecture : matrix_.architectures) details(architecture);
    return std::move(out_);
  }

 private:
  void line(const std::string& text) { out_ += text + "\n"; }
  void heading(const std::string& text) { out_ += "\n## " + text + "\n\n"; }
  [[nodiscard]] const MatrixCell* at(const std::string& row, const std::string& architecture,
                                     const std::string& caller) const {
    const auto found = cell_at_.find(row + "/" + architecture + "/" + caller);
    return found == cell_at_.end() ? nullptr : found->second;
  }

  void answer();
  void answer_row(const MatrixRow& row);
  void rows();
  void overview(const std::string& architecture);
  void known();
  void absent();
  void details(const std::string& architecture);
  void detail(const MatrixCell& cell);
  [[nodiscard]] static std::string symbol(const MatrixCell& cell);

  const Matrix& matrix_;
  std::map<std::string, const MatrixCell*> cell_at_;
  std::string out_;
};

void Page::answer() {
  heading("The answer to the mail: ppc64's hash table");
  line("| strategy | kernel | D1: refault | D2: rehash by mprotect | other classes |");
  line("|---|---|---|---|---|");
  for (const MatrixRow& row : matrix_.rows) answer_row(row);
}

/// D1 and D2 over all callers of a row: refuted by which, or proved absent under how many.
void Page::answer_row(const MatrixRow& row) {
  std::map<std::string, std::set<std::string>> callers;
  std::set<std::string> others;
  std::uint64_t proved = 0, open = 0;
  for (const MatrixCaller& caller : matrix_.callers) {
    const MatrixCell* cell = at(row.name, "ppc64", caller.name);
    if (cell == nullptr || cell->outcome != CellOutcome::explored) continue;
    ++(cell->decided() ? proved : open);
    for (const auto& c : cell->found.classes) {
      callers[c.class_id].insert(caller.name);
      if (c.class_id != "D1" && c.class_id != "D2") others.insert(short_name(c));
    }
  }
  if (proved + open == 0) return;
  const auto verdict = [&](const char* id) {
    if (callers.count(id) != 0) return fmt::format("**{}**: {}", id, list_of(callers[id]));
    return open == 0 ? fmt::format("none: {} decided", plural(proved, "caller"))
                     : fmt::format("none found: {} decided, {} not", plural(proved, "caller"), open);
  };
  line(fmt::format("| {} | {} | {} | {} | {} |", row.name, row.kernel, verdict("D1"), verdict("D2"), list_of(others)));
}

void Page::rows() {
  heading("Strategies");
  line("| row | strategy | kernel | what |");
  line("|---|---|---|---|");
  for (const MatrixRow& row : matrix_.rows)
    line(fmt::format("| {} | {} | {} | {} |", row.name, row.strategy, row.kernel, row.what));
  heading("Callers");
  line("| caller | what happens |");
  line("|---|---|");
  for (const MatrixCaller& caller : matrix_.callers) line(fmt::format("| {} | {} |", caller.name, caller.title));
}

std::string Page::symbol(const MatrixCell& cell) {
  if (cell.outcome == CellOutcome::absent) return "-";
  if (cell.outcome == CellOutcome::failed) return "failed";
  std::set<std::string> names;
  for (const auto& c : cell.found.classes) names.insert(short_name(c));
  if (!names.empty()) return list_of(names);
  return cell.found.verdict == CheckVerdict::proved ? "proved" : word_of(cell.found);
}

void Page::overview(const std::string& architecture) {
  heading(architecture);
  std::vector<const MatrixRow*> shown;
  for (const MatrixRow& row : matrix_.rows)
    if (std::any_of(matrix_.cells.begin(), matrix_.cells.end(), [&](const MatrixCell& cell) {
          return cell.row == row.name && cell.architecture == architecture && cell.outcome != CellOutcome::absent;
        }))
      shown.push_back(&row);
  std::string titles = "| |", rule = "|---|";
  for (const MatrixRow* row : shown) titles += " " + row->name + " |", rule += "---|";
  line(titles);
  line(rule);
  for (const MatrixCaller& caller : matrix_.callers) {
    std::string text = "| " + caller.name + " |";
    for (const MatrixRow* row : shown) {
      const MatrixCell* cell = at(row->name, architecture, caller.name);
      text += " " + (cell == nullptr ? std::string("-") : symbol(*cell)) + " |";
    }
    line(text);
  }
}

void Page::known() {
  heading("Known violations");
  line("| name | invariant | class | why | source | gone with |");
  line("|---|---|---|---|---|---|");
  std::set<std::string> seen;
  for (const MatrixCell& cell : matrix_.cells)
    for (const auto& c : cell.found.classes) seen.insert(c.known + " " + c.invariant + " " + c.class_id);
  std::set<std::string> told;
  for (const KnownViolation& k : matrix_.known) {
    const std::string key = k.name + " " + k.invariant + " " + k.class_id;
    if (seen.count(key) == 0 || !told.insert(key + k.why).second) continue;
    std::vector<std::string> cure;
    for (const std::string& assignment : k.cure) cure.push_back("`" + assignment + "`");
    line(fmt::format("| {} | {} | {} | {} | {} | {} |", k.name, k.invariant, k.class_id, k.why, k.source,
                     fmt::join(cure, ", ")));
  }
}

void Page::absent() {
  heading("Combinations that do not exist");
  std::map<std::string, std::pair<std::set<std::string>, std::set<std::string>>> reasons;
  for (const MatrixCell& cell : matrix_.cells) {
    if (cell.outcome != CellOutcome::absent) continue;
    auto& [where, callers] = reasons[cell.reason];
    where.insert(cell.row + " on " + cell.architecture);
    callers.insert(cell.caller);
  }
  line("| why | strategies | callers |");
  line("|---|---|---|");
  for (const auto& [why, who] : reasons)
    line(fmt::format("| {} | {} | {} |", why, list_of(who.first),
                     who.second.size() == matrix_.callers.size() ? "all" : list_of(who.second)));
}

void Page::details(const std::string& architecture) {
  heading("Cells of " + architecture);
  line("| strategy | caller | verdict | classes | cpus x pages | agents | memory | states | depth |");
  line("|---|---|---|---|---|---|---|---|---|");
  for (const MatrixCell& cell : matrix_.cells)
    if (cell.architecture == architecture && cell.outcome != CellOutcome::absent) detail(cell);
}

void Page::detail(const MatrixCell& cell) {
  if (cell.outcome == CellOutcome::failed)
    return line(fmt::format("| {} | {} | failed | {} | | | | | |", cell.row, cell.caller, cell.reason));
  const CellVerdict& v = cell.found;
  std::string verdict = word_of(v);
  if (!v.end.empty()) verdict += ", cut by " + v.end;
  std::vector<std::string> classes;
  for (const auto& c : v.classes)
    classes.push_back(fmt::format("{} {} ({})", c.invariant, c.class_id,
                                  c.known.empty() ? "FINDING" : "known: " + c.known));
  line(fmt::format("| {} | {} | {} | {} | {} x {} | {} | {} | {} | {} |", cell.row, cell.caller, verdict,
                   fmt::join(classes, "<br>"), v.cpus, v.pages, fmt::join(v.agents, ", "), v.memory_model, v.states,
                   v.depth));
}

}  // namespace

std::string matrix_page(const Matrix& matrix) { return Page(matrix).text(); }

}  // namespace mmulab
