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
  if (!final_ && is_winding_down(move.decision)) final_ = system_.ending();
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
