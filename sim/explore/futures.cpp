// SPDX-License-Identifier: MIT
#include "sim/explore/futures.h"

#include <algorithm>

#include "sim/units/mix.h"

namespace mmulab {
namespace {

constexpr std::array<Use, 5> all_uses{Use::read, Use::write, Use::count, Use::update, Use::tally};

/// What only adds clashes with its like once the word has been written, too (written_).
constexpr bool always_clash(Use a, Use b) { return clash(a, b) && (a != Use::tally || b != Use::tally); }
constexpr bool adds(Use use) { return use == Use::count || use == Use::tally; }


std::size_t index(Use use) { return static_cast<std::size_t>(use); }

}  // namespace

std::uint32_t Futures::id_of(Location at) {
  std::uint32_t& id = ids_[at.raw()];
  if (id == 0) id = ++used_ids_;
  return id;
}

Futures::Point Futures::intern(Who who, std::uint64_t key) {
  const auto [at, fresh] = by_key_.emplace(mix(key ^ mix(std::uint64_t{who.raw()} + 1)), points_.size());
  if (fresh) points_.emplace_back().key = key;
  return at->second;
}

Futures::Point Futures::successor(Point from, std::uint64_t key) const {
  for (const Point next : points_[from].next)
    if (points_[next].key == key) return next;
  return nowhere;
}

void Futures::enlist(Who who) {
  if (who.raw() >= now_.size()) now_.resize(who.raw() + std::size_t{1}, nowhere);
  if (now_[who.raw()] != nowhere) return;
  all_.push_back(who);
  now_[who.raw()] = intern(who, 0);
  // It can act again and again.
  if (!who.is_task()) join(now_[who.raw()], now_[who.raw()]);
}

/// Mostly a point's step touches what it touched the last time.
bool Futures::knows(const Node& node, const Footprint& footprint) const {
  return std::equal(footprint.begin(), footprint.end(), node.last.begin(), node.last.end(),
                    [](const Touch& a, const Touch& b) {
                      return a.first == b.first && a.words == b.words && a.use == b.use;
                    });
}

/// True if there was anything new.
bool Futures::learn(Node& node, const Footprint& footprint) {
  node.last.assign(footprint.begin(), footprint.end());
  bool more = false;
  for (const Touch& t : footprint) {
    Bits& own = node.own[index(t.use)];
    for (std::uint32_t w = 0; w < t.words; ++w) {
      const Location at{t.first.raw() + w};
      if (!own.add(id_of(at))) continue;
      more = true;
      if (t.use == Use::write) tell(at);
    }
  }
  return more;
}

Futures::Point Futures::expect(Who who, std::uint32_t progress, const Label& label, const Footprint& footprint) {
  const Point from = point(who);
  const std::uint64_t key = who.is_task() ? std::uint64_t{progress} << 32 | (label.number() + std::uint64_t{1}) : 0;
  const Point seen = successor(from, key);
  const Point to = seen != nowhere ? seen : intern(who, key);
  if (!knows(points_[to], footprint) && learn(points_[to], footprint)) spread(to);
  if (seen == nowhere) join(from, to);
  return to;
}

void Futures::concern(Point at, const Concern& what) {
  Node& node = points_[at];
  node.always_concern = node.taken ? Concern{node.always_concern.looks & what.firm_looks,
                                             node.always_concern.changes & what.firm_changes, 0}
                                   : what.firm();
  node.taken = true;
  if (node.own_concern.add(what)) spread(at);
}

void Futures::join(Point from, Point to) {
  std::vector<Point>& next = points_[from].next;
  if (std::find(next.begin(), next.end(), to) != next.end()) return;
  next.push_back(to);
  points_[to].before.push_back(from);
  if (grow(from, points_[to])) spread(from);
}

bool Futures::grow(Point before, const Node& later) {
  Node& node = points_[before];
  bool more = false;
  for (std::size_t use = 0; use < uses; ++use) {
    more = node.ahead[use].add_all(later.own[use]) || more;
    more = node.ahead[use].add_all(later.ahead[use]) || more;
  }
  more = node.concern_ahead.add(later.own_concern) || more;
  more = node.concern_ahead.add(later.concern_ahead) || more;
  if (!more) return false;
  for (const Use use : all_uses)
    for (const Use ahead : all_uses)
      if (always_clash(ahead, use)) node.against[index(use)].add_all(node.ahead[index(ahead)]);
  check(node);
  return true;
}

void Futures::spread(Point from) {
  work_.assign(1, from);
  while (!work_.empty()) {
    const Point at = work_.back();
    work_.pop_back();
    for (const Point before : points_[at].before)
      if (grow(before, points_[at])) work_.push_back(before);
  }
}

void Futures::check(const Node& node) {
  for (const Use relied : all_uses)
    if (node.against[index(relied)].meets(node.relied[index(relied)])) stale_ = true;
  if (node.concern_ahead.meets(node.concern_relied)) stale_ = true;
}

bool Futures::meets(const Node& node, std::uint32_t id, Use use) const {
  return node.against[index(use)].has(id) ||
         (adds(use) && written_.has(id) && node.ahead[index(use)].has(id));
}

template <class Meets>
bool Futures::clear_of_others(Who self, Precedence& precedence, const Meets& meets) {
  before_.clear();
  obstacle_.reset();
  for (const Who other : all_) {
    if (!is_other(other, self)) continue;
    if (!meets(points_[point(other)])) before_.push_back(other);
    else if (other == self || !precedence.comes_after(other, self)) {
      // Who comes after a device, or which device after whom, the World tells.
      if (!other.is_device() && !self.is_device()) obstacle_ = Obstacle{other, point(other)};
      return false;
    }
  }
  return true;
}

bool Futures::meets_others(Who self, const std::vector<Touch>& touches, Precedence& precedence) {
  asked_.clear();
  for (const Touch& t : touches)
    for (std::uint32_t w = 0; w < t.words; ++w) asked_.emplace_back(id_of(Location{t.first.raw() + w}), t.use);
  const auto met = [&](const Node& node) {
    return std::any_of(asked_.begin(), asked_.end(), [&](const auto& a) { return meets(node, a.first, a.second); });
  };
  if (!clear_of_others(self, precedence, met)) return true;
  for (const auto& [id, use] : asked_) {
    if (adds(use)) counting_relied_.add(id);
    for (const Who other : before_) points_[point(other)].relied[index(use)].add(id);
  }
  return false;
}

bool Futures::meets_others(Who self, const Concern& concern, Precedence& precedence) {
  obstacle_.reset();
  if (!concern.any()) return false;
  if (!clear_of_others(self, precedence, [&](const Node& node) { return node.concern_ahead.meets(concern); }))
    return true;
  for (const Who other : before_) points_[point(other)].concern_relied.add(concern);
  return false;
}

bool Futures::changes(const Footprint& words, Who neither, Who nor) {
  for (const Who other : all_) {
    if (other == neither || other == nor) continue;
    Node& node = points_[point(other)];
    for (const Touch& t : words)
      for (std::uint32_t w = 0; w < t.words; ++w) {
        const std::uint32_t id = id_of(Location{t.first.raw() + w});
        if (node.against[index(Use::read)].has(id)) return true;
        node.relied[index(Use::read)].add(id);
      }
  }
  return false;
}

void Futures::begin_again() {
  stale_ = false;
  for (Node& node : points_) {
    for (Bits& bits : node.relied) bits.clear();
    node.concern_relied = Concern{};
  }
  counting_relied_.clear();
}

Futures::Share& Futures::share_of(Who who, Location at) {
  std::vector<Share>& shares = shares_[id_of(at)];
  const auto found = std::find_if(shares.begin(), shares.end(), [&](const Share& s) { return s.who == who; });
  if (found != shares.end()) return *found;
  shares.push_back({who, 0, 0});
  return shares.back();
}

/// In no order of the same additions is the sum less than what the word had at the start and the least of each share.
void Futures::tally(Who who, Location at, std::int64_t amount, std::uint64_t now) {
  Share& own = share_of(who, at);
  own.now += amount;
  own.least = std::min(own.least, own.now);
  auto least = static_cast<std::int64_t>(now);
  for (const Share& share : shares_[id_of(at)]) least += share.least - share.now;
  if (least <= 0) tell(at);
}

void Futures::tell(Location at) {
  const std::uint32_t id = id_of(at);
  if (written_.add(id)) stale_ = stale_ || counting_relied_.has(id);
}

void Futures::untally(Who who, Location at, std::int64_t amount) { share_of(who, at).now -= amount; }

void Futures::return_to_start() {
  for (auto& [id, shares] : shares_)
    for (Share& share : shares) share.now = 0;
  for (const Who who : all_) now_[who.raw()] = intern(who, 0);
}

}  // namespace mmulab
