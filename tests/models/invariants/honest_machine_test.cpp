// SPDX-License-Identifier: MIT
// A tiny machine that always flushes properly, driven at random: no invariant may ever complain. And the same
// machine with its flush taken away: somebody must.
#include <rapidcheck.h>

#include <set>

#include "tests/models/invariants/rig.h"
#include "tests/support/catch.h"

namespace mmulab {
namespace {

using test::Actor;
using test::Rig;

constexpr std::uint32_t cpus = 3, pages = 4;

/// Three threads of one mm on three cpus: map, access, zap, protect, copy, reuse. Calls interleave at flush points
/// because a zap is begun and finished by separate commands.
class HonestMachine {
 public:
  explicit HonestMachine(bool flushes) : flushes_(flushes) {
    for (std::uint32_t n = 0; n < cpus; ++n) rig.user(Rig::on(n));
    for (std::uint32_t f = 50; f > 0; --f) free_.push_back(f);
  }
  void command(std::uint32_t what, std::uint32_t who, std::uint64_t page) {
    const Actor actor = Rig::on(who);
    const bool zapping = zaps_.count(who) != 0;
    switch (what) {
      case 0:
      case 1: return zapping ? void() : access(actor, page, what == 1);
      case 2: return zapping ? finish_zap(actor) : begin_zap(actor, page);
      case 3: return zapping ? finish_zap(actor) : protect(actor, page);
      case 4: return zapping ? void() : copy(actor, page);
      default: rig.evict(actor, page); return;
    }
  }
  void finish() {
    for (std::uint32_t n = 0; n < cpus; ++n)
      if (zaps_.count(n) != 0) finish_zap(Rig::on(n));
  }
  Rig rig;

 private:
  [[nodiscard]] bool mapped(std::uint64_t page) const { return rig.now_at(page).has(1); }
  /// Everything that is in flight on the page; a second zap that finds it pending waits for the first's flush.
  void flush(Actor by, std::uint64_t page) {
    if (!flushes_) return;
    for (std::uint32_t n = 0; n < cpus; ++n) {
      const Actor target = Rig::on(n);
      if (n == by.cpu.raw() || zaps_.count(n) != 0) {
        rig.drop(target, page);
        continue;
      }
      rig.ipi(target);
      rig.kernel(target);
      rig.drop(target, page);
      rig.user(target);
    }
  }
  void access(Actor actor, std::uint64_t page, bool store) {
    if (!mapped(page) || (store && !rig_layout().rights(rig.now_at(page)).write)) fault(actor, page);
    if (!has_copy(actor, page, store)) {
      rig.drop(actor, page);
      rig.fill(actor, page);
    }
    rig.use(actor, page, store ? AccessKind::store : AccessKind::load);
  }
  static PteLayout rig_layout() { return test::rig_layout(); }
  [[nodiscard]] bool has_copy(Actor actor, std::uint64_t page, bool store) const {
    std::vector<TranslationCopy> copies;
    rig.list_copies(MmId{0}, VirtPage{page}, copies);
    for (const TranslationCopy& c : copies)
      if (c.core.raw() == actor.cpu.raw() && (!store || (c.rights & 1) != 0)) return true;
    return false;
  }
  std::uint32_t take_frame(Actor actor, std::uint64_t page) {
    const std::uint32_t frame = free_.back();
    free_.pop_back();
    rig.give(actor, frame, page);
    return frame;
  }
  void release(Actor actor, std::uint32_t frame) {
    rig.free(actor, frame);
    free_.push_back(frame);
  }
  void fault(Actor actor, std::uint64_t page) {
    rig.kernel(actor);
    rig.call(actor, Call::fault, page);
    rig.lock(actor);
    const Pte old = rig.now_at(page);
    if (old.has(1)) rig.store(actor, page, rig_layout().with_rights(old, Rights{true, false}).with(0x40));
    else rig.store(actor, page, Rig::pte(take_frame(actor, page), true, false, 0x40));
    rig.unlock(actor);
    rig.ret(actor);
    rig.user(actor);
  }
  void begin_zap(Actor actor, std::uint64_t page) {
    rig.kernel(actor);
    rig.call(actor, Call::dontneed, page);
    Zap zap{page, 0};
    rig.lock(actor);
    if (mapped(page)) {
      zap.frame = rig_layout().frame(rig.now_at(page)).raw();
      rig.clear(actor, page);
    }
    rig.unlock(actor);
    zaps_[actor.task.raw()] = zap;
  }
  void finish_zap(Actor actor) {
    const Zap zap = zaps_.at(actor.task.raw());
    flush(actor, zap.page);
    zaps_.erase(actor.task.raw());
    if (zap.frame != 0) release(actor, zap.frame);
    rig.ret(actor);
    rig.user(actor);
  }
  void protect(Actor actor, std::uint64_t page) {
    if (!mapped(page)) return;
    rig.kernel(actor);
    rig.call(actor, Call::mprotect, page);
    const Pte old = rig.now_at(page);
    rig.store(actor, page, rig_layout().with_rights(old, Rights{false, false}));
    flush(actor, page);
    rig.ret(actor);
    rig.user(actor);
  }
  /// Copy on write: the old translation dies before the new one is shown.
  void copy(Actor actor, std::uint64_t page) {
    if (!mapped(page) || rig_layout().rights(rig.now_at(page)).write) return;
    rig.kernel(actor);
    rig.call(actor, Call::fault, page);
    const Frame old = rig_layout().frame(rig.now_at(page));
    const std::uint32_t fresh = take_frame(actor, page);
    Event e = rig.make(EventKind::copy_begun, actor);
    e.mm = MmId{0};
    e.page = VirtPage{page};
    e.frame = old;
    rig.emit(e);
    rig.clear(actor, page);
    flush(actor, page);
    rig.store(actor, page, Rig::pte(fresh, true, false, 0x40));
    release(actor, old.raw());
    rig.ret(actor);
    rig.user(actor);
  }

