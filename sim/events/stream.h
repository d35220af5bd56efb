// SPDX-License-Identifier: MIT
// The ordered event stream. Events come from ordered steps only (run-ahead emits none), so they are handed on at once
// and every observer sees the same (cycle, agent) order in every mode.
#pragma once

#include <algorithm>
#include <vector>

#include "sim/events/event.h"
#include "sim/exec/context.h"

namespace mmulab {

class EventObserver {
 public:
  virtual ~EventObserver() = default;
  virtual void on_event(const Event& event) = 0;
};

/// One copy of a translation in some core's hardware, as a census finds it.
struct TranslationCopy {
  CoreId core;
  MmId mm;
  VirtPage page;
  Frame frame;
  Tag tag;
  std::uint64_t rights = 0;  ///< 1 write, 2 exec, 4 can store without another look
  Location at{};             ///< the array that holds it; none if it is one that may be (a may-set's)
};

/// An entry of some core's walk cache that leads to a page table, as a census finds it.
struct WalkCacheCopy {
  CoreId core;
  MmId mm;
  Tag tag;
};

/// Knows every copy of a translation in every core. Run-ahead emits no events, so whoever needs to know what was filled
/// before it began to look asks for a census.
class CopySource {
 public:
  virtual ~CopySource() = default;
  virtual void list_copies(MmId mm, VirtPage page, std::vector<TranslationCopy>& copies) const = 0;
  /// Nothing to list where no hardware walks page tables.
  virtual void list_walk_copies(TableId, std::vector<WalkCacheCopy>&) const {}
};

/// Waits for certain accesses: they are made in order and reported. All others may run ahead in silence.
class AccessWatcher {
 public:
  virtual ~AccessWatcher() = default;
  /// Could an access to `page` by `cpu`, which runs `mm`, tell anything? The answer holds until the next event.
  [[nodiscard]] virtual bool awaits(CpuId cpu, MmId mm, VirtPage page) const = 0;
};

class EventStream {
 public:
  void set_copy_source(const CopySource* source) { copy_source_ = source; }
  [[nodiscard]] bool has_copy_source() const { return copy_source_ != nullptr; }
  /// The copies of `page` of `mm` that exist now, on all cores.
  void census(MmId mm, VirtPage page, std::vector<TranslationCopy>& copies) const {
    copies.clear();
    if (copy_source_ != nullptr) copy_source_->list_copies(mm, page, copies);
  }
  /// The walk-cache entries that lead to `table` now, on all cores.
  void walk_census(TableId table, std::vector<WalkCacheCopy>& copies) const {
    copies.clear();
    if (copy_source_ != nullptr) copy_source_->list_walk_copies(table, copies);
  }
  /// While nobody attends, no access is awaited.
  void attend(const AccessWatcher& watcher) { watchers_.push_back(&watcher); }
  void relax(const AccessWatcher& watcher) {
    watchers_.erase(std::remove(watchers_.begin(), watchers_.end(), &watcher), watchers_.end());
  }
  [[nodiscard]] bool attended() const { return !watchers_.empty(); }
  [[nodiscard]] bool awaits(CpuId cpu, MmId mm, VirtPage page) const {
    return std::any_of(watchers_.begin(), watchers_.end(),
                       [&](const AccessWatcher* watcher) { return watcher->awaits(cpu, mm, page); });
  }
  /// How many events there have been.
  [[nodiscard]] std::uint64_t published() const { return published_; }

  void subscribe(EventObserver& observer) { observers_.push_back(&observer); }
  [[nodiscard]] bool watched() const { return !observers_.empty(); }
  void publish(const Event& event) {
    ++published_;
    for (EventObserver* observer : observers_) observer->on_event(event);
  }

 private:
  std::vector<EventObserver*> observers_;
  const CopySource* copy_source_ = nullptr;
  std::vector<const AccessWatcher*> watchers_;
  std::uint64_t published_ = 0;
};

/// Publishes `event` as part of the step that `access` belongs to, with its cycle, cpu, agent and task filled in.
inline void emit(const Access& access, Event event) {
  Context& context = access.context();
  if (context.events() == nullptr) return;
  event.cycle = context.now();
  event.cpu = context.cpu();
  event.agent = AgentId{context.cpu().raw()};
  event.task = context.task();
  context.events()->publish(event);
}

}  // namespace mmulab
