// SPDX-License-Identifier: MIT
#include "tests/sim/lab/recorded_story.h"

#include <algorithm>

namespace mmulab::test {
namespace {

using trace::CallKind;
using trace::TraceCall;

struct Part {
  std::uint64_t epoch = 0;
  std::uint32_t task = 0;
  std::vector<std::uint64_t> words;
  TraceCall call;
};

std::vector<Part> parts_of(trace::TraceFile& file) {
  std::vector<Part> parts;
  std::map<std::uint32_t, std::uint64_t> latest;
  trace::TraceReader reader(file);
  while (reader.next_block())
    for (trace::Segment segment; reader.next(segment);) {
      const std::uint32_t task = reader.block().header.task;
      // What a task does keeps its order whatever its epochs say.
      latest[task] = std::max(latest[task], segment.epoch);
      Part part{latest[task], task, std::vector<std::uint64_t>(segment.accesses), segment.call};
      reader.block().take(part.words.data(), part.words.size());
      parts.push_back(std::move(part));
    }
  std::stable_sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) {
    return std::tie(a.epoch, a.task) < std::tie(b.epoch, b.task);
  });
  return parts;
}

class Story {
 public:
  Story(trace::TraceFile& file, const trace::SurveyOptions& options, const std::vector<ReferenceMmu*>& listeners)
      : survey_(trace::survey(file, options)), options_(options), listeners_(listeners),
        size_(std::uint64_t{1} << options.geometry.page_shift().raw()) {
    for (const trace::TaskNo root : survey_.roots) ++users_[mm(raw(root))];
  }

  void tell(const Part& part) {
    if (over_.count(part.task) != 0) return;
    for (const std::uint64_t word : part.words) access(part.task, word);
    if (part.call.kind != CallKind::none) call(part.task, part.call);
  }
  StoryTotals totals;

 private:
  struct State {
    bool writable = true, dirty = false;
  };
  using Pages = std::map<std::uint64_t, State>;

  std::uint64_t mm(std::uint32_t task) { return survey_.tasks[task].mms[image_[task]]; }

  void access(std::uint32_t task, std::uint64_t word) {
    Told told;
    told.task = task;
    told.mm = mm(task);
    told.page = survey_.relocation.of(trace::address_of(word)) / size_;
    told.store = (word & trace::store_bit) != 0;
    told.fetch = (word & trace::fetch_bit) != 0;
    if (told.fetch) {
      if (options_.fetches == trace::Fetches::none) return;
      const std::uint64_t recorded = trace::address_of(word) / size_;
      if (options_.fetches == trace::Fetches::pages && code_.count(task) != 0 && code_[task] == recorded) return;
      code_[task] = recorded;
    }
    if (acting_ != task) ++totals.switches;
    acting_ = task;
    ++(told.fetch ? totals.fetches : told.store ? totals.stores : totals.loads);
    touch(told);
    for (ReferenceMmu* listener : listeners_) listener->access(told);
  }

  void touch(Told& told) {
    Pages& pages = spaces_[told.mm];
    const auto found = pages.find(told.page);
    if (found == pages.end()) {
      pages[told.page] = {true, told.store};
      told.dirty = told.store;
      ++totals.faults;
      for (ReferenceMmu* listener : listeners_) listener->fault(told, pages.size());
      return;
    }
    State& state = found->second;
    const bool copies = told.store && !state.writable, first = told.store && !copies && !state.dirty;
    if (told.store) state = {true, true};
    told.dirty = state.dirty;
    totals.copies += copies ? 1U : 0U;
    totals.first_stores += first ? 1U : 0U;
    for (ReferenceMmu* listener : listeners_)
      if (copies) listener->copied(told);
      else if (first) listener->first_store(told);
  }

  void forget_all(std::uint64_t space, bool over) {
    ++totals.flushes;
    for (ReferenceMmu* listener : listeners_) listener->forget_all(space, over);
  }
  void leave(std::uint64_t space) {
    if (users_[space] > 0) --users_[space];
    if (users_[space] != 0) return;
    spaces_.erase(space);
    forget_all(space, true);
  }

