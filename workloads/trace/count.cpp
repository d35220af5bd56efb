// SPDX-License-Identifier: MIT
#include "workloads/trace/count.h"

#include <algorithm>

#include "workloads/trace/ordered_reader.h"
#include "workloads/trace/page_range.h"
#include "workloads/trace/page_states.h"
#include "workloads/trace/repeat_filter.h"
#include "workloads/trace/selection.h"

namespace mmulab::trace {
namespace {

constexpr std::size_t chunk_words = 4096;

class Pass {
 public:
  Pass(TraceFile& file, const SurveyOptions& options, const std::vector<CountedMmu*>& mmus)
      : file_(file),
        options_(options),
        mmus_(mmus),
        survey_(survey(file, options)),
        pages_(survey_.parents.size()),
        filter_(mmus),
        users_(survey_.parents.size(), 0),
        images_(survey_.tasks.size(), 0),
        over_(survey_.tasks.size(), false),
        selections_(survey_.tasks.size(),
                    Selection{options.fetches, options.geometry.page_shift(), survey_.relocation}),
        first_store_changes_(!mmus.empty() && mmus.front()->changes_at_first_store()) {
    for (const TaskNo root : survey_.roots) ++users_[mm_of(root).raw()];
    pending_.reserve(chunk_words);
  }

  CountTotals run() {
    OrderedReader reader(file_, survey_.tasks);
    Segment segment;
    for (TaskNo task{}; reader.next(task, segment);) {
      const bool acts = !over_[raw(task)];
      for (std::uint64_t left = segment.accesses; left != 0;) {
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left, chunk_words));
        reader.take(words_.data(), count);
        left -= count;
        if (acts) access(task, selections_[raw(task)].select(words_.data(), count));
      }
      if (acts && segment.call.kind != CallKind::none) call(task, segment.call);
    }
    flush();
    for (CountedMmu* mmu : mmus_) mmu->add_repeats(repeats_[0], repeats_[1]);
    totals_.repeats = repeats_[0] + repeats_[1];
    return totals_;
  }

 private:
  [[nodiscard]] MmId mm_of(TaskNo task) const { return MmId{survey_.tasks[raw(task)].mms[images_[raw(task)]]}; }

  void flush() {
    for (CountedMmu* mmu : mmus_) mmu->access(pending_.data(), pending_.size());
    pending_.clear();
  }
  /// Copies are about to die, or another task to act: what was accessed before comes first.
  void settle() {
    filter_.clear([&](VirtPage page, bool fetch) { tell_repeat(page, fetch); });
    flush();
  }
  template <class Tell>
  void tell(const Tell& tell) {
    for (CountedMmu* mmu : mmus_) tell(*mmu);
  }
  void tell_access(std::uint64_t access) {
    pending_.push_back(access);
    if (pending_.size() == chunk_words) flush();
  }
  /// An access that was left out becomes one that is told: that it was the last of its page is news.
  void tell_repeat(VirtPage page, bool fetch) {
    --repeats_[fetch ? 1 : 0];
    tell_access(page.raw() | (fetch ? CountedMmu::fetch_bit : 0));
  }

  void turn_to(TaskNo task) {
    const MmId mm = mm_of(task);
    if (task == acting_ && mm == mm_) return;
    settle();
    tell([&](CountedMmu& mmu) { mmu.run(raw(task), mm); });
    totals_.switches += task != acting_ ? 1U : 0U;
    acting_ = task;
    mm_ = mm;
  }

