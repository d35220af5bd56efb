// SPDX-License-Identifier: MIT
#include "workloads/meetings.h"

namespace mmulab::workload {
namespace {

const Label arrive{"workload.barrier_arrive", "test_flag", Ordering::full};
const Label wait_for{"workload.barrier_wait", "test_flag"};

enum : std::uint32_t { arrived_word, generation_word, words };

}  // namespace

std::uint32_t Meetings::add(std::uint32_t participants) {
  meetings_.push_back({participants, nullptr});
  return static_cast<std::uint32_t>(meetings_.size() - 1);
}

void Meetings::lay_out(World& world) {
  if (!meetings_.empty())
    words_ = world.allocate("workload.barrier", meetings_.size(), words, Coherence::internal);
}

void Meetings::set_on_complete(std::uint32_t meeting, std::function<void(const Access&)> complete) {
  meetings_[meeting].complete = std::move(complete);
}

void Meetings::meet(Context& ctx, std::uint32_t number) const {
  const Meeting& meeting = meetings_[number];
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

}  // namespace mmulab::workload
