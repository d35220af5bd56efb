// SPDX-License-Identifier: MIT
// Cross calls: a mondo interrupt carries a request to another cpu. Three states, each observable: sent, accepted
// (the target's interrupt-receive register has latched it; the sender's dispatch is over), executed. Source: Linux
// 2.6.22 arch/sparc64/kernel/smp.c (spitfire_xcall_helper, cheetah_xcall_deliver, smp_call_function); hardware.md
// 3.5; modelling.md 1.8. A target has room for one mondo; while that is busy another sender gets a NACK and tries
// again after nack_delay times the number of targets that refused it. Left out: further retries are not quantised
// (the sender goes on as soon as the target is free), the 32 busy/nack pairs of Cheetah, dispatch timeouts. Cost:
// xcall_send for the first target, xcall_extra_target for the others, ipi_send and the fabric's way to each;
// xcall_poll; at the target irq_entry, xcall_receive, xcall_done, irq_exit.
#pragma once

#include <array>

#include "models/machine/machine.h"
#include "models/sparc64/params.h"

namespace mmulab::sparc64 {

/// A set of cpus, as it lies on a kernel stack.
class CpuSet {
 public:
  static constexpr std::uint32_t words = 16;
  [[nodiscard]] bool has(CpuId cpu) const { return (bits_[cpu.raw() / 64] >> (cpu.raw() % 64) & 1) != 0; }
  void add(CpuId cpu) { bits_[cpu.raw() / 64] |= std::uint64_t{1} << (cpu.raw() % 64); }
  void remove(CpuId cpu) { bits_[cpu.raw() / 64] &= ~(std::uint64_t{1} << (cpu.raw() % 64)); }
  void set_word(std::uint32_t n, std::uint64_t bits) { bits_[n] = bits; }
  [[nodiscard]] std::uint32_t count(std::uint32_t cpus) const {
    std::uint32_t n = 0;
    for (std::uint32_t c = 0; c < cpus; ++c) n += has(CpuId{c}) ? 1U : 0U;
    return n;
  }

 private:
  std::array<std::uint64_t, words> bits_{};
};

enum class CallKind : std::uint8_t { flush_pages, flush_range, flush_context, new_context, tsb_sync };

struct CallRequest {
  CallKind kind = CallKind::flush_pages;
  MmId mm;
  std::uint32_t context = 0;
  /// flush_range: [first, end). flush_pages with a count of 1 and no list: first.
  VirtPage first;
  VirtPage end;
  /// flush_pages: `count` BatchEntry records here, read by the target when it executes.
  Location list;
  std::uint32_t count = 0;
  /// The list is copied to the target first: its owner may use it for other things at once.
  bool copied = false;
  /// The sender waits until every target has executed the call.
  bool wait = false;
};

/// What a target does with a request.
class CallExecutor {
 public:
  virtual ~CallExecutor() = default;
  virtual void execute(Context& ctx, const CallRequest& request) = 0;
};

class CrossCalls {
 public:
  CrossCalls(Machine machine, const KernelState& state, const Sparc64Params& params, CallExecutor& executor);
  CrossCalls(const CrossCalls&) = delete;
  CrossCalls& operator=(const CrossCalls&) = delete;

  /// Sends `request` to every target but this cpu; preemption off. Returns when all have accepted, or executed.
  void call(Context& ctx, CpuSet targets, const CallRequest& request);
  /// Vector::xcall.
  void receive(Context& ctx);

 private:
  enum class Slot : std::uint8_t { free, sent, accepted, executing };
  struct SlotFields {
    enum : std::uint32_t { state, sender, kind, mm, context, first, end, list, count, flags, words };
  };
  template <class T>
  [[nodiscard]] Cell<T> slot(CpuId cpu, std::uint32_t field) const { return slots_.cell<T>(cpu.raw(), field); }
  [[nodiscard]] Cell<std::uint64_t> finished(CpuId cpu) const { return calls_.cell<std::uint64_t>(cpu.raw()); }
  void dispatch(Context& ctx, CpuId target, const CallRequest& request, bool first, std::uint32_t& refused);
  void await_acceptance(Context& ctx, CpuId target, CallKind kind);
  void copy_list(Context& ctx, CpuId target, const CallRequest& request);
  void latch(Access& a, CpuId target, const CallRequest& request) const;
  [[nodiscard]] CallRequest unlatch(Access& a, CpuId cpu) const;

  IpiSender& ipi_;
  const KernelState& state_;
  const Sparc64Params& params_;
  CallExecutor& executor_;
  Region slots_;   ///< a mondo's registers, one set a target
  Region calls_;   ///< smp_call_function's call_data.finished, one a sender
  Region copies_;  ///< posted lists, one a target
};

}  // namespace mmulab::sparc64
