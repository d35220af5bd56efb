// SPDX-License-Identifier: MIT
#include "workloads/access_run.h"

#include <algorithm>

namespace mmulab::workload {
namespace {

/// So far ahead it is asked at first what is awaited: the answers hold until the next event only. Then twice as far.
constexpr std::size_t asked_ahead_min = 16;

}  // namespace

void AccessRun::run_ahead(Context& ctx, TimedHost& timed) {
  stream_ = ctx.events();
  cpu_ = ctx.cpu();
  mm_ = ctx.world().load(kernel_.state().task_mm(ctx.task()));
  buffer_.end = buffer_.next;
  timed.run_ahead(ctx, *this);
}

Cycle AccessRun::advance(Cycle now, Cycle horizon, bool& blocked) {
  while (supply()) {
    find_end();
    if (buffer_.next == buffer_.end) break;
    now = kernel_.port().access_privately(cpu_, mm_, buffer_, now, horizon);
    // Stopping short of the end is not being blocked: the host finds out on its next turn, when nothing moves.
    if (buffer_.next < buffer_.end) return now;
  }
  blocked = true;
  return now;
}

Cycle AccessRun::next_end(Cycle now) const { return kernel_.port().hit_end(cpu_, mm_, buffer_, now); }

/// Makes sure that the buffer holds an access; false if there is none left.
bool AccessRun::supply() {
  if (buffer_.next < filled_) return true;
  filled_ = refill(chunk_);
  buffer_.next = buffer_.end = 0;
  fetch_ = first_fetch(0);
  return filled_ != 0;
}

/// What lies before buffer_.end may be made without anybody's knowing.
void AccessRun::find_end() {
  if (fetch_ < buffer_.next) fetch_ = first_fetch(buffer_.next);
  if (stream_ == nullptr || !stream_->attended()) {
    buffer_.end = fetch_;
    return;
  }
  const bool holds = asked_at_ == stream_->published();
  if (holds && buffer_.next < buffer_.end) return;
  asked_ahead_ = holds ? 2 * asked_ahead_ : asked_ahead_min;
  asked_at_ = stream_->published();
  buffer_.end = first_awaited(buffer_.next, std::min(fetch_, buffer_.next + asked_ahead_));
}

std::size_t AccessRun::first_fetch(std::size_t from) const {
  while (from < filled_ && (chunk_[from] & AccessBuffer::fetch_bit) == 0) ++from;
  return from;
}

std::size_t AccessRun::first_awaited(std::size_t from, std::size_t end) const {
  const PageShift shift = kernel_.state().geometry().page_shift();
  VirtPage clear{~std::uint64_t{0}};
  for (; from < end; ++from) {
    const VirtPage page = page_of(AccessBuffer::address_of(chunk_[from]), shift);
    if (page == clear) continue;
    if (stream_->awaits(cpu_, mm_, page)) break;
    clear = page;
  }
  return from;
}

}  // namespace mmulab::workload
