// SPDX-License-Identifier: MIT
#include "workloads/script_parser.h"

#include <algorithm>

#include <fmt/format.h>

#include "sim/config/nearest.h"
#include "workloads/script_lexer.h"

namespace mmulab::workload {
namespace {

using Kind = Token::Kind;

struct Verb {
  const char* name;
  OperationKind kind;
};
constexpr Verb verbs[] = {
    {"load", OperationKind::load},
    {"store", OperationKind::store},
    {"fetch", OperationKind::fetch},
    {"touch", OperationKind::load},
    {"access", OperationKind::access},
    {"munmap", OperationKind::munmap},
    {"mmap", OperationKind::mmap},
    {"dontneed", OperationKind::dontneed},
    {"madv_free", OperationKind::madv_free},
    {"clear_refs", OperationKind::clear_refs},
    {"discard", OperationKind::discard},
    {"reclaim_anon", OperationKind::reclaim_anon},
    {"protnone", OperationKind::protnone},
    {"migrate", OperationKind::migrate},
    {"migrate_vma", OperationKind::migrate_vma},
    {"ksm_merge", OperationKind::ksm_merge},
    {"gup", OperationKind::gup},
    {"demote", OperationKind::demote},
    {"zero_read", OperationKind::zero_read},
    {"mprotect", OperationKind::mprotect},
    {"mremap", OperationKind::mremap},
    {"unmap_mapping", OperationKind::unmap_mapping},
    {"truncate", OperationKind::truncate},
    {"writeback", OperationKind::writeback},
    {"reclaim", OperationKind::reclaim},
    {"fork", OperationKind::fork},
    {"barrier", OperationKind::barrier},
    {"sleep", OperationKind::sleep},
    {"await", OperationKind::await},
    {"wake", OperationKind::wake},
    {"think", OperationKind::think},
    {"delay", OperationKind::delay},
    {"yield", OperationKind::yield},
    {"exit", OperationKind::exit},
    {"repeat", OperationKind::repeat},
};
const std::vector<std::string> rights_names = {"r", "rw", "rx", "rwx"};

/// A statement is given up; its problem has been noted.
struct Refused {};

class Parser {
 public:
  Parser(const ScriptText& script, Draft& draft, Problems& problems)
      : script_(script), draft_(draft), problems_(problems), tokens_(tokens_of(script)) {}

  std::vector<Statement> parse() {
    while (here().kind != Kind::end) {
      if (accept_separator()) continue;
      try {
        parse_statement();
      } catch (const Refused&) {
        refused_ = true;
        while (here().kind != Kind::separator && here().kind != Kind::end) ++next_;
      }
    }
    // A statement that was given up may have held the brace.
    if (!refused_)
      for (const std::size_t open : open_)
        problems_.add(statements_[open].at, "this `repeat` is never closed", "write }");
    return std::move(statements_);
  }

 private:
  [[nodiscard]] const Token& here() const { return tokens_[next_]; }
  [[nodiscard]] config::Position place(const Token& token) const {
    return script_.place(token.item, token.offset, token.text.size());
  }
  [[noreturn]] void refuse(const Token& token, const std::string& message, const std::string& hint = {}) {
    problems_.add(place(token), message, hint);
    throw Refused{};
  }
  [[noreturn]] void expected(const std::string& what) {
    const bool over = here().kind == Kind::separator || here().kind == Kind::end;
    refuse(here(), fmt::format("expected {}, found {}", what, over ? "the end" : "`" + here().text + "`"));
  }
  bool is_sign(const char* sign) const { return here().kind == Kind::sign && here().text == sign; }
  bool accept(const char* sign) {
    if (!is_sign(sign)) return false;
    ++next_;
    return true;
  }
  bool accept_word(const char* word) {
    if (here().kind != Kind::word || here().text != word) return false;
    ++next_;
    return true;
  }
  bool accept_separator() {
    if (here().kind != Kind::separator) return false;
    ++next_;
    return true;
  }
  const Token& word(const std::string& what) {
    if (here().kind != Kind::word) expected(what);
    return tokens_[next_++];
  }
  std::uint64_t number(const std::string& what, std::uint64_t least, std::uint64_t most) {
    if (here().kind != Kind::number) expected(what);
    const Token& token = tokens_[next_++];
    if (token.number < least || token.number > most)
      refuse(token, fmt::format("{} is out of range", token.text), fmt::format("{} to {}", least, most));
    return token.number;
  }