  void access(TaskNo task, std::size_t count) {
    if (count != 0) turn_to(task);
    const unsigned shift = options_.geometry.page_shift().raw();
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t word = words_[i];
      const bool store = (word & store_bit) != 0, fetch = (word & fetch_bit) != 0;
      const VirtPage page{address_of(word) >> shift};
      ++(fetch ? totals_.fetches : store ? totals_.stores : totals_.loads);
      if (filter_.repeats(page, fetch, store)) {
        ++repeats_[fetch ? 1 : 0];
        continue;
      }
      touch(page, store);
      filter_.note(page, fetch, store, [&](VirtPage late) { tell_repeat(late, fetch); });
      tell_access(page.raw() | (word & (store_bit | fetch_bit)) |
                  (pages_.is_dirty(mm_, page) ? CountedMmu::dirty_bit : 0));
    }
  }

  void touch(VirtPage page, bool store) {
    auto change = CountedMmu::Change::copied;
    switch (pages_.touch(mm_, page, store)) {
      case Touch::known: return;
      case Touch::came:
        ++totals_.faults;
        flush();
        return tell([&](CountedMmu& mmu) { mmu.fault(page, pages_.resident(mm_)); });
      case Touch::changed:
        ++totals_.changes;
        break;
      case Touch::first_store:
        ++totals_.first_stores;
        if (!first_store_changes_) return;
        change = CountedMmu::Change::first_store;
        break;
    }
    settle();
    tell([&](CountedMmu& mmu) { mmu.change(page, change); });
  }

  // ---------------------------------------------------------------------------------------------- calls

  void call(TaskNo task, const TraceCall& call) {
    ++totals_.calls;
    switch (call.kind) {
      case CallKind::clone:
      case CallKind::vfork: ++users_[mm_of(call.child).raw()]; return;
      case CallKind::fork: return fork(mm_of(task), mm_of(call.child));
      case CallKind::execve: {
        const MmId old = mm_of(task);
        ++images_[raw(task)];
        ++users_[mm_of(task).raw()];
        return leave(old);
      }
      case CallKind::exit:
        over_[raw(task)] = true;
        return leave(mm_of(task));
      case CallKind::wait:
      case CallKind::none: return;
      default: return map_call(mm_of(task), call);
    }
  }

  void fork(MmId parent, MmId child) {
    ++users_[child.raw()];
    pages_.copy(parent, child);
    forget_all(parent, false);
  }

  void leave(MmId mm) {
    std::uint32_t& users = users_[mm.raw()];
    // A task may be told to end before it is told to begin.
    users -= users == 0 ? 0U : 1U;
    if (users != 0) return;
    pages_.clear(mm);
    forget_all(mm, true);
  }

  void forget_all(MmId mm, bool over) {
    ++totals_.flushes;
    settle();
    tell([&](CountedMmu& mmu) { mmu.forget_all(mm, over); });
  }

  void map_call(MmId mm, const TraceCall& call) {
    rounded_ = false;
    change_mapping(mm, call);
    totals_.rounded += rounded_ ? 1U : 0U;
  }

  void change_mapping(MmId mm, const TraceCall& call) {
    using Change = PageStates::Change;
    const std::uint64_t first = survey_.relocation.of(call.first), to = survey_.relocation.of(call.to);
    switch (call.kind) {
      case CallKind::mmap:
      case CallKind::munmap: return change(mm, first, call.length, Change::clear);
      case CallKind::mprotect:
        if ((call.flags & writable) == 0) change(mm, first, call.length, Change::protect);
        return;
      case CallKind::madvise:
        if ((call.flags & drops) != 0) change(mm, first, call.length, Change::clear);
        else if ((call.flags & frees) != 0) change(mm, first, call.length, Change::clean);
        return;
      case CallKind::brk:
        return change(mm, std::min(first, to), std::max(first, to) - std::min(first, to), Change::clear);
      case CallKind::mremap: return move(mm, {first, call.length}, {to, call.to_length});
      default: return;
    }
  }

  /// Inwards: what of a page a neighbour may use stays.
  [[nodiscard]] PagesOf split(std::uint64_t first, std::uint64_t length) {
    const PagesOf pages = pages_of(first, length, options_.geometry.page_shift());
    rounded_ = rounded_ || pages.rounded();
    return pages;
  }

  void change(MmId mm, std::uint64_t first, std::uint64_t length, PageStates::Change change) {
    const PagesOf pages = split(first, length);
    settle();
    pages_.change(mm, pages.first, pages.whole, change, [&](VirtPage page) { forget(mm, page); });
  }

  struct Range {
    std::uint64_t first = 0, length = 0;
  };
  /// As the replay has it: whole pages move, what cannot move is mapped afresh.
  void move(MmId mm, const Range& from, const Range& to) {
    using Change = PageStates::Change;
    const std::uint64_t kept = std::min(from.length, to.length);
    if (to.first != from.first) {
      const PagesOf source = split(from.first, kept), target = split(to.first, kept);
      const bool apart = from.first + kept <= to.first || to.first + kept <= from.first;
      const bool whole = !source.rounded() && !target.rounded() && apart && kept != 0;
      change(mm, to.first, kept, Change::clear);
      if (whole) move_pages(mm, source, target.first);
      else change(mm, from.first, kept, Change::clear);
    }
    if (from.length > kept) change(mm, from.first + kept, from.length - kept, Change::clear);
    if (to.length > kept) change(mm, to.first + kept, to.length - kept, Change::clear);
  }

  void move_pages(MmId mm, const PagesOf& source, VirtPage to) {
    settle();
    pages_.move(mm, source.first, source.whole, to, [&](VirtPage page) { forget(mm, page); });
  }

  void forget(MmId mm, VirtPage page) {
    ++totals_.invalidations;
    tell([&](CountedMmu& mmu) { mmu.forget(mm, page); });
  }

  TraceFile& file_;
  const SurveyOptions options_;
  const std::vector<CountedMmu*>& mmus_;
  const Survey survey_;
  PageStates pages_;
  RepeatFilter filter_;
  std::vector<std::uint32_t> users_;   ///< of each mm
  std::vector<std::size_t> images_;    ///< the mm that each task is in, of those it has
  std::vector<bool> over_;             ///< tasks that have exited
  std::vector<Selection> selections_;  ///< of each task
  const bool first_store_changes_;

  CountTotals totals_;
  std::uint64_t repeats_[2] = {};  ///< data, code
  TaskNo acting_ = no_task;
  MmId mm_;
  bool rounded_ = false;
  std::array<std::uint64_t, chunk_words> words_{};
  std::vector<std::uint64_t> pending_;
};

}  // namespace

CountTotals count(TraceFile& file, const SurveyOptions& options, const std::vector<CountedMmu*>& mmus) {
  return Pass(file, options, mmus).run();
}

}  // namespace mmulab::trace
