// SPDX-License-Identifier: MIT
// How a cursor goes back: over the World's journal, the images of stacks and the observers' copies, or from the start;
// and how it leaps to a state that it has kept a copy of.
#include <algorithm>
#include <utility>

#include "sim/explore/cursor.h"

namespace mmulab {

/// What several steps have changed is put back once, to what it was before the first of them.
void Cursor::take_back_to(std::size_t depth) {
  if (depth == path_.size()) return;
  if (options_.rewind == Rewind::restart) {
    if (coverage_ != nullptr) coverage_->take_back();
    start_anew(std::vector<Move>(path_.begin(), path_.begin() + static_cast<std::ptrdiff_t>(depth)));
    return;
  }
  const std::size_t first = frames_.size() - (path_.size() - depth);
  key_.reset();
  put_fibers_back(frames_[first].fibers);
  put_observers_back(first);
  for (std::size_t n = frames_.size(); n > first; --n) {
    const Frame& frame = frames_[n - 1];
    if (coverage_ != nullptr) coverage_->take_back();
    if (frame.cpu.exists()) {
      host_.restore(frame.cpu, frame.cpu_state);
      reduction_.forget_obstacle(frame.cpu);
    }
    if (frame.tally != 0) reduction_.forget_tally(frame.who, frame.tallied, frame.tally);
    if (frame.point != Futures::nowhere) reduction_.set_point(frame.who, frame.point);
  }
  const Frame& frame = frames_[first];
  system_.world().undo_to(frame.mark);
  symmetry_.return_to(first);
  stack_bytes_ = frame.bytes;
  host_.set_steps(frame.steps);
  observed_ = frame.observed;
  observed_known_ = frame.observed_known;
  at_end_ = frame.at_end;
  final_ = frame.final;
  frames_.resize(first);
  path_.resize(depth);
}

void Cursor::put_fibers_back(std::size_t first) {
  ran_.clear();
  for (std::size_t n = first; n < saved_.size(); ++n) {
    const SavedFiber& saved = saved_[n];
    if (std::find(ran_.begin(), ran_.end(), saved.context) != ran_.end()) continue;
    ran_.push_back(saved.context);
    saved.context->fiber().restore(saved.image, stacks_.data() + saved.bytes_at);
    saved.context->set_cpu(saved.cpu);
    saved.context->history() = saved.history;
    saved.context->set_in_interrupt(saved.in_interrupt);
    saved.context->set_progress(saved.progress);
  }
  saved_.resize(first);
}

/// Each to what it was before the first step from there on that has told it something.
void Cursor::put_observers_back(std::size_t first) {
  std::bitset<Checker::observers_max> put_back;
  for (std::size_t n = first; n < frames_.size(); ++n) {
    Frame& frame = frames_[n];
    if (!frame.emitted) continue;
    if (frame.observers == nullptr) {
      copies_->put_observers_back(base_);
      put_back.set();
      continue;
    }
    system_.checker().restore_but(put_back, *frame.observers);
    frame.observers->held.reset();
    spare_.push_back(std::move(frame.observers));
  }
}

void Cursor::pop_to(std::size_t level) {
  violations_.clear();
  if (level >= moves_.size()) return;
  if (options_.rewind == Rewind::restart) return restart_at(level);
  take_back_to(begins_[level]);
  moves_.resize(level);
  begins_.resize(level);
}

/// The steps from the start, after a restart of the system.
void Cursor::start_anew(const std::vector<Move>& steps) {
  frames_.clear();
  path_.clear();
  if (coverage_ != nullptr) coverage_->jump();
  system_.restart();
  start();
  at_end_ = false;
  final_.reset();
  observed_known_ = false;
  for (const Move& move : steps) step(move);
}

void Cursor::restart_at(std::size_t level) {
  const std::vector<Move> moves(moves_.begin(), moves_.begin() + static_cast<std::ptrdiff_t>(level));
  const std::vector<Move> first(path_.begin(), path_.begin() + static_cast<std::ptrdiff_t>(first_));
  moves_.clear();
  begins_.clear();
  start_anew(first);
  for (const Move& move : moves) push(move);
}

void Cursor::begin_again() {
  if (options_.rewind == Rewind::images) {
    pop_to(0);
    take_back_to(0);
  } else {
    moves_.clear();
    begins_.clear();
    start_anew({});
  }
  if (options_.reduces) {
    reduction_.begin_again();
    enlist();
  }
  run_first();
}

void Cursor::move_to(const std::vector<Move>& moves) {
  std::size_t common = 0;
  while (common < moves.size() && common < moves_.size() && moves[common] == moves_[common]) ++common;
  pop_to(common);
  for (std::size_t i = common; i < moves.size(); ++i) push(moves[i]);
}

Copies::Id Cursor::keep() {
  MMULAB_ASSERT(can_leap(), "states can be kept where they can be put back");
  observe();
  ran_.clear();
  for (const SavedFiber& saved : saved_) ran_.push_back(saved.context);
  if (copies_ == nullptr) copies_ = std::make_unique<Copies>(system_);
  const Copies::Id kept = copies_->keep(base_, ran_, {level(), observed_, final_, at_end_});
  if (base_ == Copies::none) {
    MMULAB_ASSERT(frames_.empty(), "the first copy is one of the start");
    copies_->share(base_ = kept);
  }
  return kept;
}

void Cursor::leap(Copies::Id to, std::size_t common, const std::vector<Move>& further) {
  MMULAB_ASSERT(frames_.empty(), "a leap goes from one copied state to another");
  copies_->put_back(base_, to);
  copies_->share(to);
  copies_->drop(base_);
  base_ = to;
  symmetry_.look_again(system_.world());
  const Copies::Standing& standing = copies_->standing(to);
  key_.reset();
  observed_ = standing.observed;
  observed_known_ = true;
  at_end_ = standing.at_end;
  final_ = standing.final;
  for (std::vector<Move>* moves : {&path_, &moves_}) {
    moves->resize(common);
    moves->insert(moves->end(), further.begin(), further.end());
  }
  begins_.resize(path_.size());
  for (std::size_t i = common; i < begins_.size(); ++i) begins_[i] = i;
  violations_.clear();
}

void Cursor::forget_copies() {
  MMULAB_ASSERT(path_.empty(), "only at the start nothing has to be put back");
  copies_ = nullptr;
  base_ = Copies::none;
}

}  // namespace mmulab
