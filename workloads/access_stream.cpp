// SPDX-License-Identifier: MIT
#include "workloads/access_stream.h"

#include <algorithm>

namespace mmulab::workload {
namespace {

constexpr std::uint64_t touch_stride = 64;
/// Below this many accesses the fiber makes them all.
constexpr std::uint64_t worth_running_ahead = 2;

/// `choose()` names the next visit's page; `store_bit(n)` is set in the n-th access if it stores.
template <class Choose, class StoreBit>
void fill_each(const AccessStream& s, std::uint64_t from, std::uint64_t count, std::uint64_t* words, Choose choose,
               StoreBit store_bit) {
  const std::uint64_t first = s.first.raw();
  const unsigned shift = s.shift.raw();
  const std::uint64_t within = s.shift.bytes().raw() - 1;
  const std::uint64_t start = s.within.raw();
  std::uint64_t touch = from % s.touches;
  for (std::uint64_t i = 0; i < count; touch = 0) {
    const std::uint64_t page = (first + choose()) << shift;
    for (; touch < s.touches && i < count; ++touch, ++i)
      words[i] = page | ((start + touch * touch_stride) & within) | store_bit(from + i);
  }
}

template <class Choose>
void fill_chosen(const AccessStream& s, std::uint64_t key, std::uint64_t from, std::uint64_t count,
                 std::uint64_t* words, Choose choose) {
  constexpr std::uint64_t store = AccessBuffer::store_bit;
  const auto none = [](std::uint64_t) { return std::uint64_t{0}; };
  const auto all = [](std::uint64_t) { return AccessBuffer::store_bit; };
  if (s.store_percent == 0) return fill_each(s, from, count, words, choose, none);
  if (s.store_percent >= 100) return fill_each(s, from, count, words, choose, all);
  const std::uint64_t share = (std::uint64_t{s.store_percent} << 32) / 100;
  const std::uint64_t store_key = derive(key, 1);
  fill_each(s, from, count, words, choose,
            [=](std::uint64_t n) { return draw(store_key, n) >> 32 < share ? store : std::uint64_t{0}; });
}

VirtAddr address_of(std::uint64_t word) { return VirtAddr{word & ~AccessBuffer::store_bit}; }
AccessKind kind_of(std::uint64_t word) {
  return (word & AccessBuffer::store_bit) != 0 ? AccessKind::store : AccessKind::load;
}

}  // namespace

void AccessStream::fill(std::uint64_t key, std::uint64_t from, std::uint64_t count, std::uint64_t* words) const {
  const PageOrder& pages = *order;
  std::uint64_t visit = from / touches;
  if (pages.pattern() == Pattern::uniform || pages.pattern() == Pattern::zipf) {
    fill_chosen(*this, key, from, count, words, [&] { return pages.of_random(draw(key, visit++)); });
    return;
  }
  std::uint64_t turn = visit % pages.pages();
  fill_chosen(*this, key, from, count, words, [&] {
    const std::uint64_t page = pages.of_turn(turn);
    if (++turn == pages.pages()) turn = 0;
    return page;
  });
}

StreamRun::StreamRun(const AccessStream& stream, std::uint64_t key, Port& port, std::uint64_t* chunk)
    : stream_(stream), key_(key), port_(port), chunk_(chunk) {
  buffer_.addresses = chunk_;
}

/// Makes sure that the buffer holds an access; false if there is none left.
bool StreamRun::supply() {
  if (buffer_.next < buffer_.end) return true;
  const std::uint64_t count = std::min(chunk_words, stream_.accesses() - made_up_);
  if (count == 0) return false;
  stream_.fill(key_, made_up_, count, chunk_);
  made_up_ += count;
  buffer_.next = 0;
  buffer_.end = count;
  return true;
}

bool StreamRun::take(std::uint64_t& word) {
  if (!supply()) return false;
  word = buffer_.addresses[buffer_.next++];
  return true;
}

Cycle StreamRun::advance(Cycle now, Cycle horizon, bool& blocked) {
  // Stopping short of the end is not being blocked: the host finds out on its next turn, when nothing moves.
  while (supply()) {
    now = port_.access_privately(cpu_, mm_, buffer_, now, horizon);
    if (buffer_.next < buffer_.end) return now;
  }
  blocked = true;
  return now;
}

void run_stream(Context& ctx, Kernel& kernel, const AccessStream& stream, std::uint64_t key,
                std::uint64_t* chunk) {
  auto* timed = dynamic_cast<TimedHost*>(&ctx.host());
  std::uint64_t word = 0;
  if (timed == nullptr || stream.accesses() < worth_running_ahead) {
    for (std::uint64_t n = 0; n < stream.accesses(); ++n) {
      ctx.learn(n);
      stream.fill(key, n, 1, &word);
      kernel.access(ctx, address_of(word), kind_of(word));
    }
    return;
  }
  StreamRun run(stream, key, kernel.port(), chunk);
  // The fiber makes the first access, because local work may be pending before it.
  while (run.take(word)) {
    kernel.access(ctx, address_of(word), kind_of(word));
    if (!timed->may_run_ahead()) continue;
    run.place(ctx.cpu(), ctx.world().load(kernel.state().task_mm(ctx.task())));
    timed->run_ahead(ctx, run);
  }
}

}  // namespace mmulab::workload