  void parse_statement() {
    if (is_sign("}")) return close_repeat();
    const Token& verb = word("an operation");
    const auto* found =
        std::find_if(std::begin(verbs), std::end(verbs), [&](const Verb& v) { return v.name == verb.text; });
    if (found == std::end(verbs))
      refuse(verb, "there is no operation `" + verb.text + "`", config::suggestion(verb.text, operation_names()));
    Statement statement;
    statement.operation.kind = found->kind;
    statement.at = place(verb);
    if (found->kind == OperationKind::repeat) return open_repeat(statement);
    parse_arguments(statement.operation);
    if (here().kind != Kind::separator && !is_sign("}")) expected("the end of the operation");
    statements_.push_back(statement);
  }

  void open_repeat(Statement& statement) {
    statement.operation.amount = number("how many times", 1, INT64_MAX);
    if (!is_sign("{")) expected("`{`");
    if (open_.size() == repeat_depth_max)
      refuse(here(), fmt::format("repeat nests more than {} deep", repeat_depth_max));
    ++next_;
    open_.push_back(statements_.size());
    statements_.push_back(statement);
  }
  void close_repeat() {
    if (open_.empty() && !refused_) refuse(here(), "`}` closes nothing");
    Statement end;
    end.operation.kind = OperationKind::end;
    end.at = place(here());
    ++next_;
    if (open_.empty()) return;
    open_.pop_back();
    statements_.push_back(end);
  }

  void parse_arguments(Operation& op) {
    switch (op.kind) {
      case OperationKind::load:
      case OperationKind::store:
      case OperationKind::fetch: return parse_accessed(op);
      case OperationKind::access: return parse_access(op);
      case OperationKind::munmap:
      case OperationKind::mmap:
      case OperationKind::dontneed:
      case OperationKind::madv_free:
      case OperationKind::clear_refs:
      case OperationKind::discard:
      case OperationKind::reclaim_anon:
      case OperationKind::protnone:
      case OperationKind::migrate:
      case OperationKind::migrate_vma:
      case OperationKind::gup:
      case OperationKind::demote:
      case OperationKind::zero_read:
      case OperationKind::mprotect: return parse_call(op);
      case OperationKind::ksm_merge: return parse_pair(op);
      case OperationKind::mremap: return parse_mremap(op);
      case OperationKind::unmap_mapping:
      case OperationKind::truncate:
      case OperationKind::writeback:
      case OperationKind::reclaim: return parse_file_call(op);
      case OperationKind::fork: op.target = known("task", draft_.tasks); return;
      case OperationKind::barrier: return parse_barrier(op);
      case OperationKind::sleep:
      case OperationKind::await:
      case OperationKind::wake: return parse_queue(op);
      case OperationKind::think: op.amount = cycles_or(draft_.think_max); return;
      case OperationKind::delay: op.amount = cycles_or(draft_.delay); return;
      case OperationKind::yield:
      case OperationKind::exit:
      case OperationKind::repeat:
      case OperationKind::end: return;
    }
  }
  std::uint64_t cycles_or(std::uint64_t given) {
    return here().kind == Kind::separator || is_sign("}") ? given
                                                          : number("a number of cycles", 0, think_cycles_max);
  }
  void parse_barrier(Operation& op) {
    const Token& name = word("the barrier's name");
    op.target = draft_.barrier(name.text, place(name));
  }
  void parse_queue(Operation& op) {
    const Token& name = word("the name of what it waits for");
    op.target = draft_.queue(name.text, place(name));
  }

  template <class Named>
  std::uint32_t known(const std::string& what, const std::vector<Named>& all) {
    const Token& name = word("a " + what + "'s name");
    const std::uint32_t found = find_named(all, name.text);
    if (found == nobody)
      refuse(name, "there is no " + what + " `" + name.text + "`", config::suggestion(name.text, names_of(all)));
    return found;
  }
  void parse_range(Operation& op) {
    op.target = known("region", draft_.regions);
    parse_part(op, draft_.regions[op.target].name, draft_.regions[op.target].pages);
  }
  /// "+3", "[3]", "[0..15]" or nothing, of what has so many pages.
  void parse_part(Operation& op, const std::string& name, std::uint64_t pages) {
    op.first = 0;
    op.pages = pages;
    const bool one = accept("+");
    if (!one && !accept("[")) return;
    op.first = page_of_part(name, pages);
    std::uint64_t last = op.first;
    const Token& end = tokens_[next_ + (is_sign("..") ? 1 : 0)];
    if (!one && accept("..")) last = page_of_part(name, pages);
    if (last < op.first) refuse(end, fmt::format("the range ends at {}, before it begins at {}", last, op.first));
    op.pages = last - op.first + 1;
    if (!one && !accept("]")) expected("`]`");
  }
  std::uint64_t page_of_part(const std::string& name, std::uint64_t pages) {
    if (here().kind != Kind::number) expected("a page's number");
    const Token& token = tokens_[next_++];
    if (token.number >= pages)
      refuse(token, fmt::format("page {} lies past the end of `{}`", token.number, name),
             fmt::format("its pages are 0 to {}", pages - 1));
    return token.number;
  }

