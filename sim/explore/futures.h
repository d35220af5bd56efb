// SPDX-License-Identifier: MIT
// What each actor may still do: the words that its later steps can touch, and what its later events concern. Nobody
// declares that; it is learned from the steps that are seen. An actor's points are the steps of its program (task,
// operation of its workload, label); seen successions join them to a graph, and what lies ahead of a point is the
// union over all that can be reached from it. Handlers of interrupts and parts of devices have one point each, since
// they can act at any time. An answer may be given that later turns out too narrow: each answer that was relied on is
// remembered, and if the future of that point grows into it, everything built on it is stale.
// Source: persistent sets from static knowledge of processes (Godefroid, LNCS 1032, 4), with the knowledge learned.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "sim/exec/footprint.h"
#include "sim/exec/label.h"
#include "sim/explore/bits.h"
#include "sim/explore/concern.h"

namespace mmulab {

/// A task's own program, a cpu's interrupt handlers, or a part of a device.
class Who {
 public:
  static Who task(TaskId task) { return Who{task.raw() * 3}; }
  static Who interrupts(CpuId cpu) { return Who{cpu.raw() * 3 + 1}; }
  static Who device(AgentId device, std::uint32_t part) {
    MMULAB_ASSERT(part < parts_max, "a device that is explored has few parts");
    return Who{(device.raw() * parts_max + part) * 3 + 2};
  }
  [[nodiscard]] std::uint32_t raw() const { return raw_; }
  [[nodiscard]] bool is_task() const { return raw_ % 3 == 0; }
  [[nodiscard]] bool is_device() const { return raw_ % 3 == 2; }
  /// Of a task; of a part of a device.
  [[nodiscard]] TaskId task() const { return TaskId{raw_ / 3}; }
  [[nodiscard]] AgentId device() const { return AgentId{raw_ / 3 / parts_max}; }
  [[nodiscard]] std::uint32_t part() const { return raw_ / 3 % parts_max; }
  friend bool operator==(Who a, Who b) { return a.raw_ == b.raw_; }

 private:
  static constexpr std::uint32_t parts_max = 1024;
  explicit Who(std::uint32_t raw) : raw_(raw) {}
  std::uint32_t raw_;
};

/// Who knows that an actor cannot do anything before another one has done its next step.
class Precedence {
 public:
  virtual ~Precedence() = default;
  [[nodiscard]] virtual bool comes_after(Who other, Who next) = 0;
};

class Futures {
 public:
  /// Position of a point in the graph.
  using Point = std::uint32_t;
  static constexpr Point nowhere = ~Point{0};

  explicit Futures(std::size_t words) : ids_(words, 0) {}

  /// Whoever may ever act, before anybody does.
  void enlist(Who who);
  /// The last step that it took.
  [[nodiscard]] Point point(Who who) const { return now_[who.raw()]; }
  void set_point(Who who, Point at) { now_[who.raw()] = at; }
  /// The next step that it would take.
  Point expect(Who who, std::uint32_t progress, const Label& label, const Footprint& footprint);
  /// A step's event concerned this.
  void concern(Point at, const Concern& what);
  /// It has added so much to a word, which now has that value.
  void tally(Who who, Location at, std::int64_t amount, std::uint64_t now);
  /// And has taken it back.
  void untally(Who who, Location at, std::int64_t amount);
  /// The order in which the word was added to matters.
  void tell(Location at);
  /// Nobody could tell in which order it was added to so far, for all that is known.
  [[nodiscard]] bool is_tally(Location at) const { return ids_[at.raw()] != 0 && !written_.has(ids_[at.raw()]); }
  /// What every step at this point has firmly concerned so far.
  [[nodiscard]] Concern always_concerns(Point at) const {
    return points_[at].taken ? points_[at].always_concern : Concern{};
  }

  /// Can a step that anybody else takes before depend on these touches? If not, that is relied on. Of a device all acts
  /// are others': nothing orders them.
  bool meets_others(Who self, const std::vector<Touch>& touches, Precedence& precedence);
  bool meets_others(Who self, const Concern& concern, Precedence& precedence);
  /// Why a step had to wait: what lies ahead of somebody.
  struct Obstacle {
    Who who;
    Point at;
  };
  /// Why the last answer was that somebody can; none if that depends on more than where everybody is.
  [[nodiscard]] const std::optional<Obstacle>& obstacle() const { return obstacle_; }
  /// It has not gone away: for the same touches, and the same concern, the answer is the same.
  [[nodiscard]] bool stands(const Obstacle& obstacle) const { return point(obstacle.who) == obstacle.at; }

  /// Can anybody but these two ever change one of the words? If not, that is relied on.
  bool changes(const Footprint& words, Who neither, Who nor);

  /// Something relied on has turned out wrong.
  [[nodiscard]] bool stale() const { return stale_; }
  /// Everybody is at the start.
  void return_to_start();
  /// Nothing is relied on any more; what was learned remains.
  void begin_again();

 private:
  static constexpr std::size_t uses = 5;
  using Sets = std::array<Bits, uses>;  ///< by Use
  struct Node {
    std::uint64_t key = 0;  ///< of its step in its actor's program
    Sets own, ahead, relied;
    Sets against;             ///< by Use: what lies ahead and clashes with it
    std::vector<Touch> last;  ///< the footprint that was learned last
    Concern own_concern, always_concern, concern_ahead, concern_relied;
    bool taken = false;
    std::vector<Point> next, before;
  };

  Point intern(Who who, std::uint64_t key);
  /// A point that has been seen to come after that one; nowhere if this has not.
  [[nodiscard]] Point successor(Point from, std::uint64_t key) const;
  [[nodiscard]] bool knows(const Node& node, const Footprint& footprint) const;
  bool learn(Node& node, const Footprint& footprint);
  void join(Point from, Point to);
  /// What lies at and ahead of the point lies ahead of whoever comes before it.
  void spread(Point from);
  bool grow(Point before, const Node& later);
  void check(const Node& node);
  std::uint32_t id_of(Location at);
  [[nodiscard]] bool meets(const Node& node, std::uint32_t id, Use use) const;
  [[nodiscard]] bool is_other(Who other, Who self) const { return !(other == self) || self.is_device(); }
  /// Those whose later steps are in question before the next one of `self`; false if one of them `meets` it.
  template <class Meets>
  bool clear_of_others(Who self, Precedence& precedence, const Meets& meets);

  std::vector<std::uint32_t> ids_;  ///< of each word: dense, + 1
  std::uint32_t used_ids_ = 0;
  std::unordered_map<std::uint64_t, Point> by_key_;
  std::vector<Node> points_;
  std::vector<Point> now_;  ///< by Who
  std::vector<Who> all_;
  /// What one actor has added to a word since the start, and the least that it ever was.
  struct Share {
    Who who;
    std::int64_t now = 0;
    std::int64_t least = 0;
  };
  std::unordered_map<std::uint32_t, std::vector<Share>> shares_;  ///< by id
  Share& share_of(Who who, Location at);

  Bits written_;            ///< words that somebody has written, not only added to; or whose sum has told something
  Bits counting_relied_;    ///< words that are only added to: that was relied on
  std::vector<Point> work_;  // scratch
  std::vector<std::pair<std::uint32_t, Use>> asked_;  // scratch
  std::vector<Who> before_;                           // scratch
  std::optional<Obstacle> obstacle_;
  bool stale_ = false;
};

}  // namespace mmulab
