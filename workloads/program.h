// SPDX-License-Identifier: MIT
// The interpreter of operations, and the code that it runs: operations with their addresses and numbers filled in.
// What the kernel answers is not looked at: an access that it refuses is skipped, as by a handler of SIGSEGV.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "workloads/access_stream.h"
#include "workloads/meetings.h"
#include "workloads/plan.h"
#include "workloads/script_parser.h"
#include "workloads/settle.h"

namespace mmulab::workload {

struct Instruction {
  OperationKind kind = OperationKind::exit;
  /// load, store, access: stream; repeat, end: loop counter; fork: fork counter; barrier: meeting; sleep,
  /// await, wake: queue.
  std::uint32_t slot = 0;
  VirtPage page;
  VirtPage other;  ///< ksm_merge: the first of the pages that are merged into the others
  VirtPage to;  ///< mremap
  Pages pages;
  Pages step;
  Bytes within;  ///< fetch: where in each page
  Pages unit{1};  ///< of the base pages, those that one page of the region has
  /// think, delay: cycles; repeat: times; end: where its loop begins; calls on a file: its first page.
  std::uint64_t amount = 0;
  TaskId child;   ///< fork: the first of the tasks to be started
  MmId child_mm;  ///< and its mm
  FileId file;
  VmaRecord record;  ///< mmap: the whole region; mprotect: its new rights

  friend void remember(History& history, const Instruction& i) {
    for (const std::uint64_t word :
         {static_cast<std::uint64_t>(i.kind), std::uint64_t{i.slot}, i.page.raw(), i.other.raw(), i.to.raw(),
          i.pages.raw(), i.step.raw(), i.within.raw(), i.unit.raw(), i.amount, std::uint64_t{i.child.raw()},
          std::uint64_t{i.child_mm.raw()}, std::uint64_t{i.file.raw()}})
      history.learn(word);
    history.learn(i.record);
  }
};

struct Code {
  std::vector<Instruction> instructions;
  std::vector<AccessStream> streams;
  std::vector<std::shared_ptr<const PageOrder>> orders;  ///< what the streams refer to
  PageShift shift;
  std::uint64_t key = 0;  ///< of the task's random stream
};

class OperationProgram final : public Program {
 public:
  OperationProgram(Code code, const Meetings& meetings) : code_(std::move(code)), meetings_(meetings) {}
  void run(Context& ctx, Kernel& kernel) override;
  [[nodiscard]] bool is_like(const Program& other) const override;

 private:
  /// All that a task remembers between two operations; on its fiber.
  struct Memory {
    std::size_t at = 0;
    std::uint64_t draws = 0;
    std::array<std::uint64_t, repeat_depth_max + 1> loops{};
    std::array<std::uint32_t, children_max> forks{};
    friend void remember(History& history, const Memory& m) {
      history.learn(m.at);
      history.learn(m.draws);
      for (const std::uint64_t left : m.loops) history.learn(left);
      for (const std::uint32_t done : m.forks) history.learn(done);
    }
  };
  void perform(Context& ctx, Kernel& kernel, const Instruction& now, Memory& memory);
  void call(Context& ctx, Kernel& kernel, const Instruction& now, VirtPage page, Pages pages) const;
  void map(Context& ctx, Kernel& kernel, const Instruction& now, VirtPage page, Pages pages) const;
  static void call_on_file(Context& ctx, Kernel& kernel, const Instruction& now, const FileRange& range);
  void fetch(Context& ctx, Kernel& kernel, const Instruction& now) const;
  std::uint64_t* chunk();

  const Code code_;
  const Meetings& meetings_;
  std::vector<std::uint64_t> chunk_;  // of addresses, timed only: it can always be made up again
};

/// Turns the tasks of a draft that is settled and laid out into programs.
class Compiler {
 public:
  /// `first_mm[t]` is the mm of the first instance of task t; meetings are numbered as the draft's barriers.
  Compiler(const Draft& draft, std::vector<std::uint32_t> first_mm, PageShift shift, std::uint64_t seed)
      : draft_(draft), first_mm_(std::move(first_mm)), shift_(shift), seed_(seed) {}
  [[nodiscard]] Code compile(std::uint32_t task, std::uint32_t instance);

 private:
  void append(const std::vector<Statement>& list);
  void open_loop(std::uint64_t times);
  void close_loop();
  void translate(const Operation& op);
  void fill_fork(const Operation& op, Instruction& into) const;
  std::uint32_t stream(const Operation& op);
  std::shared_ptr<const PageOrder> order(Pattern pattern, std::uint64_t pages);

  const Draft& draft_;
  const std::vector<std::uint32_t> first_mm_;
  const PageShift shift_;
  const std::uint64_t seed_;
  std::vector<std::shared_ptr<const PageOrder>> orders_;
  // Of the task in hand.
  std::uint32_t task_ = 0;
  std::uint32_t instance_ = 0;
  Code code_;
  std::vector<std::size_t> open_;
};

}  // namespace mmulab::workload
