// SPDX-License-Identifier: MIT
#include "sim/exec/store_buffers.h"

#include <algorithm>

namespace mmulab {

const char* name_of(MemoryModel model) {
  switch (model) {
    case MemoryModel::sc: return "sc";
    case MemoryModel::tso: return "tso";
    case MemoryModel::pso: return "pso";
  }
  return "?";
}

StoreBuffers::StoreBuffers(World& world, MemoryModel model, std::uint32_t cpus, std::uint32_t capacity)
    : world_(world),
      model_(model),
      capacity_(capacity),
      region_(world.allocate("store_buffer", cpus, 1 + capacity * World::DelayedStore::words, Coherence::internal)),
      delayed_words_(world.size_words(), false) {
  for (const World::RegionInfo& info : world.regions()) {
    if (info.coherence != Coherence::memory) continue;
    for (std::uint32_t w = 0; w < info.region.words(); ++w) delayed_words_[info.region.first().raw() + w] = true;
  }
}

void StoreBuffers::store(const Storer& by, Location at, std::uint64_t value) {
  if (!is_delayed(at)) return world_.store(at, value);
  // A step of more stores than the buffer holds has found it empty: its own oldest one leaves.
  if (count(by.cpu) == capacity_) {
    const Waiting oldest = waiting(by.cpu.raw() * capacity_);
    world_.store(oldest.at, oldest.value);
    drop(by.cpu, 0);
  }
  append(by.cpu,
         (std::uint64_t{at.raw()} + 1) | (by.releases ? releases : 0) | (by.in_interrupt ? in_interrupt : 0) |
             (std::uint64_t{by.task.raw()} + 1) << task_shift,
         value);
  look_as(by.cpu);
}

void StoreBuffers::append(CpuId cpu, std::uint64_t tag, std::uint64_t value) {
  const std::uint32_t n = count(cpu);
  world_.store(entry(cpu, n), tag);
  world_.store(Location{entry(cpu, n).raw() + World::DelayedStore::value}, value);
  world_.store(count_cell(cpu), std::uint64_t{n} + 1);
}

void StoreBuffers::drop(CpuId cpu, std::uint32_t n) {
  const std::uint32_t last = count(cpu) - 1;
  const Location end = entry(cpu, last);
  for (std::uint32_t at = entry(cpu, n).raw(); at < end.raw(); ++at)
    world_.store(Location{at}, world_.load(Location{at + World::DelayedStore::words}));
  for (std::uint32_t w = 0; w < World::DelayedStore::words; ++w)
    world_.store(Location{end.raw() + w}, std::uint64_t{0});
  world_.store(count_cell(cpu), std::uint64_t{last});
}

bool StoreBuffers::admits(CpuId cpu, const Op& op) const {
  if (!delays_) return true;
  switch (op.label->ordering()) {
    case Ordering::plain:
    case Ordering::release: return has_room(cpu, op);
    case Ordering::atomic: return model_ == MemoryModel::tso ? count(cpu) == 0 : holds_none_of(cpu, op);
    case Ordering::full: return count(cpu) == 0;
    case Ordering::fence: return model_ == MemoryModel::tso || count(cpu) < capacity_;
  }
  return true;
}

bool StoreBuffers::has_room(CpuId cpu, const Op& op) const {
  const std::uint32_t room = capacity_ - count(cpu);
  std::uint32_t stores = 0;
  for (const Touch& t : op.footprint) {
    if (!changes(t.use)) continue;
    for (std::uint32_t w = 0; w < t.words && stores < capacity_; ++w)
      if (is_delayed(Location{t.first.raw() + w})) ++stores;
  }
  return stores <= room;
}

bool StoreBuffers::holds_none_of(CpuId cpu, const Op& op) const {
  const std::uint32_t all = count(cpu);
  for (std::uint32_t n = 0; n < all; ++n) {
    const std::uint64_t place = tag(cpu, n) & World::DelayedStore::place;
    const auto stores_to = [&](const Touch& t) {
      return changes(t.use) && place != 0 && t.covers(Location{static_cast<std::uint32_t>(place - 1)});
    };
    if (std::any_of(op.footprint.begin(), op.footprint.end(), stores_to)) return false;
  }
  return true;
}

void StoreBuffers::begin(CpuId cpu, const Op& op) {
  if (op.label->ordering() != Ordering::fence || model_ == MemoryModel::tso) return;
  const std::uint32_t n = count(cpu);
  if (n != 0 && (tag(cpu, n - 1) & fence) == 0) append(cpu, fence, 0);
}

bool StoreBuffers::empty() const {
  for (std::uint32_t cpu = 0; cpu < region_.count(); ++cpu)
    if (count(CpuId{cpu}) != 0) return false;
  return true;
}

bool StoreBuffers::holds(CpuId cpu, Location at, std::uint32_t before) const {
  for (std::uint32_t n = 0; n < before; ++n)
    if ((tag(cpu, n) & World::DelayedStore::place) == std::uint64_t{at.raw()} + 1) return true;
  return false;
}

bool StoreBuffers::is_ready(CpuId cpu, std::uint32_t n) const {
  if (n == 0) return true;
  const std::uint64_t own = tag(cpu, n);
  if (model_ == MemoryModel::tso || (own & (fence | releases)) != 0) return false;
  for (std::uint32_t before = 0; before < n; ++before)
    if ((tag(cpu, before) & fence) != 0) return false;
  return !holds(cpu, Location{static_cast<std::uint32_t>(own & World::DelayedStore::place) - 1}, n);
}

void StoreBuffers::list_ready(std::vector<std::uint32_t>& units) const {
  for (std::uint32_t cpu = 0; cpu < region_.count(); ++cpu) {
    const std::uint32_t all = count(CpuId{cpu});
    for (std::uint32_t n = 0; n < all; ++n)
      if (is_ready(CpuId{cpu}, n)) units.push_back(cpu * capacity_ + n);
  }
}

StoreBuffers::Waiting StoreBuffers::waiting(std::uint32_t unit) const {
  const CpuId cpu = cpu_of(unit);
  const Location at = entry(cpu, unit % capacity_);
  const std::uint64_t tag = world_.load(at);
  Waiting w;
  w.at = Location{static_cast<std::uint32_t>(tag & World::DelayedStore::place) - 1};
  w.value = world_.load(Location{at.raw() + World::DelayedStore::value});
  w.by = {cpu, TaskId{(tag >> task_shift) - 1}, (tag & in_interrupt) != 0, (tag & releases) != 0};
  return w;
}

void StoreBuffers::remove(std::uint32_t unit) {
  const CpuId cpu = cpu_of(unit);
  drop(cpu, unit % capacity_);
  // A fence that nothing precedes any more has done its work.
  if (count(cpu) != 0 && (tag(cpu, 0) & fence) != 0) drop(cpu, 0);
}

}  // namespace mmulab
