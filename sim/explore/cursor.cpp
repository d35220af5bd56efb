// SPDX-License-Identifier: MIT
#include "sim/explore/cursor.h"

#include <algorithm>

namespace mmulab {
namespace {

void mix_footprint(StateHash& hash, const Footprint& footprint) {
  for (const Touch& t : footprint)
    hash.mix(std::uint64_t{t.first.raw()} << 32 | std::uint64_t{t.words} << 1 | static_cast<std::uint64_t>(t.use));
}

void add(Fingerprint& sum, const StateHash& hash) {
  sum.high += hash.high();
  sum.low += hash.low();
}

}  // namespace

Cursor::Cursor(Explorable& system, CursorOptions options)
    : system_(system), host_(system.host()), options_(options),
      reduction_(system.world(), host_.store_buffers() == nullptr, *this) {
  MMULAB_ASSERT(options.rewind == Rewind::restart || Fiber::can_restore(), "stacks cannot be put back here");
  MMULAB_ASSERT(options.rewind == Rewind::images || options.local_key != LocalKey::stacks,
                "stacks that are not put back cannot be compared");
  // Before the checker: the copy of the observers must be older than the first event.
  system_.events().subscribe(*this);
  system_.events().subscribe(system_.checker());
  system_.checker().on_violation([this](const Violation& v) {
    if (moving_) violations_.push_back(v);
  });
  begin();
}

Cursor::~Cursor() { host_.set_watcher(nullptr); }

void Cursor::begin() {
  if (options_.rewind == Rewind::images) host_.set_watcher(this);
  start();
  run_first();
}

void Cursor::start() {
  host_.start();
  system_.run_up();
  for (Context* context : system_.contexts()) context->set_remembering(remembering());
  if (options_.reduces) enlist();
}

/// What is private at the start comes before the first move.
void Cursor::run_first() {
  run_alone();
  first_ = path_.size();
}

void Cursor::observe() {
  if (observed_known_) return;
  const StateHash hash = system_.checker().fingerprint();
  observed_ = {hash.high(), hash.low()};
  observed_known_ = true;
}

void Cursor::about_to_run(Context& context) {
  // Before the first move there is nothing to go back to.
  if (frames_.empty()) return;
  const Fiber::Image image = context.fiber().image();
  saved_.push_back({&context, image, stacks_.size(), context.cpu(), context.history(),
                    context.in_interrupt(), context.progress()});
  stacks_.resize(stacks_.size() + image.bytes);
  context.fiber().copy_stack_to(stacks_.data() + saved_.back().bytes_at);
}

void Cursor::on_event(const Event& event) {
  if (options_.reduces && system_.takes_spinlock(event)) reduction_.learn_lock(event.location);
  if (frames_.empty()) return;
  concern_.add(system_.concern(event));
  Frame& frame = frames_.back();
  if (frame.emitted) return;
  frame.emitted = true;
  observed_known_ = false;
  // The state before the first step from a copied one is in the copy.
  if (options_.rewind != Rewind::images || (base_ != Copies::none && frames_.size() == 1)) return;
  if (spare_.empty()) spare_.push_back(std::make_unique<Checker::Saved>());
  frame.observers = std::move(spare_.back());
  spare_.pop_back();
  system_.checker().save(*frame.observers);
}

void Cursor::list(std::vector<Move>& moves) {
  moves.clear();
  if (at_end_) return;
  list_decisions();
  for (const Decision& decision : decisions_) {
    moves.emplace_back();
    moves.back().decision = decision;
  }
  if (!moves.empty()) return;
  moving_ = true;
  system_.report_deadlock();
  moving_ = false;
}

/// Those who have nothing left to do come last, one after another.
void Cursor::list_decisions() {
  host_.list_decisions(decisions_);
  const auto last = std::stable_partition(decisions_.begin(), decisions_.end(),
                                          [&](const Decision& d) { return !is_winding_down(d); });
  if (last != decisions_.begin()) decisions_.erase(last, decisions_.end());
  else if (!decisions_.empty()) decisions_.resize(1);
}

bool Cursor::is_winding_down(const Decision& decision) const {
  return decision.kind == Decision::Kind::step && system_.winds_down(decision.agent);
}

MoveInfo Cursor::info(const Move& move) {
  MoveInfo info;
  info.agent = move.decision.agent;
  if (move.decision.kind == Decision::Kind::device) {
    info.label = &host_.device_label(info.agent);
    info.footprint = host_.device_footprint(move.decision);
  } else if (move.decision.kind == Decision::Kind::step) {
    info.label = host_.pending(info.agent)->label;
    info.footprint = host_.pending(info.agent)->footprint;
  }
  return info;
}

const Label* Cursor::label(const Move& move) {
  switch (move.decision.kind) {
    case Decision::Kind::device: return &host_.device_label(move.decision.agent);
    case Decision::Kind::step: {
      const Op* op = host_.pending(move.decision.agent);
      return op != nullptr ? op->label : nullptr;
    }
    default: return nullptr;
  }
}

Remembering Cursor::remembering() const {
  return options_.local_key == LocalKey::all ? Remembering::everything : Remembering::needed;
}

bool Cursor::allows_sleep() const {
  if (!options_.reduces) return false;
  for (std::uint32_t device = 0; device < host_.devices(); ++device)
    if (host_.device_of(AgentId{host_.cpus() + device}).is_spontaneous()) return false;
  return true;
}

void Cursor::push(const Move& move) {
  violations_.clear();
  touched_.clear();
  said_ = Concern{};
  moves_.push_back(move);
  begins_.push_back(path_.size());
  bool right_mover = false;
  if (move.stretches == Move::undecided && shortens(move.decision)) {
    const Reduction::Actor who = actor(move.decision);
    const Reduction::Step what = next_step(move.decision);
    step(move);
    only_looked_ = is_calm() && !concern_.any() && system_.world().mark().entries == frames_.back().mark.entries;
    right_mover = is_calm() && reduction_.is_right_mover(who, what, concern_);
  } else {
    only_looked_ = false;
    step(move);
  }
  next_choice_ = choice_after_this();
  follow(move, right_mover);
}

void Cursor::step(const Move& move) {
  Frame frame;
  {
    const MoveInfo move_info = info(move);
    touched_.insert(touched_.end(), move_info.footprint.begin(), move_info.footprint.end());
    if (coverage_ != nullptr) coverage_->note(move_info);
  }
  // A store is learned of when it is made: while it waits, meets_waiting knows of it.
  const bool learns = options_.reduces && !is_winding_down(move.decision) && !is_drain(move.decision);
  if (options_.reduces && !is_drain(move.decision)) {
    const Reduction::Actor who = actor(move.decision);
    frame.who = who.who;
    frame.point = reduction_.point(who.who);
    if (move.decision.kind == Decision::Kind::interrupt) reduction_.learn_interrupt(CpuId{move.decision.agent.raw()});
    else if (learns) reduction_.learn(who, next_step(move.decision));
  }
  concern_ = Concern{};
  frame.mark = system_.world().mark();
  frame.fibers = saved_.size();
  frame.bytes = stacks_.size();
  frame.steps = host_.steps();
  frame.at_end = at_end_;
  frame.final = final_;
  if (!final_ && is_winding_down(move.decision)) final_ = system_.world().fingerprint();
  if (!host_.is_device(move.decision.agent)) {
    frame.cpu = CpuId{move.decision.agent.raw()};
    frame.cpu_state = host_.cpu_state(frame.cpu);
  }
  observe();
  frame.observed = observed_;
  const Who who = frame.who;
  frames_.push_back(std::move(frame));
  path_.push_back(move);
  // The path lists all steps themselves: whoever performs it again must not add any.
  path_.back().stretches = 0;
  const std::optional<Location> tallied = learns ? tallied_by(move) : std::nullopt;
  const std::uint64_t before = tallied ? system_.world().load(*tallied) : 0;
  perform(move);
  if (tallied) note_tally(who, *tallied, before);
  said_.add(concern_);
  if (!learns) return;
  reduction_.learn_concern(who, concern_);
  if (!host_.is_device(move.decision.agent)) expect(move.decision.agent);
}

/// The count that the move's first step adds to.
std::optional<Location> Cursor::tallied_by(const Move& move) {
  for (const Touch& t : info(move).footprint)
    if (t.use == Use::tally) return t.first;
  return {};
}

void Cursor::note_tally(Who who, Location at, std::uint64_t before) {
  // Who waits in a buffer is seen at another time.
  if (host_.store_buffers() != nullptr) return reduction_.learn_order(at);
  const auto amount = static_cast<std::int64_t>(system_.world().load(at) - before);
  if (amount == 0) return;
  frames_.back().tallied = at;
  frames_.back().tally = amount;
  reduction_.learn_tally(who, at, amount);
}

void Cursor::perform(const Move& move) {
  ++steps_made_;
  picks_.assign(move.pick.begin(), move.pick.begin() + move.picks);
  moving_ = true;
  host_.perform(move.decision, picks_);
  at_end_ = system_.finished();
  if (at_end_) system_.conclude();
  moving_ = false;
}

void Cursor::take_back_step() {
  if (options_.rewind == Rewind::restart) {
    start_anew(std::vector<Move>(path_.begin(), path_.end() - 1));
    return;
  }
  Frame& frame = frames_.back();
  system_.world().undo_to(frame.mark);
  while (saved_.size() > frame.fibers) {
    const SavedFiber& saved = saved_.back();
    saved.context->fiber().restore(saved.image, stacks_.data() + saved.bytes_at);
    saved.context->set_cpu(saved.cpu);
    saved.context->history() = saved.history;
    saved.context->set_in_interrupt(saved.in_interrupt);
    saved.context->set_progress(saved.progress);
    saved_.pop_back();
  }
  stacks_.resize(frame.bytes);
  if (frame.cpu.exists()) host_.restore(frame.cpu, frame.cpu_state);
  host_.set_steps(frame.steps);
  if (frame.observers != nullptr) {
    system_.checker().restore(*frame.observers);
    spare_.push_back(std::move(frame.observers));
  } else if (frame.emitted) {
    copies_->put_observers_back(base_);
  }
  observed_ = frame.observed;
  observed_known_ = true;
  at_end_ = frame.at_end;
  final_ = frame.final;
  if (frame.tally != 0) reduction_.forget_tally(frame.who, frame.tallied, frame.tally);
  if (frame.point != Futures::nowhere) reduction_.set_point(frame.who, frame.point);
  frames_.pop_back();
  path_.pop_back();
}

void Cursor::pop_to(std::size_t level) {
  violations_.clear();
  if (level >= moves_.size()) return;
  if (options_.rewind == Rewind::restart) return restart_at(level);
  const std::size_t depth = begins_[level];
  while (path_.size() > depth) take_back_step();
  moves_.resize(level);
  begins_.resize(level);
}

/// The steps from the start, after a restart of the system.
void Cursor::start_anew(const std::vector<Move>& steps) {
  frames_.clear();
  path_.clear();
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
    while (!path_.empty()) take_back_step();
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
  const Copies::Standing& standing = copies_->standing(to);
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

std::optional<Move> Cursor::choice_after_this() const {
  const std::vector<ExploredHost::Asked>& asked = host_.asked();
  MMULAB_ASSERT(asked.size() <= Move::picks_max, "a step draws at most four choices");
  for (std::size_t n = asked.size(); n > 0; --n) {
    if (asked[n - 1].picked + 1 == asked[n - 1].possibilities) continue;
    Move next = path_.back();
    next.stretches = Move::undecided;
    next.picks = static_cast<std::uint8_t>(n);
    for (std::size_t i = 0; i < Move::picks_max; ++i)
      next.pick[i] = i < n ? static_cast<std::uint8_t>(asked[i].picked + (i + 1 == n ? 1 : 0)) : std::uint8_t{0};
    return next;
  }
  return {};
}

Fingerprint Cursor::key() {
  observe();
  const Fingerprint world = system_.world().fingerprint();
  const Fingerprint own = locals();
  StateHash all;
  for (const std::uint64_t word : {world.high, world.low, own.high, own.low, observed_.high, observed_.low})
    all.mix(word);
  return {all.high(), all.low()};
}

Fingerprint Cursor::locals() const {
  Fingerprint sum;
  std::uint64_t number = 0;
  for (Context* context : system_.contexts()) {
    StateHash hash;
    hash.mix(++number);
    hash.mix(context->cpu().exists() ? context->cpu().raw() : ~std::uint64_t{0});
    // Whether it may go on depends on that.
    hash.mix(context->progress() == Context::done ? 1 : 0);
    if (options_.local_key == LocalKey::stacks) {
      const Fiber::Image image = context->fiber().image();
      const auto* words = static_cast<const std::uint64_t*>(image.context);
      for (std::size_t i = 0; i < image.bytes / sizeof(std::uint64_t); ++i) hash.mix(words[i]);
    } else {
      hash.mix(context->history().high());
      hash.mix(context->history().low());
    }
    add(sum, hash);
  }
  for (std::uint32_t c = 0; c < host_.cpus(); ++c) {
    const ExploredHost::CpuState state = host_.cpu_state(CpuId{c});
    StateHash hash;
    hash.mix(std::uint64_t{c} << 32);
    hash.mix(state.current->task().raw());
    hash.mix(state.pending != nullptr ? state.pending->label->number() + 1 : 0);
    if (state.pending != nullptr) mix_footprint(hash, state.pending->footprint);
    add(sum, hash);
  }
  return sum;
}

}  // namespace mmulab
