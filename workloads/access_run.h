// SPDX-License-Identifier: MIT
// A core's supply of user accesses, chunk by chunk, and what becomes of each: where the timed host lets a core run
// ahead, stretches of it go straight to the port and need no fiber. Left to the fiber are accesses that are not
// private to the core, those that somebody awaits (sim/events/stream.h), and fetches, for which ports keep no code of
// their own. The result is that of calling Kernel::access for each.
#pragma once

#include "models/mm/kernel.h"
#include "sim/timed/timed_host.h"

namespace mmulab::workload {

class AccessRun : public PrivateRun {
 public:
  static constexpr std::uint64_t chunk_words = 4096;

  /// `chunk` has room for chunk_words, or for all accesses if they are fewer.
  AccessRun(Kernel& kernel, std::uint64_t* chunk) : kernel_(kernel), chunk_(chunk) { buffer_.addresses = chunk; }
  /// Makes every access as the context's task; `made(outcome)` is told of those that the fiber makes.
  template <class Made>
  void perform(Context& ctx, Made made) {
    auto* timed = dynamic_cast<TimedHost*>(&ctx.host());
    // The fiber makes the first access, because local work may be pending before it.
    while (supply()) {
      const std::uint64_t word = chunk_[buffer_.next++];
      made(kernel_.access(ctx, AccessBuffer::address_of(word), AccessBuffer::kind_of(word)));
      if (timed != nullptr && timed->may_run_ahead()) run_ahead(ctx, *timed);
    }
  }
  Cycle advance(Cycle now, Cycle horizon, bool& blocked) override;
  [[nodiscard]] Cycle next_end(Cycle now) const override;

 private:
  /// The next accesses; 0 if there are none left. As many as fit, words as in AccessBuffer.
  virtual std::size_t refill(std::uint64_t* chunk) = 0;
  void run_ahead(Context& ctx, TimedHost& timed);
  bool supply();
  void find_end();
  [[nodiscard]] std::size_t first_fetch(std::size_t from) const;
  [[nodiscard]] std::size_t first_awaited(std::size_t from, std::size_t end) const;

  Kernel& kernel_;
  std::uint64_t* chunk_;
  AccessBuffer buffer_;
  std::size_t filled_ = 0;
  std::size_t fetch_ = 0;  ///< the first one at or after buffer_.next, or filled_
  const EventStream* stream_ = nullptr;
  std::uint64_t asked_at_ = 0;  ///< when it was last asked what is awaited
  std::size_t asked_ahead_ = 0;
  CpuId cpu_;
  MmId mm_;
};

}  // namespace mmulab::workload