  void call(std::uint32_t task, const TraceCall& c) {
    const std::uint64_t space = mm(task);
    if (c.kind == CallKind::clone || c.kind == CallKind::vfork) ++users_[mm(raw(c.child))];
    if (c.kind == CallKind::fork) {
      const std::uint64_t child = mm(raw(c.child));
      ++users_[child];
      for (auto& [page, state] : spaces_[space]) state.writable = false;
      spaces_[child] = spaces_[space];
      forget_all(space, false);
    }
    if (c.kind == CallKind::execve) {
      ++image_[task];
      ++users_[mm(task)];
      leave(space);
    }
    if (c.kind == CallKind::exit) {
      over_.insert(task);
      leave(space);
    }
    if (c.kind >= CallKind::mmap && c.kind <= CallKind::brk) map_call(space, c);
  }

  /// Whole pages within [first, first + length): gone, read-only, or clean again.
  enum class Do { clear, protect, clean };
  void change(std::uint64_t space, std::uint64_t first, std::uint64_t length, Do what) {
    Pages& pages = spaces_[space];
    for (auto at = pages.lower_bound((first + size_ - 1) / size_);
         at != pages.end() && (at->first + 1) * size_ <= first + length;) {
      const std::uint64_t page = at->first;
      const bool already = (what == Do::protect && !at->second.writable) || (what == Do::clean && !at->second.dirty);
      if (what == Do::protect) at->second.writable = false;
      if (what == Do::clean) at->second.dirty = false;
      at = what == Do::clear ? pages.erase(at) : std::next(at);
      if (!already) forget(space, page);
    }
  }
  void forget(std::uint64_t space, std::uint64_t page) {
    ++totals.invalidations;
    for (ReferenceMmu* listener : listeners_) listener->forget(space, page);
  }

  void map_call(std::uint64_t space, const TraceCall& c) {
    const std::uint64_t first = survey_.relocation.of(c.first), to = survey_.relocation.of(c.to);
    if (c.kind == CallKind::mmap || c.kind == CallKind::munmap) change(space, first, c.length, Do::clear);
    if (c.kind == CallKind::mprotect && (c.flags & trace::writable) == 0) change(space, first, c.length, Do::protect);
    if (c.kind == CallKind::madvise && (c.flags & trace::drops) != 0) change(space, first, c.length, Do::clear);
    else if (c.kind == CallKind::madvise && (c.flags & trace::frees) != 0) change(space, first, c.length, Do::clean);
    if (c.kind == CallKind::brk)
      change(space, std::min(first, to), std::max(first, to) - std::min(first, to), Do::clear);
    if (c.kind == CallKind::mremap) move(space, first, c.length, to, c.to_length);
  }

  void move(std::uint64_t space, std::uint64_t from, std::uint64_t from_length, std::uint64_t to,
            std::uint64_t to_length) {
    const std::uint64_t kept = std::min(from_length, to_length);
    if (from != to) {
      change(space, to, kept, Do::clear);
      const bool whole = from % size_ == 0 && to % size_ == 0 && kept % size_ == 0 && kept != 0;
      const bool apart = from + kept <= to || to + kept <= from;
      Pages moved;
      if (whole && apart)
        for (const auto& [page, state] : spaces_[space])
          if (page >= from / size_ && page < (from + kept) / size_) moved[page - from / size_ + to / size_] = state;
      change(space, from, kept, Do::clear);
      spaces_[space].insert(moved.begin(), moved.end());
    }
    change(space, from + kept, from_length - kept, Do::clear);
    change(space, to + kept, to_length - kept, Do::clear);
  }

  const trace::Survey survey_;
  const trace::SurveyOptions options_;
  const std::vector<ReferenceMmu*>& listeners_;
  const std::uint64_t size_;
  std::map<std::uint64_t, Pages> spaces_;
  std::map<std::uint64_t, std::uint64_t> users_;
  std::map<std::uint32_t, std::size_t> image_;
  std::map<std::uint32_t, std::uint64_t> code_;
  std::set<std::uint32_t> over_;
  std::uint32_t acting_ = ~std::uint32_t{0};
};

}  // namespace

StoryTotals tell(const std::string& recording, const trace::SurveyOptions& options,
                 const std::vector<ReferenceMmu*>& listeners) {
  trace::TraceFile file(recording);
  Story story(file, options, listeners);
  for (const Part& part : parts_of(file)) story.tell(part);
  return story.totals;
}

}  // namespace mmulab::test