  void parse_call(Operation& op) {
    parse_range(op);
    const RegionDraft& region = draft_.regions[op.target];
    if (op.kind == OperationKind::zero_read && region.kind != VmaKind::anonymous)
      refuse(tokens_[next_ - 1], "zero_read needs anonymous memory, and `" + region.name + "` is a file's");
    if (op.kind == OperationKind::mprotect) {
      const Token& rights = word("rights");
      if (std::find(rights_names.begin(), rights_names.end(), rights.text) == rights_names.end())
        refuse(rights, "there are no rights `" + rights.text + "`", config::suggestion(rights.text, rights_names));
      op.rights = {rights.text.find('w') != std::string::npos, rights.text.find('x') != std::string::npos};
    }
    parse_step(op);
  }
  /// Two ranges of as many pages.
  void parse_pair(Operation& op) {
    parse_range(op);
    Operation other;
    const Token& second = here();
    parse_range(other);
    if (other.pages != op.pages)
      refuse(second, fmt::format("the second range has {} pages, the first one {}", other.pages, op.pages));
    op.other_target = other.target;
    op.other_first = other.first;
    op.step = 1;
  }
  void parse_mremap(Operation& op) {
    parse_range(op);
    const Token& name = here();
    op.to = known("region", draft_.regions);
    const RegionDraft& region = draft_.regions[op.to];
    if (op.to == op.target) refuse(name, "`" + region.name + "` cannot move onto itself");
    if (region.mm != draft_.regions[op.target].mm)
      refuse(name, fmt::format("`{}` lies in another address space", region.name));
    if (region.pages < op.pages)
      refuse(name, fmt::format("`{}` has room for {} pages, not for {}", region.name, region.pages, op.pages));
  }
  void parse_step(Operation& op) {
    if (accept_word("by")) op.step = number("the pages of each call", 1, INT64_MAX);
  }
  void parse_file_call(Operation& op) {
    op.target = known("file", draft_.files);
    parse_part(op, draft_.files[op.target].name, draft_.files[op.target].pages);
    parse_step(op);
  }
  /// A range, and which part of its pages.
  void parse_accessed(Operation& op) {
    parse_range(op);
    if (accept_word("part")) op.part = static_cast<std::uint32_t>(number("which part", 0, 15));
  }
  void parse_access(Operation& op) {
    parse_accessed(op);
    op.amount = here().kind == Kind::number ? number("how many visits", 1, visits_max) : op.pages;
    const Token& pattern = word("a pattern");
    if (std::find(pattern_names().begin(), pattern_names().end(), pattern.text) == pattern_names().end())
      refuse(pattern, "there is no pattern `" + pattern.text + "`",
             config::suggestion(pattern.text, pattern_names()));
    op.pattern = pattern_named(pattern.text);
    if (here().kind == Kind::number) {
      op.store_percent = static_cast<std::uint32_t>(number("the share of stores", 0, 100));
      if (!accept("%")) expected("`%`");
    }
    if (accept_word("x")) op.touches = static_cast<std::uint32_t>(number("touches of a visit", 1, touches_max));
  }

  const ScriptText& script_;
  Draft& draft_;
  Problems& problems_;
  std::vector<Token> tokens_;
  std::size_t next_ = 0;
  std::vector<std::size_t> open_;
  bool refused_ = false;
  std::vector<Statement> statements_;
};

}  // namespace

const std::vector<std::string>& operation_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const Verb& verb : verbs) all.emplace_back(verb.name);
    return all;
  }();
  return names;
}

const std::vector<std::string>& pattern_names() {
  static const std::vector<std::string> names = {"sequential", "uniform", "zipf", "chase"};
  return names;
}

Pattern pattern_named(const std::string& name) {
  const auto& all = pattern_names();
  return static_cast<Pattern>(std::find(all.begin(), all.end(), name) - all.begin());
}

std::vector<Statement> parse_script(const ScriptText& script, Draft& draft, Problems& problems) {
  return Parser(script, draft, problems).parse();
}

}  // namespace mmulab::workload
