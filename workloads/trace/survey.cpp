// SPDX-License-Identifier: MIT
#include "workloads/trace/survey.h"

#include <map>
#include <unordered_set>

#include <fmt/format.h>

#include "sim/config/diagnostic.h"
#include "workloads/settle.h"

namespace mmulab::trace {
namespace {

constexpr std::size_t chunk = 4096;
constexpr std::size_t mms_max = 4000;
constexpr std::uint64_t tables_max = 1U << 18;
/// What a trace may make the survey remember: recorded pages (16 GiB), pages of all address spaces together (128 MiB of
/// memory), moves.
constexpr std::size_t pages_max = std::size_t{1} << 22, kept_max = std::size_t{1} << 24;
constexpr std::size_t moves_max = std::size_t{1} << 20;
constexpr std::uint64_t call_bytes_max = std::uint64_t{1} << 40;

/// A set that is asked for the same few again and again.
class PageSet {
 public:
  /// True of a page that is not there yet.
  bool add(std::uint64_t page) {
    std::uint64_t& known = known_[page % known_.size()];
    if (known == page + 1) return false;
    known = page + 1;
    return pages_.insert(page).second;
  }
  /// In order; the set is empty then.
  std::vector<std::uint64_t> take() {
    std::vector<std::uint64_t> all(pages_.begin(), pages_.end());
    std::sort(all.begin(), all.end());
    pages_.clear();
    return all;
  }

 private:
  std::array<std::uint64_t, 256> known_{};
  std::unordered_set<std::uint64_t> pages_;
};

using Pages = std::vector<std::uint64_t>;

void unite(Pages& into, const Pages& more) {
  Pages both;
  both.reserve(into.size() + more.size());
  std::set_union(into.begin(), into.end(), more.begin(), more.end(), std::back_inserter(both));
  into = std::move(both);
}

/// What a task touches in one of its address spaces, in units of recorded pages of 4 KiB.
struct Image {
  PageSet stored, touched;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> moved_to;  ///< mremap's destinations
};

class Surveyor {
 public:
  Surveyor(TraceFile& file, const SurveyOptions& options) : file_(file), options_(options) {}

  Survey run() {
    TraceReader reader(file_);
    std::uint64_t at = sizeof file_magic;
    for (BlockHeader header; file_.next_header(at, header);) on_header(header);
    while (reader.next_block()) on_block(reader, task(TaskNo{reader.block().header.task}));
    survey_.totals = file_.totals();
    find_roots();
    name_mms();
    const std::uint64_t user = options_.geometry.user_pages().raw() << options_.geometry.page_shift().raw();
    if (!survey_.relocation.settle(user))
      refuse(fmt::format("it touches {} windows of 1 GiB, and user space has {} of them", survey_.relocation.windows(),
                         user >> Relocation::window_bits),
             "a machine with a larger user space (machine.table_bits)");
    count();
    return std::move(survey_);
  }

 private:
  [[noreturn]] void refuse(const std::string& what, const std::string& hint = {}) const {
    throw config::Error(config::diagnose({}, fmt::format("`{}` cannot be replayed: {}", file_.name(), what), hint));
  }

  /// What is told of the block at `offset` is too much.
  [[noreturn]] void refuse_at(std::uint64_t offset, const std::string& what) const {
    refuse(fmt::format("in the block at byte {} it comes to more than {}", offset, what),
           "a shorter trace (`mmulab trace cut`)");
  }

  TaskPlan& task(TaskNo number) {
    if (raw(number) >= workload::tasks_max) refuse(fmt::format("it has more than {} tasks", workload::tasks_max));
    while (survey_.tasks.size() <= raw(number)) {
      survey_.tasks.emplace_back();
      images_.emplace_back().emplace_back();
    }
    return survey_.tasks[raw(number)];
  }

  void on_header(const BlockHeader& header) {
    TaskPlan& plan = task(TaskNo{header.task});
    plan.tid = header.tid;
    plan.pid = header.pid;
  }

  void on_block(TraceReader& reader, TaskPlan& plan) {
    const BlockHeader header = reader.block().header;
    plan.blocks.push_back(reader.block().offset);
    for (Segment segment; reader.next(segment);) {
      for (std::uint64_t left = segment.accesses; left != 0;) {
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left, chunk));
        reader.block().take(words_.data(), count);
        left -= count;
        on_accesses(images_[header.task].back(), count, reader.block().offset);
      }
      if (segment.call.kind != CallKind::none) on_call(TaskNo{header.task}, segment.call, reader.block().offset);
    }
  }

