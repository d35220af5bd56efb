// SPDX-License-Identifier: MIT
#include "models/machine/smp_call.h"

#include "sim/events/stream.h"

namespace mmulab {

SmpCall::SmpCall(const Machine& machine, const KernelState& state, const char* name, const SmpCallLabels& labels)
    : machine_(machine), state_(state), labels_(labels) {
  const std::uint32_t cpus = state.limits().cpus;
  const std::string prefix = name;
  queues_ = machine.world.allocate(prefix + ".call_queue", cpus, 8, Coherence::memory);
  csds_ = machine.world.allocate(prefix + ".csd", std::uint64_t{cpus} * cpus, 8, Coherence::memory);
}

bool SmpCall::enqueue(Context& ctx, CpuId target, const Payload& payload) {
  const std::uint64_t csd = record(ctx.cpu(), target);
  const auto locked = field(csd, flags);
  ctx.step_when(
      labels_.lock, writes_words(csds_.at(csd), words), [&](const Access& a) { return a.read(locked) == 0; },
      [&](Access& a) {
        a.write(locked, std::uint64_t{1});
        for (std::uint32_t w = 0; w < payload_words; ++w) a.write(field(csd, first_of_payload + w), payload[w]);
      });
  const auto queue = head(target);
  const auto link = field(csd, next);
  return ctx.step(labels_.enqueue, writes(queue, link), [&](Access& a) {
    const std::uint64_t old = a.exchange(queue, std::uint64_t{ctx.cpu().raw()} + 1);
    a.write(link, old);
    return old == 0;
  });
}

void SmpCall::interrupt(Context& ctx, const CpuMask& targets, Vector vector) {
  for (std::uint32_t c = 0; c < state_.limits().cpus; ++c)
    if (targets.has(CpuId{c})) machine_.ipi.send(ctx, CpuId{c}, vector);
}

void SmpCall::await(Context& ctx, const CpuMask& targets) {
  std::uint32_t left = targets.count(state_.limits().cpus);
  ctx.step(labels_.wait_begin, Footprint{}, [&](Access& a) {
    Event event{EventKind::remote_wait_begun};
    event.a = left;
    emit(a, event);
  });
  for (std::uint32_t c = 0; c < state_.limits().cpus; ++c) {
    if (!targets.has(CpuId{c})) continue;
    const auto locked = field(record(ctx.cpu(), CpuId{c}), flags);
    --left;
    ctx.step_when(
        labels_.wait, reads(locked), [&](const Access& a) { return a.read(locked) == 0; },
        [&](Access& a) {
          if (left == 0) emit(a, Event{EventKind::remote_wait_ended});
        });
  }
}

std::uint64_t SmpCall::take_queue(Context& ctx) {
  const auto queue = head(ctx.cpu());
  return ctx.step(labels_.take_queue, writes(queue),
                  [&](Access& a) { return a.exchange(queue, std::uint64_t{0}); });
}

std::uint64_t SmpCall::read(Context& ctx, CpuId from, Payload& payload) {
  const std::uint64_t csd = record(from, ctx.cpu());
  return ctx.step(labels_.read, reads_words(field(csd, next).at, words - 1), [&](Access& a) {
    for (std::uint32_t w = 0; w < payload_words; ++w) payload[w] = a.keep(a.read(field(csd, first_of_payload + w)));
    return a.read(field(csd, next));
  });
}

void SmpCall::unlock(Context& ctx, CpuId from, Vector vector) {
  const auto locked = field(record(from, ctx.cpu()), flags);
  ctx.step(labels_.unlock, writes(locked), [&](Access& a) {
    a.write(locked, std::uint64_t{0});
    Event event{EventKind::ipi_handled};
    event.a = static_cast<std::uint64_t>(vector);
    event.b = from.raw();
    emit(a, event);
  });
}

}  // namespace mmulab
