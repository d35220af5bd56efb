// SPDX-License-Identifier: MIT
#include "workloads/trace/replay.h"

#include "workloads/access_run.h"
#include "workloads/trace/page_range.h"
#include "workloads/trace/selection.h"

namespace mmulab::trace {
namespace {

/// One task's segments, one after another.
class TaskReader {
 public:
  TaskReader(Recording& recording, TaskNo task)
      : recording_(recording),
        blocks_(recording.survey.tasks[raw(task)].blocks),
        selection_(recording.options.fetches, recording.options.geometry.page_shift(), recording.survey.relocation) {}

  void begin() {
    next_block_ = 0;
    block_ = Block{};
    selection_.begin();
  }
  bool next(Segment& segment) {
    while (!block_.next(segment)) {
      if (next_block_ == blocks_.size()) {
        block_ = Block{};
        return false;
      }
      std::uint64_t at = blocks_[next_block_++];
      const std::uint64_t begins = at;
      BlockHeader header;
      recording_.file.next_header(at, header);
      recording_.file.load(begins, header, block_);
    }
    return true;
  }
  /// Makes words of the next `count` accesses; returns how many of them are replayed.
  std::size_t take(std::size_t count, std::uint64_t* words) {
    block_.take(words, count);
    return selection_.select(words, count);
  }

 private:
  Recording& recording_;
  const std::vector<std::uint64_t>& blocks_;
  std::size_t next_block_ = 0;
  Block block_;
  Selection selection_;
};

/// A segment's accesses.
class TraceRun final : public workload::AccessRun {
 public:
  TraceRun(TaskReader& reader, std::uint64_t accesses, Kernel& kernel, std::uint64_t* chunk)
      : AccessRun(kernel, chunk), reader_(reader), left_(accesses) {}

 private:
  std::size_t refill(std::uint64_t* chunk) override {
    std::size_t kept = 0;
    while (kept == 0 && left_ != 0) {
      const std::uint64_t count = std::min(left_, chunk_words);
      left_ -= count;
      kept = reader_.take(count, chunk);
    }
    return kept;
  }

  TaskReader& reader_;
  std::uint64_t left_;
};

class ReplayProgram final : public workload::Program {
 public:
  ReplayProgram(std::shared_ptr<Recording> recording, TaskNo task)
      : recording_(std::move(recording)), reader_(*recording_, task),
        plan_(recording_->survey.tasks[raw(task)]) {}

  void run(Context& ctx, Kernel& kernel) override {
    chunk_.resize(TraceRun::chunk_words);
    replay(ctx, kernel);
    if (plan_.creator == no_task)
      for (std::uint64_t round = 1; round < recording_->rounds; ++round) {
        begin_round(ctx, kernel);
        replay(ctx, kernel);
      }
    reader_.begin();
    chunk_ = {};
  }

 private:
  void replay(Context& ctx, Kernel& kernel) {
    image_ = 0;
    reader_.begin();
    for (Segment segment; reader_.next(segment);) {
      access(ctx, kernel, segment.accesses);
      if (segment.call.kind == CallKind::exit) break;
      if (segment.call.kind != CallKind::none) call(ctx, kernel, segment.call);
    }
  }

  /// When the round's tasks are over, the next one's take their places.
  void begin_round(Context& ctx, Kernel& kernel) {
    // Who is reaped may have begun others meanwhile.
    while (reap_all(ctx, kernel)) {
    }
    for (MmId& mm : recording_->mms)
      for (MmId& spare : recording_->spare_mms) {
        if (kernel.is_unused(ctx, mm)) break;
        std::swap(mm, spare);
      }
    kernel.exec(ctx, mm(plan_.mms.front()));
  }

  bool reap_all(Context& ctx, Kernel& kernel) {
    bool any = false;
    for (const TaskId task : recording_->tasks)
      if (task != ctx.task() && kernel.reap(ctx, task)) any = true;
    return any;
  }

  [[nodiscard]] MmId mm(std::uint32_t number) const { return recording_->mms[number]; }

  void access(Context& ctx, Kernel& kernel, std::uint64_t accesses) {
    TraceRun(reader_, accesses, kernel, chunk_.data()).perform(ctx, [this](Outcome outcome) {
      ++recording_->counts.accesses;
      recording_->counts.denied += outcome == Outcome::ok ? 0U : 1U;
    });
  }

  void note(Outcome outcome) {
    ++recording_->counts.calls;
    recording_->counts.refused += outcome == Outcome::ok ? 0U : 1U;
  }

  void call(Context& ctx, Kernel& kernel, const TraceCall& call) {
    switch (call.kind) {
      case CallKind::clone: return note(kernel.clone(ctx, recording_->task(call.child)));
      case CallKind::vfork:
        note(kernel.clone(ctx, recording_->task(call.child)));
        return note(kernel.wait_for(ctx, recording_->task(call.child), TaskStage::left));
      case CallKind::fork: {
        const std::uint32_t copy = recording_->survey.tasks[raw(call.child)].mms.front();
        return note(kernel.fork(ctx, recording_->task(call.child), mm(copy)));
      }
      case CallKind::wait:
        return note(kernel.wait_for(ctx, recording_->task(call.child), TaskStage::over));
      case CallKind::execve: return note(kernel.exec(ctx, mm(plan_.mms[++image_])));
      default: return map_call(ctx, kernel, call);
    }
  }