  void on_accesses(Image& image, std::size_t count, std::uint64_t offset) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t word = words_[i], va = address_of(word);
      if (options_.fetches == Fetches::none && (word & fetch_bit) != 0) continue;
      const std::uint64_t entry = va >> 12 | (word & store_bit);
      if (entry == last_) continue;
      last_ = entry;
      if (va >= address_end || !survey_.relocation.see(va, 1))
        file_.fail(offset, fmt::format("an access to {:#x}, beyond user space", va));
      pages_ += image.touched.add(va >> 12) ? 1U : 0U;
      if ((word & store_bit) != 0) pages_ += image.stored.add(va >> 12) ? 1U : 0U;
    }
    if (pages_ > pages_max) refuse_at(offset, fmt::format("{} pages touched and stored to", pages_max));
    last_ = ~std::uint64_t{0};
  }

  void on_call(TaskNo by, const TraceCall& call, std::uint64_t offset) {
    if (creates(call.kind)) return on_creation(by, call, offset);
    if (call.kind == CallKind::execve) {
      if (++execs_ > mms_max) refuse_at(offset, fmt::format("{} address spaces", mms_max));
      images_[raw(by)].emplace_back();
      return;
    }
    if (call.kind == CallKind::wait) waited_for_.emplace(raw(call.child), offset);
    if (call.kind == CallKind::exit || call.kind == CallKind::wait) return;
    if (call.length > call_bytes_max || call.to_length > call_bytes_max)
      refuse(fmt::format("{} of {:#x} bytes at {:#x}", name_of(call.kind), call.length, call.first),
             fmt::format("a call may name up to {:#x} bytes", call_bytes_max));
    const bool brk = call.kind == CallKind::brk;
    const std::uint64_t low = brk ? std::min(call.first, call.to) : call.first;
    const std::uint64_t length = brk ? std::max(call.first, call.to) - low : call.length;
    const bool fits = survey_.relocation.see(low, length) &&
                      (call.kind != CallKind::mremap || survey_.relocation.see(call.to, call.to_length));
    if (length > call_bytes_max || !fits)
      file_.fail(offset, fmt::format("{} of {:#x} bytes at {:#x}", name_of(call.kind), length, low));
    if (call.kind == CallKind::mremap && ++moves_ > moves_max) refuse_at(offset, fmt::format("{} moves", moves_max));
    if (call.kind == CallKind::mremap) images_[raw(by)].back().moved_to.emplace_back(call.to, call.to_length);
    const std::uint64_t page = std::uint64_t{1} << options_.geometry.page_shift().raw();
    if (options_.refuses_parts && (call.first % page != 0 || call.length % page != 0 || call.to % page != 0))
      refuse(fmt::format("{} of {:#x} bytes at {:#x} is not of whole pages of {} bytes", name_of(call.kind),
                         call.length, call.first, page),
             "workload.parts = \"round\" rounds such calls and counts them");
  }

  void on_creation(TaskNo by, const TraceCall& call, std::uint64_t offset) {
    TaskPlan& child = task(call.child);
    if (child.creator != no_task || call.child == by)
      file_.fail(offset, fmt::format("task {} is created once more", raw(call.child)));
    child.creator = by;
    child.born_by = call.kind;
    child.creators_image = static_cast<std::uint32_t>(images_[raw(by)].size() - 1);
  }

  /// Creators before those whom they create.
  void find_roots() {
    std::vector<std::vector<TaskNo>> children(survey_.tasks.size());
    for (std::uint32_t t = 0; t < survey_.tasks.size(); ++t) {
      const TaskNo creator = survey_.tasks[t].creator;
      if (creator == no_task) survey_.roots.push_back(TaskNo{t});
      else children[raw(creator)].push_back(TaskNo{t});
    }
    for (const auto& [child, offset] : waited_for_)
      if (child >= survey_.tasks.size() || survey_.tasks[child].creator == no_task)
        file_.fail(offset, fmt::format("a wait for task {}, which nobody creates", child));
    order_ = survey_.roots;
    for (std::size_t at = 0; at < order_.size(); ++at)
      for (const TaskNo child : children[raw(order_[at])]) order_.push_back(child);
    if (order_.size() != survey_.tasks.size()) refuse("there are tasks that create each other");
    if (order_.empty()) refuse("it holds no task");
  }

  std::uint32_t new_mm(std::uint32_t parent) {
    if (survey_.parents.size() == mms_max) refuse(fmt::format("it has more than {} address spaces", mms_max));
    survey_.parents.push_back(parent);
    return static_cast<std::uint32_t>(survey_.parents.size() - 1);
  }

  void name_mms() {
    for (const TaskNo number : order_) {
      TaskPlan& plan = survey_.tasks[raw(number)];
      std::uint32_t first = Survey::no_mm;
      if (plan.creator != no_task) {
        first = survey_.tasks[raw(plan.creator)].mms[plan.creators_image];
        if (plan.born_by == CallKind::fork) first = new_mm(first);
      } else {
        // Threads of a process whose beginning the log does not show.
        for (const TaskNo root : survey_.roots)
          if (root != number && survey_.tasks[raw(root)].pid == plan.pid && !survey_.tasks[raw(root)].mms.empty())
            first = survey_.tasks[raw(root)].mms.front();
        if (first == Survey::no_mm) first = new_mm(Survey::no_mm);
      }
      plan.mms.push_back(first);
      while (plan.mms.size() < images_[raw(number)].size()) plan.mms.push_back(new_mm(Survey::no_mm));
    }
  }

  [[nodiscard]] std::uint64_t page_of(std::uint64_t recorded) const {
    return survey_.relocation.of(recorded << 12) >> options_.geometry.page_shift().raw();
  }

  Pages pages_of(PageSet& set) const {
    Pages pages = set.take();
    for (std::uint64_t& page : pages) page = page_of(page);
    std::sort(pages.begin(), pages.end());
    pages.erase(std::unique(pages.begin(), pages.end()), pages.end());
    return pages;
  }

  void count() {
    const std::size_t mms = survey_.parents.size();
    std::vector<Pages> stored(mms), leaves(mms);
    std::vector<std::uint64_t> threads(mms);
    for (std::size_t t = 0; t < survey_.tasks.size(); ++t)
      for (std::size_t i = 0; i < images_[t].size(); ++i) {
        const std::uint32_t mm = survey_.tasks[t].mms[i];
        ++threads[mm];
        unite(stored[mm], pages_of(images_[t][i].stored));
        unite(leaves[mm], leaves_of(images_[t][i]));
      }
    // An mm has a greater number than the one it is a copy of.
    std::size_t kept = 0;
    for (std::size_t mm = 0; mm < mms; ++mm) {
      if (const std::uint32_t parent = survey_.parents[mm]; parent != Survey::no_mm) {
        unite(stored[mm], stored[parent]);
        unite(leaves[mm], leaves[parent]);
      }
      kept += stored[mm].size() + leaves[mm].size();
      if (kept > kept_max)
        refuse(fmt::format("its address spaces have more than {} pages together", kept_max),
               "a shorter trace (`mmulab trace cut`)");
      // A page may be mapped once, and wait in one gather of each thread.
      survey_.frames += stored[mm].size() * (1 + threads[mm]);
      survey_.tables += tables_of(leaves[mm]) * (1 + threads[mm]);
    }
    survey_.frames += 2 * survey_.tasks.size() + 2;
    survey_.tables += survey_.tasks.size() + 1;
  }

  Pages leaves_of(Image& image) const {
    const unsigned bits = options_.geometry.low_bits(1);
    Pages leaves = pages_of(image.touched);
    for (std::uint64_t& page : leaves) page >>= bits;
    const unsigned shift = options_.geometry.page_shift().raw() + bits;
    for (const auto& [to, length] : image.moved_to) {
      const std::uint64_t first = survey_.relocation.of(to) >> shift;
      const std::uint64_t last = survey_.relocation.of(to + std::max<std::uint64_t>(length, 1) - 1) >> shift;
      if (last - first > tables_max) refuse(fmt::format("mremap to {:#x} bytes", length));
      for (std::uint64_t leaf = first; leaf <= last; ++leaf) leaves.push_back(leaf);
      if (leaves.size() > 4 * tables_max) refuse("its mremap calls go to too many places");
    }
    std::sort(leaves.begin(), leaves.end());
    leaves.erase(std::unique(leaves.begin(), leaves.end()), leaves.end());
    return leaves;
  }

  [[nodiscard]] std::uint64_t tables_of(const Pages& leaves) const {
    std::uint64_t tables = leaves.size();
    for (std::size_t level = 1; level < options_.geometry.levels(); ++level) {
      const unsigned bits = options_.geometry.low_bits(level + 1) - options_.geometry.low_bits(1);
      std::uint64_t last = ~std::uint64_t{0};
      for (const std::uint64_t leaf : leaves) {
        tables += leaf >> bits != last ? 1U : 0U;
        last = leaf >> bits;
      }
      if (leaves.empty()) ++tables;
    }
    return tables;
  }

  TraceFile& file_;
  const SurveyOptions options_;
  Survey survey_;
  std::vector<std::vector<Image>> images_;  ///< of each task
  std::vector<TaskNo> order_;
  std::map<std::uint32_t, std::uint64_t> waited_for_;  ///< tasks, and the first block that says so
  std::array<std::uint64_t, chunk> words_{};
  std::uint64_t last_ = ~std::uint64_t{0};
  std::size_t pages_ = 0, execs_ = 0, moves_ = 0;
};

}  // namespace

Survey survey(TraceFile& file, const SurveyOptions& options) { return Surveyor(file, options).run(); }

}  // namespace mmulab::trace
