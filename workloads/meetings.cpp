// SPDX-License-Identifier: MIT
#include "workloads/meetings.h"

#include <algorithm>

namespace mmulab::workload {
namespace {

const Label arrive{"workload.barrier_arrive", "test_flag", Ordering::full};
const Label wait_for{"workload.barrier_wait", "test_flag"};

const Label complete_shared{"workload.barrier_complete", "test_flag", Ordering::full};

enum : std::uint32_t { arrived_word, generation_word, words };
// Behind them, where cpus are shared: whether each participant sleeps.

}  // namespace

std::uint32_t Meetings::add(std::uint32_t participants) {
  meetings_.push_back({participants, nullptr});
  return static_cast<std::uint32_t>(meetings_.size() - 1);
}

std::uint32_t Meetings::add_shared(std::vector<Participant> participants, std::uint32_t first_queue) {
  const std::uint32_t number = add(static_cast<std::uint32_t>(participants.size()));
  meetings_.back().shared = std::move(participants);
  meetings_.back().first_queue = first_queue;
  return number;
}

std::uint32_t Meetings::Meeting::place_of(TaskId task) const {
  const auto found = std::find_if(shared.begin(), shared.end(), [&](const Participant& p) { return p.task == task; });
  return static_cast<std::uint32_t>(found - shared.begin());
}

std::uint64_t Meetings::Meeting::on(CpuId cpu) const {
  return static_cast<std::uint64_t>(
      std::count_if(shared.begin(), shared.end(), [&](const Participant& p) { return p.cpu == cpu; }));
}

void Meetings::lay_out(World& world) {
  std::size_t most = 0;
  for (const Meeting& meeting : meetings_) most = std::max(most, meeting.shared.size());
  if (!meetings_.empty())
    words_ = world.allocate("workload.barrier", meetings_.size(), words + static_cast<std::uint32_t>(most),
                            Coherence::internal);
}

void Meetings::set_on_complete(std::uint32_t meeting, std::function<void(const Access&)> complete) {
  meetings_[meeting].complete = std::move(complete);
}

void Meetings::meet(Context& ctx, Kernel& kernel, std::uint32_t number) const {
  const Meeting& meeting = meetings_[number];
  if (!meeting.shared.empty()) return meet_shared(ctx, kernel, meeting, number);
  const auto arrived = words_.cell<std::uint64_t>(number, arrived_word);
  const auto generation = words_.cell<std::uint64_t>(number, generation_word);
  const std::uint64_t mine = ctx.step(arrive, writes(arrived, generation), [&](Access& a) {
    const std::uint64_t present = a.read(generation);
    if (a.add(arrived, std::uint64_t{1}) == meeting.participants) {
      a.write(arrived, std::uint64_t{0});
      a.write(generation, present + 1);
      if (meeting.complete) meeting.complete(a);
    }
    return present;
  });
  ctx.step_when(
      wait_for, reads(generation), [&](const Access& a) { return a.read(generation) != mine; }, [](Access&) {});
}

Meetings::Arrival Meetings::come(Context& ctx, const Meeting& meeting, std::uint32_t number) const {
  const auto arrived = words_.cell<std::uint64_t>(number, arrived_word);
  const std::uint32_t me = meeting.place_of(ctx.task());
  const Location first = words_.cell<bool>(number, words).at;
  Footprint footprint = writes(arrived);
  footprint.writes_words(first, meeting.participants);
  return ctx.step(arrive, footprint, [&](Access& a) {
    if (a.add(arrived, std::uint64_t{1}) == meeting.participants) return Arrival::last;
    std::uint64_t sleepers = 0;
    for (std::uint32_t n = 0; n < meeting.participants; ++n)
      if (meeting.shared[n].cpu == ctx.cpu() && a.read(words_.cell<bool>(number, words + n))) ++sleepers;
    if (sleepers + 1 == meeting.on(ctx.cpu())) return Arrival::last_here;
    a.write(words_.cell<bool>(number, words + me), true);
    return Arrival::before_others_here;
  });
}

void Meetings::meet_shared(Context& ctx, Kernel& kernel, const Meeting& meeting, std::uint32_t number) const {
  const Conclusion nothing(ctx);
  const auto generation = words_.cell<std::uint64_t>(number, generation_word);
  const Arrival arrival = come(ctx, meeting, number);
  if (arrival == Arrival::before_others_here)
    kernel.sleep_at(ctx, meeting.first_queue + meeting.place_of(ctx.task()));
  if (arrival == Arrival::last) {
    // All have come, so nobody changes these words any more.
    for (std::uint32_t n = 0; n < meeting.participants; ++n)
      if (ctx.world().load(words_.cell<bool>(number, words + n))) kernel.wake_at(ctx, meeting.first_queue + n);
    ctx.step(complete_shared, writes(generation), [&](Access& a) {
      a.write(generation, std::uint64_t{1});
      if (meeting.complete) meeting.complete(a);
    });
    return;
  }
  ctx.step_when(
      wait_for, reads(generation), [&](const Access& a) { return a.read(generation) != 0; }, [](Access&) {});
}

}  // namespace mmulab::workload
