// SPDX-License-Identifier: MIT
#include "models/sparc64/cross_call.h"

#include "models/mm/port.h"
#include "sim/events/stream.h"

namespace mmulab::sparc64 {
namespace {

const Label prepare{"xcall.prepare", "xcall_prepare"};
const Label dispatch_first{"xcall.dispatch", "xcall_send", Ordering::full};
const Label dispatch_next{"xcall.dispatch_next", "xcall_extra_target", Ordering::full};
const Label retry{"xcall.retry", "xcall_extra_target", Ordering::full};
const Label copy_entry{"xcall.copy_entry", "xcall_copy_entry"};
const Label poll{"xcall.poll_accepted", "xcall_poll"};
const Label wait_executed{"xcall.wait_executed", "xcall_poll"};
const Label wait_over{"xcall.all_executed", "xcall_poll"};
const Label trap{"xcall.trap", "xcall_receive", Ordering::atomic};
const Label done{"xcall.done", "xcall_done", Ordering::full};

constexpr std::uint64_t wait_flag = 1;
constexpr std::uint64_t copied_flag = 2;
constexpr std::uint64_t xcall_bit = std::uint64_t{1} << static_cast<unsigned>(Vector::xcall);

Event call_event(EventKind kind, CallKind call, CpuId peer) {
  Event event{kind};
  event.a = static_cast<std::uint64_t>(call);
  event.b = peer.raw();
  return event;
}
Event wait_event(EventKind kind, std::uint64_t cpus) {
  Event event{kind};
  event.a = cpus;
  return event;
}

}  // namespace

CrossCalls::CrossCalls(Machine machine, const KernelState& state, const Sparc64Params& params,
                       CallExecutor& executor)
    : ipi_(machine.ipi), state_(state), params_(params), executor_(executor) {
  const std::uint32_t cpus = state.limits().cpus;
  MMULAB_ASSERT(cpus <= CpuSet::words * 64, "cross calls reach 1024 cpus");
  slots_ = machine.world.allocate("sparc64.mondo", cpus, SlotFields::words, Coherence::internal);
  calls_ = machine.world.allocate("sparc64.call", cpus, 16, Coherence::memory);
  copies_ =
      machine.world.allocate("sparc64.posted", cpus, params.posted_entries * BatchEntry::words, Coherence::memory);
}

void CrossCalls::call(Context& ctx, CpuSet targets, const CallRequest& request) {
  targets.remove(ctx.cpu());
  const std::uint32_t cpus = state_.limits().cpus;
  const std::uint32_t count = targets.count(cpus);
  if (count == 0) return;
  const auto acks = finished(ctx.cpu());
  if (request.wait) ctx.step(prepare, writes(acks), [&](Access& a) { a.write(acks, std::uint64_t{0}); });
  bool first = true;
  std::uint32_t refused = 0;
  for (std::uint32_t c = 0; c < cpus; ++c) {
    if (!targets.has(CpuId{c})) continue;
    dispatch(ctx, CpuId{c}, request, first, refused);
    first = false;
    if (!params_.pipelined_dispatch) await_acceptance(ctx, CpuId{c}, request.kind);
  }
  for (std::uint32_t c = 0; params_.pipelined_dispatch && c < cpus; ++c)
    if (targets.has(CpuId{c})) await_acceptance(ctx, CpuId{c}, request.kind);
  if (!request.wait) return;
  ctx.step(wait_executed, Footprint{},
           [&](Access& a) { emit(a, wait_event(EventKind::remote_wait_begun, count)); });
  ctx.step_when(wait_over, reads(acks), [&](const Access& a) { return a.read(acks) == count; },
                [&](Access& a) { emit(a, wait_event(EventKind::remote_wait_ended, count)); });
}

void CrossCalls::dispatch(Context& ctx, CpuId target, const CallRequest& request, bool first,
                          std::uint32_t& refused) {
  const Footprint whole = writes_words(slots_.at(target.raw()), SlotFields::words);
  const auto state = slot<Slot>(target, SlotFields::state);
  const bool sent = ctx.step(first ? dispatch_first : dispatch_next, whole, [&](Access& a) {
    if (a.read(state) != Slot::free) return false;
    latch(a, target, request);
    return true;
  });
  if (!sent) {
    ctx.work(params_.nack_delay * ++refused);
    ctx.step_when(retry, whole, [&](const Access& a) { return a.read(state) == Slot::free; },
                  [&](Access& a) { latch(a, target, request); });
  }
  if (request.copied) copy_list(ctx, target, request);
  ipi_.send(ctx, target, Vector::xcall);
}

void CrossCalls::latch(Access& a, CpuId target, const CallRequest& r) const {
  const Location list = r.copied ? copies_.at(target.raw()) : r.list;
  a.write(slot<Slot>(target, SlotFields::state), Slot::sent);
  a.write(slot<CpuId>(target, SlotFields::sender), a.context().cpu());
  a.write(slot<CallKind>(target, SlotFields::kind), r.kind);
  a.write(slot<MmId>(target, SlotFields::mm), r.mm);
  a.write(slot<std::uint32_t>(target, SlotFields::context), r.context);
  a.write(slot<VirtPage>(target, SlotFields::first), r.first);
  a.write(slot<VirtPage>(target, SlotFields::end), r.end);
  a.write(slot<std::uint32_t>(target, SlotFields::list), list.raw());
  a.write(slot<std::uint32_t>(target, SlotFields::count), r.count);
  a.write(slot<std::uint64_t>(target, SlotFields::flags), (r.wait ? wait_flag : 0) | (r.copied ? copied_flag : 0));
  emit(a, call_event(EventKind::xcall_sent, r.kind, target));
}

CallRequest CrossCalls::unlatch(Access& a, CpuId cpu) const {
  CallRequest r;
  r.kind = a.read(slot<CallKind>(cpu, SlotFields::kind));
  r.mm = a.read(slot<MmId>(cpu, SlotFields::mm));
  r.context = a.read(slot<std::uint32_t>(cpu, SlotFields::context));
  r.first = a.read(slot<VirtPage>(cpu, SlotFields::first));
  r.end = a.read(slot<VirtPage>(cpu, SlotFields::end));
  r.list = Location{a.read(slot<std::uint32_t>(cpu, SlotFields::list))};
  r.count = a.read(slot<std::uint32_t>(cpu, SlotFields::count));
  const std::uint64_t flags = a.read(slot<std::uint64_t>(cpu, SlotFields::flags));
  r.wait = (flags & wait_flag) != 0;
  r.copied = (flags & copied_flag) != 0;
  return r;
}

void CrossCalls::copy_list(Context& ctx, CpuId target, const CallRequest& request) {
  MMULAB_ASSERT(request.count <= params_.posted_entries, "a posted list fits its copy");
  for (std::uint32_t n = 0; n < request.count; ++n) {
    const std::uint32_t offset = n * BatchEntry::words;
    const Cell<VirtPage> from{Location{request.list.raw() + offset}};
    const Cell<VirtPage> to = copies_.cell<VirtPage>(target.raw(), offset);
    ctx.step(copy_entry, reads(from).writes(to), [&](Access& a) { a.write(to, a.read(from)); });
  }
}

/// DISPATCH_STAT is polled until the target has latched the mondo (or already gone on with it).
void CrossCalls::await_acceptance(Context& ctx, CpuId target, CallKind kind) {
  const auto state = slot<Slot>(target, SlotFields::state);
  const auto sender = slot<CpuId>(target, SlotFields::sender);
  const auto wire = state_.cpu_wire(target);
  const auto on_the_way = [&](const Access& a) {
    return a.read(state) == Slot::sent && a.read(sender) == ctx.cpu();
  };
  Footprint footprint = writes(state).reads(sender);
  if (params_.accept_at_delivery) footprint.reads(wire);
  ctx.step_when(poll, footprint,
                [&](const Access& a) {
                  if (!on_the_way(a)) return true;
                  return params_.accept_at_delivery && (a.read(wire) & xcall_bit) == 0;
                },
                [&](Access& a) {
                  if (!on_the_way(a)) return;
                  a.write(state, Slot::accepted);
                  emit(a, call_event(EventKind::xcall_accepted, kind, target));
                });
}

void CrossCalls::receive(Context& ctx) {
  const CpuId self = ctx.cpu();
  const auto state = slot<Slot>(self, SlotFields::state);
  struct Mondo {
    bool present = false;
    CpuId sender;
    CallRequest request;
  };
  const Mondo mondo = ctx.step(trap, writes_words(slots_.at(self.raw()), SlotFields::words), [&](Access& a) {
    Mondo m;
    const Slot seen = a.read(state);
    if (seen != Slot::sent && seen != Slot::accepted) return m;
    m.present = true;
    m.sender = a.read(slot<CpuId>(self, SlotFields::sender));
    m.request = unlatch(a, self);
    if (seen == Slot::sent) emit(a, call_event(EventKind::xcall_accepted, m.request.kind, m.sender));
    // The registers are read: BUSY goes, unless the copy of a posted list must stay.
    a.write(state, m.request.copied ? Slot::executing : Slot::free);
    return m;
  });
  if (!mondo.present) return;
  executor_.execute(ctx, mondo.request);
  const auto acks = finished(mondo.sender);
  Footprint footprint;
  if (mondo.request.wait) footprint.writes(acks);
  if (mondo.request.copied) footprint.writes(state);
  ctx.step(done, footprint, [&](Access& a) {
    if (mondo.request.wait) a.write(acks, a.read(acks) + 1);
    if (mondo.request.copied) a.write(state, Slot::free);
    emit(a, call_event(EventKind::xcall_executed, mondo.request.kind, mondo.sender));
  });
}

}  // namespace mmulab::sparc64
