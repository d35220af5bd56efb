// SPDX-License-Identifier: MIT
#include "workloads/vma_bound.h"

#include <algorithm>
#include <map>
#include <set>

#include "workloads/settle.h"

namespace mmulab::workload {
namespace {

/// Each pass through a loop leaves what the pass before left, from the second on; one more for certainty.
constexpr std::uint64_t passes = 3;
constexpr std::uint64_t calls_max = 200'000;

/// The VMAs of one region as one task's calls leave them: first page -> end.
class Followed {
 public:
  explicit Followed(const RegionDraft& region) {
    if (region.mapped) vmas_[0] = region.pages;
  }
  /// mremap, as the region sees it that is moved into.
  void receive(const Operation& op) {
    perform(OperationKind::munmap, 0, op.pages);
    perform(OperationKind::mmap, 0, op.pages);
    most_ = std::max<std::uint64_t>(most_, vmas_.size());
  }
  void call(const Operation& op) {
    const std::uint64_t step = op.step == 0 ? op.pages : op.step;
    for (std::uint64_t at = op.first; at < op.first + op.pages; at += step) {
      perform(op.kind, at, std::min(at + step, op.first + op.pages));
      ++calls_;
      most_ = std::max<std::uint64_t>(most_, vmas_.size());
      if (given_up()) return;
    }
  }
  [[nodiscard]] std::uint64_t most() const { return most_; }
  [[nodiscard]] bool given_up() const { return calls_ > calls_max; }

 private:
  void perform(OperationKind kind, std::uint64_t first, std::uint64_t end) {
    if (kind == OperationKind::mmap) {
      const auto next = vmas_.lower_bound(end);
      const bool free = next == vmas_.begin() || std::prev(next)->second <= first;
      if (free) vmas_[first] = end;
      return;
    }
    split(first);
    split(end);
    most_ = std::max<std::uint64_t>(most_, vmas_.size());
    if (kind == OperationKind::munmap || kind == OperationKind::mremap)
      vmas_.erase(vmas_.lower_bound(first), vmas_.lower_bound(end));
  }
  void split(std::uint64_t at) {
    auto next = vmas_.upper_bound(at);
    if (next == vmas_.begin()) return;
    const auto inside = std::prev(next);
    if (inside->first == at || inside->second <= at) return;
    vmas_[at] = inside->second;
    inside->second = at;
  }

  std::map<std::uint64_t, std::uint64_t> vmas_;
  std::uint64_t most_ = 1;
  std::uint64_t calls_ = 0;
};

bool receives(const Statement& s, std::uint32_t region) {
  return s.operation.kind == OperationKind::mremap && s.operation.to == region;
}
bool concerns(const Statement& s, std::uint32_t region) {
  return (changes_vmas(s.operation.kind) && s.operation.target == region) || receives(s, region);
}

/// Goes through the statements [at, end) as the task would, each loop `passes` times at most.
void follow(const std::vector<Statement>& list, std::size_t at, std::size_t end, std::uint32_t region,
            Followed& vmas) {
  for (; at < end && !vmas.given_up(); ++at) {
    const Operation& op = list[at].operation;
    if (op.kind != OperationKind::repeat) {
      if (receives(list[at], region)) vmas.receive(op);
      else if (concerns(list[at], region)) vmas.call(op);
      continue;
    }
    std::size_t close = at, depth = 0;
    do {
      if (list[close].operation.kind == OperationKind::repeat) ++depth;
      if (list[close].operation.kind == OperationKind::end) --depth;
      ++close;
    } while (depth != 0);
    for (std::uint64_t pass = 0; pass < std::min(passes, op.amount); ++pass)
      follow(list, at + 1, close - 1, region, vmas);
    at = close - 1;
  }
}

/// Every border that any call may draw.
std::uint64_t borders(const Draft& draft, std::uint32_t region) {
  const std::uint64_t pages = draft.regions[region].pages;
  std::set<std::uint64_t> all;
  for (const TaskDraft& task : draft.tasks) {
    for_each_statement(task, [&](const Statement& s, std::uint64_t) {
      if (!concerns(s, region)) return;
      const Operation& op = s.operation;
      if (receives(s, region)) {
        all.insert(op.pages);
        return;
      }
      const std::uint64_t step = op.step == 0 ? op.pages : op.step;
      for (std::uint64_t at = op.first; at < op.first + op.pages && all.size() < pages; at += step) all.insert(at);
      all.insert(op.first + op.pages);
    });
  }
  all.erase(0);
  all.erase(pages);
  return all.size() + 1;
}

}  // namespace

std::uint64_t vma_bound(const Draft& draft, std::uint32_t region) {
  std::vector<const TaskDraft*> callers;
  for (const TaskDraft& task : draft.tasks) {
    bool calls = false;
    for_each_statement(task, [&](const Statement& s, std::uint64_t) { calls = calls || concerns(s, region); });
    if (calls) callers.push_back(&task);
  }
  if (callers.empty()) return 1;
  const std::uint64_t most = borders(draft, region);
  // A forked task begins with whatever its parent had; several callers may interleave.
  if (callers.size() > 1 || callers[0]->starter != nobody) return most;
  Followed vmas(draft.regions[region]);
  const TaskDraft& caller = *callers[0];
  follow(caller.warm_up, 0, caller.warm_up.size(), region, vmas);
  for (std::uint64_t round = 0; round < std::min(passes, caller.rounds); ++round)
    follow(caller.body, 0, caller.body.size(), region, vmas);
  return vmas.given_up() ? most : std::min(most, vmas.most());
}

}  // namespace mmulab::workload
