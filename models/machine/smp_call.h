// SPDX-License-Identifier: MIT
// kernel/smp.c: smp_call_function_many_cond, flush_smp_call_function_queue, csd_lock. One call_single_data for each
// pair of cpus, {flags, next, payload} in a line of its own; a queue a target, of which only the first entry costs an
// interrupt. A sender that does not wait leaves its call locked until the target has run it. The newest call is served
// first (the kernel reverses the list). Labels and prices are the port's. Left out: calls of one cpu by name,
// irq_work, the timeout. Cost: labels.lock + labels.enqueue a target and an ipi_send for each queue that was empty;
// the target's labels.take_queue, labels.read, what the call does, labels.unlock; labels.wait an answer.
#pragma once

#include <array>

#include "models/machine/cpu_mask.h"
#include "models/machine/machine.h"

namespace mmulab {

struct SmpCallLabels {
  const Label& lock;
  const Label& enqueue;
  const Label& wait_begin;
  const Label& wait;
  const Label& take_queue;
  const Label& read;
  const Label& unlock;
};

class SmpCall {
 public:
  static constexpr std::uint32_t payload_words = 5;
  using Payload = std::array<std::uint64_t, payload_words>;

  /// `name` prefixes the regions.
  SmpCall(const Machine& machine, const KernelState& state, const char* name, const SmpCallLabels& labels);

  /// csd_lock and llist_add. True if the target's queue was empty, so that nobody has interrupted it yet.
  [[nodiscard]] bool enqueue(Context& ctx, CpuId target, const Payload& payload);
  /// An IPI of `vector` to each.
  void interrupt(Context& ctx, const CpuMask& targets, Vector vector);
  /// Until all of them have run this cpu's call.
  void await(Context& ctx, const CpuMask& targets);
  /// The handler of `vector`: function(ctx, sender, payload) for each call queued here.
  template <class Function>
  void receive(Context& ctx, Vector vector, const Function& function) {
    std::uint64_t sender = take_queue(ctx);
    while (sender != 0) {
      const CpuId from{sender - 1};
      Payload payload{};
      sender = read(ctx, from, payload);
      function(ctx, from, payload);
      unlock(ctx, from, vector);
    }
  }

 private:
  enum Field : std::uint32_t { flags, next, first_of_payload, words = first_of_payload + payload_words };
  [[nodiscard]] std::uint64_t record(CpuId sender, CpuId target) const {
    return std::uint64_t{sender.raw()} * state_.limits().cpus + target.raw();
  }
  [[nodiscard]] Cell<std::uint64_t> field(std::uint64_t record, std::uint32_t field) const {
    return csds_.cell<std::uint64_t>(record, field);
  }
  [[nodiscard]] Cell<std::uint64_t> head(CpuId cpu) const { return queues_.cell<std::uint64_t>(cpu.raw()); }
  [[nodiscard]] std::uint64_t take_queue(Context& ctx);
  std::uint64_t read(Context& ctx, CpuId from, Payload& payload);
  void unlock(Context& ctx, CpuId from, Vector vector);

  const Machine& machine_;
  const KernelState& state_;
  const SmpCallLabels& labels_;
  Region queues_;
  Region csds_;
};

}  // namespace mmulab
