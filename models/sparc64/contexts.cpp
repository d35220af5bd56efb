// SPDX-License-Identifier: MIT
#include "models/sparc64/contexts.h"

namespace mmulab::sparc64 {
namespace {

const Label allocate{"context.allocate", "context_alloc"};
const Label wrap{"context.new_version", "context_wrap"};
const Label give_back{"context.release", "context_alloc"};

std::uint64_t bit_of(std::uint32_t number) { return std::uint64_t{1} << (number % 64); }

void report_retired(Access& a, std::uint32_t number) {
  Event event{EventKind::tag_retired};
  event.tag = Tag{number};
  emit(a, event);
}

}  // namespace

Contexts::Contexts(World& world, const KernelState& state, const Locks& locks, unsigned bits)
    : state_(state), locks_(locks), numbers_(1U << bits) {
  MMULAB_ASSERT(bits >= 2 && bits <= 13, "contexts have 2 to 13 bits");
  MMULAB_ASSERT(numbers_ - first_number >= state.limits().cpus, "every cpu needs a context number after a wrap");
  words_ = world.allocate("sparc64.contexts", 1, Fields::bitmap + bitmap_words(), Coherence::memory);
  world.store(version(), std::uint64_t{1});
  world.store(last(), std::uint64_t{first_number - 1});
  world.store(bitmap(0), std::uint64_t{3});
}

std::uint32_t Contexts::find_free(const World& world) const {
  const auto after = static_cast<std::uint32_t>(world.load(last())) + 1;
  for (std::uint32_t n = after; n < numbers_; ++n)
    if ((world.load(bitmap(n)) & bit_of(n)) == 0) return n;
  for (std::uint32_t n = first_number; n < after; ++n)
    if ((world.load(bitmap(n)) & bit_of(n)) == 0) return n;
  return 0;
}

void Contexts::begin_version(Context& ctx) {
  ctx.step(wrap, writes(version(), last()).writes_words(bitmap(0).at, bitmap_words()), [&](Access& a) {
    a.write(version(), a.read(version()) + 1);
    a.write(last(), std::uint64_t{first_number - 1});
    for (std::uint32_t n = first_number; n < numbers_; ++n)
      if ((a.read(bitmap(n)) & bit_of(n)) != 0) report_retired(a, n);
    for (std::uint32_t n = 0; n < numbers_; n += 64) a.write(bitmap(n), std::uint64_t{n == 0 ? 3U : 0U});
  });
}

ContextValue Contexts::take_new(Context& ctx, MmId mm, bool& wrapped) {
  locks_.spin_lock(ctx, lock(), LockClass::context_alloc);
  // Under the lock nobody else changes the bitmap, so that a look ahead of the step is allowed.
  std::uint32_t number = find_free(ctx.world());
  wrapped = number == 0;
  if (wrapped) {
    begin_version(ctx);
    number = find_free(ctx.world());
  }
  const auto word = bitmap(number);
  const ContextValue context =
      ctx.step(allocate, writes(word, last()).writes(of(mm)).reads(version()), [&](Access& a) {
        a.write(word, a.read(word) | bit_of(number));
        a.write(last(), std::uint64_t{number});
        a.write(of(mm), ContextValue{a.read(version()), number});
        return a.read(of(mm));
      });
  locks_.spin_unlock(ctx, lock(), LockClass::context_alloc);
  return context;
}

void Contexts::release(Context& ctx, MmId mm) {
  locks_.spin_lock_irq(ctx, lock(), LockClass::context_alloc);
  const std::uint32_t number = ctx.world().load(of(mm)).number();
  const auto word = bitmap(number);
  ctx.step(give_back, writes(word).writes(of(mm)).reads(version()), [&](Access& a) {
    const ContextValue old = a.exchange(of(mm), ContextValue{});
    if (!valid(a, old)) return;
    a.write(word, a.read(word) & ~bit_of(number));
    report_retired(a, number);
  });
  locks_.spin_unlock_irq(ctx, lock(), LockClass::context_alloc);
}

}  // namespace mmulab::sparc64
