// SPDX-License-Identifier: MIT
#include "workloads/access_stream.h"

#include <algorithm>

#include "workloads/access_run.h"

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

/// A stream whose next chunk follows from how many accesses there have been.
class StreamRun final : public AccessRun {
 public:
  StreamRun(const AccessStream& stream, std::uint64_t key, Kernel& kernel, std::uint64_t* chunk)
      : AccessRun(kernel, chunk), stream_(stream), key_(key) {}

 private:
  std::size_t refill(std::uint64_t* chunk) override {
    const std::uint64_t count = std::min(chunk_words, stream_.accesses() - made_up_);
    stream_.fill(key_, made_up_, count, chunk);
    made_up_ += count;
    return count;
  }
  const AccessStream& stream_;
  std::uint64_t key_;
  std::uint64_t made_up_ = 0;
};

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

void run_stream(Context& ctx, Kernel& kernel, const AccessStream& stream, std::uint64_t key,
                std::uint64_t* chunk) {
  if (dynamic_cast<TimedHost*>(&ctx.host()) != nullptr && stream.accesses() >= worth_running_ahead) {
    StreamRun(stream, key, kernel, chunk).perform(ctx, [](Outcome) {});
    return;
  }
  std::uint64_t word = 0;
  for (std::uint64_t n = 0; n < stream.accesses(); ++n) {
    ctx.learn(n);
    stream.fill(key, n, 1, &word);
    kernel.access(ctx, AccessBuffer::address_of(word), AccessBuffer::kind_of(word));
  }
}

}  // namespace mmulab::workload