  struct Zap {
    std::uint64_t page = 0;
    std::uint32_t frame = 0;
  };
  bool flushes_;
  std::map<std::uint32_t, Zap> zaps_;  // by task: begun, unflushed
  std::vector<std::uint32_t> free_;
};

struct Command {
  std::uint32_t what, who;
  std::uint64_t page;
};

std::vector<Command> random_commands() {
  constexpr std::uint32_t kinds = 6;
  constexpr int longest = 300;
  const auto number = rc::gen::inRange<std::uint32_t>(0, kinds * cpus * pages);
  std::vector<Command> commands;
  for (const std::uint32_t n : *rc::gen::resize(longest, rc::gen::container<std::vector<std::uint32_t>>(number)))
    commands.push_back({n % kinds, n / kinds % cpus, n / (kinds * cpus)});
  return commands;
}

TEST_CASE("A machine that always flushes never breaks an invariant, whatever it is told to do") {
  std::uint64_t judged = 0;
  CHECK(rc::check("honest", [&] {
    HonestMachine machine(true);
    for (const Command& c : random_commands()) machine.command(c.what, c.who, c.page);
    machine.finish();
    for (const Violation& v : machine.rig.checker.violations()) {
      RC_LOG() << v.invariant << " " << v.class_id << ": " << v.message << "\n";
      for (const std::string& line : v.story) RC_LOG() << "  " << line << "\n";
    }
    RC_ASSERT(machine.rig.checker.violation_count() == 0U);
    RC_ASSERT(!machine.rig.stream.attended());
    judged += machine.rig.exercised("post-condition") + machine.rig.exercised("no-stale-right") +
              machine.rig.exercised("copy-isolation");
  }));
  CHECK(judged > 100);
}

TEST_CASE("The same machine without its flushes is caught") {
  // Map, touch on another cpu, zap, return: the entry of cpu 1 outlives the call.
  HonestMachine machine(false);
  machine.command(0, 0, 2);
  machine.command(0, 1, 2);
  machine.command(2, 0, 2);
  machine.command(2, 0, 2);
  CHECK(machine.rig.checker.violation_count() > 0);
}

}  // namespace
}  // namespace mmulab
