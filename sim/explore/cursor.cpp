// SPDX-License-Identifier: MIT
#include "sim/explore/cursor.h"

#include <algorithm>

namespace mmulab {

Cursor::Cursor(Explorable& system, CursorOptions options)
    : system_(system), host_(system.host()), options_(options),
      reduction_(system.world(), host_.cpus(), host_.store_buffers() == nullptr, *this),
      symmetry_(system.renamings()) {
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

Cursor::~Cursor() {
  host_.set_watcher(nullptr);
  symmetry_.stop_following(system_.world());
}

void Cursor::begin() {
  if (options_.rewind == Rewind::images) host_.set_watcher(this);
  start();
  keep_namings_of_start();
  run_first();
}

void Cursor::start() {
  host_.start();
  system_.run_up();
  symmetry_.follow(system_.world());
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
  saved_.push_back({&context, image, stack_bytes_, context.cpu(), context.history(),
                    context.in_interrupt(), context.progress()});
  stack_bytes_ += image.bytes;
  if (stack_bytes_ > stacks_.size()) stacks_.resize(2 * stack_bytes_);
  context.fiber().copy_stack_to(stacks_.data() + saved_.back().bytes_at);
}

void Cursor::on_event(const Event& event) {
  if (options_.reduces && system_.takes_spinlock(event)) reduction_.learn_lock(event.location);
  if (frames_.empty()) return;
  concern_.add(system_.concern(event));
  Frame& frame = frames_.back();
  frame.emitted = true;
  observed_known_ = false;
  // The state before the first step from a copied one is in the copy.
  if (options_.rewind != Rewind::images || (base_ != Copies::none && frames_.size() == 1)) return;
  if (frame.observers == nullptr) {
    if (spare_.empty()) spare_.push_back(std::make_unique<Checker::Saved>());
    frame.observers = std::move(spare_.back());
    spare_.pop_back();
  }
  system_.checker().save_before(event, *frame.observers);
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
  has_come_to_an_end_ = true;
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
  return decision.kind != Decision::Kind::interrupt && system_.winds_down(decision.agent);
}

MoveInfo Cursor::info(const Move& move) {
  MoveInfo info;
  info.agent = move.decision.agent;
  if (move.decision.kind == Decision::Kind::device) {
    info.label = &host_.device_label(info.agent);
    info.footprint = host_.device_footprint(move.decision);
  } else if (const Op* op = host_.pending(info.agent); op != nullptr && move.decision.kind == Decision::Kind::step) {
    info.label = op->label;
    info.footprint = op->footprint;
  }
  return info;
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
  key_.reset();
  frame.mark = system_.world().mark();
  frame.fibers = saved_.size();
  frame.bytes = stack_bytes_;
  frame.steps = host_.steps();
  frame.at_end = at_end_;
  frame.final = final_;
  if (!final_ && is_winding_down(move.decision)) final_ = world_key();
  if (!host_.is_device(move.decision.agent)) {
    frame.cpu = CpuId{move.decision.agent.raw()};
    frame.cpu_state = host_.cpu_state(frame.cpu);
    reduction_.forget_obstacle(frame.cpu);
  }
  frame.observed_known = observed_known_;
  frame.observed = observed_;
  const Who who = frame.who;
  frames_.push_back(std::move(frame));
  symmetry_.keep();
  path_.push_back(move);
  // The path lists all steps themselves: whoever performs it again must not add any.
  path_.back().stretches = 0;
  const std::optional<Location> tallied = learns ? tallied_by(move) : std::nullopt;
  const std::uint64_t before = tallied ? system_.world().load(*tallied) : 0;
  const bool is_shadow_moved = moves_shadow(move.decision);
  perform(move);
  if (tallied) note_tally(who, *tallied, before);
  if (is_shadow_moved) concern_.add({~std::uint64_t{0}, ~std::uint64_t{0}, 0});
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
  host_.set_steps(host_.steps() + 1);
  picks_.assign(move.pick.begin(), move.pick.begin() + move.picks);
  moving_ = true;
  host_.perform(move.decision, picks_);
  at_end_ = system_.finished();
  if (at_end_) {
    has_come_to_an_end_ = true;
    system_.conclude();
  }
  moving_ = false;
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

}  // namespace mmulab