  void map_call(Context& ctx, Kernel& kernel, const TraceCall& call) {
    const Relocation& relocation = recording_->survey.relocation;
    const std::uint64_t first = relocation.of(call.first), to = relocation.of(call.to);
    const Rights rights{(call.flags & writable) != 0, (call.flags & executable) != 0};
    switch (call.kind) {
      case CallKind::mmap: return map(ctx, kernel, {first, call.length, rights}, (call.flags & fixed) != 0);
      case CallKind::munmap: return unmap(ctx, kernel, first, call.length);
      case CallKind::mprotect: return protect(ctx, kernel, {first, call.length, rights});
      case CallKind::madvise: return advise(ctx, kernel, first, call);
      case CallKind::mremap: return move(ctx, kernel, {first, call.length, {}}, {to, call.to_length, {}});
      case CallKind::brk:
        if (to > first) return map(ctx, kernel, {first, to - first, {true, false}}, false);
        return unmap(ctx, kernel, to, first - to);
      default: return;
    }
  }

  struct Range {
    std::uint64_t first = 0, length = 0;
    Rights rights;
  };

  [[nodiscard]] PagesOf split(std::uint64_t first, std::uint64_t length) {
    const PagesOf pages = pages_of(first, length, recording_->options.geometry.page_shift());
    recording_->counts.rounded += pages.rounded() ? 1U : 0U;
    return pages;
  }

  Outcome map_pages(Context& ctx, Kernel& kernel, VirtPage first, Pages pages, Rights rights) {
    VmaRecord record;
    record.first = first;
    record.end = first + pages;
    record.rights = rights;
    record.kind = VmaKind::anonymous;
    const Outcome outcome = kernel.mmap(ctx, record);
    note(outcome);
    return outcome;
  }

  /// A page that neighbours share permits what any of them may do.
  void map_part(Context& ctx, Kernel& kernel, VirtPage page, Rights wanted) {
    const Rights all{true, true};
    if (map_pages(ctx, kernel, page, Pages{1}, all) != Outcome::ok && wanted.write)
      note(kernel.mprotect(ctx, page, Pages{1}, all));
  }

  /// Outwards: a page that is shared with a neighbour is mapped unless it is already.
  void map(Context& ctx, Kernel& kernel, const Range& range, bool replaces) {
    const PagesOf pages = split(range.first, range.length);
    if (pages.has_head) map_part(ctx, kernel, pages.head, range.rights);
    if (pages.whole != Pages{}) {
      if (replaces) note(kernel.munmap(ctx, pages.first, pages.whole));
      // What a rounded munmap has left may be in the way.
      if (map_pages(ctx, kernel, pages.first, pages.whole, range.rights) != Outcome::ok) {
        note(kernel.munmap(ctx, pages.first, pages.whole));
        map_pages(ctx, kernel, pages.first, pages.whole, range.rights);
      }
    }
    if (pages.has_tail) map_part(ctx, kernel, pages.tail, range.rights);
  }

  /// Inwards, like all that takes something away.
  void unmap(Context& ctx, Kernel& kernel, std::uint64_t first, std::uint64_t length) {
    const PagesOf pages = split(first, length);
    if (pages.whole != Pages{}) note(kernel.munmap(ctx, pages.first, pages.whole));
  }

  void protect(Context& ctx, Kernel& kernel, const Range& range) {
    const PagesOf pages = split(range.first, range.length);
    // What gives rights reaches outwards; the neighbours lose none.
    const bool gives = range.rights.write;
    if (gives && pages.has_head) note(kernel.mprotect(ctx, pages.head, Pages{1}, {true, true}));
    if (pages.whole != Pages{}) note(kernel.mprotect(ctx, pages.first, pages.whole, range.rights));
    if (gives && pages.has_tail) note(kernel.mprotect(ctx, pages.tail, Pages{1}, {true, true}));
  }

  void advise(Context& ctx, Kernel& kernel, std::uint64_t first, const TraceCall& call) {
    if ((call.flags & (drops | frees)) == 0) return;
    const PagesOf pages = split(first, call.length);
    if (pages.whole == Pages{}) return;
    note((call.flags & drops) != 0 ? kernel.madvise_dontneed(ctx, pages.first, pages.whole)
                                   : kernel.madvise_free(ctx, pages.first, pages.whole));
  }

  void move(Context& ctx, Kernel& kernel, const Range& from, const Range& to) {
    const std::uint64_t kept = std::min(from.length, to.length);
    if (to.first != from.first) {
      const PagesOf source = split(from.first, kept), target = split(to.first, kept);
      const bool apart = from.first + kept <= to.first || to.first + kept <= from.first;
      // Parts of pages cannot move; what the kernel refuses is mapped afresh.
      const bool whole = !source.rounded() && !target.rounded() && apart && kept != 0;
      const Outcome moved =
          whole ? kernel.mremap(ctx, source.first, source.whole, target.first) : Outcome::bad_address;
      note(moved);
      if (moved != Outcome::ok) {
        unmap(ctx, kernel, from.first, kept);
        map(ctx, kernel, {to.first, kept, {true, false}}, true);
      }
    }
    if (from.length > kept) unmap(ctx, kernel, from.first + kept, from.length - kept);
    if (to.length > kept) map(ctx, kernel, {to.first + kept, to.length - kept, {true, false}}, false);
  }

  const std::shared_ptr<Recording> recording_;
  TaskReader reader_;
  const TaskPlan& plan_;
  std::vector<std::uint64_t> chunk_;  // while the task lives
  std::size_t image_ = 0;
};

}  // namespace

std::unique_ptr<workload::Program> replay_program(std::shared_ptr<Recording> recording, TaskNo task) {
  return std::make_unique<ReplayProgram>(std::move(recording), task);
}

}  // namespace mmulab::trace
