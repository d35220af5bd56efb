// SPDX-License-Identifier: MIT
#include "models/invariants/event_stats.h"

#include "tests/models/invariants/rig.h"
#include "tests/support/catch.h"

namespace mmulab {
namespace {

using test::Actor;
using test::Rig;

const Actor t0 = Rig::on(0), t1 = Rig::on(1);

/// A rig whose stream the statistics watch, too. Every event is 10 cycles after the one before.
struct Watched {
  Rig rig;
  StatRegistry registry;
  EventStats stats{registry};
  Watched() {
    stats.follow(*rig.ledger, registry);
    rig.stream.subscribe(stats);
  }
  const Histogram& histogram(const char* name) const { return *registry.find(name)->histogram; }
  std::uint64_t counter(const char* name) const { return registry.find(name)->counter->value(); }
};

TEST_CASE("A call's latency is from its entry to its return, by task, a fault inside it is counted apart") {
  Watched w;
  w.rig.call(t0, Call::munmap, 5);  // 10
  w.rig.call(t1, Call::munmap, 9);  // 20
  w.rig.call(t0, Call::fault, 5);   // 30
  w.rig.ret(t0);                    // 40
  w.rig.ret(t1);                    // 50
  w.rig.ret(t0);                    // 60
  CHECK(w.histogram("call.munmap.latency").count() == 2);
  CHECK(w.histogram("call.munmap.latency").max() == 50);
  CHECK(w.histogram("call.munmap.latency").min() == 30);
  CHECK(w.histogram("call.fault.latency").sum() == 10);
}

TEST_CASE("Locks, preemption, interrupts and remote waits are timed by task") {
  Watched w;
  w.rig.plain(EventKind::preemption_disabled, t0);   // 10
  w.rig.lock(t0);                                    // 20
  w.rig.plain(EventKind::irqs_disabled, t0);         // 30
  w.rig.plain(EventKind::irqs_enabled, t0);          // 40
  w.rig.plain(EventKind::remote_wait_begun, t0, 3);  // 50
  w.rig.plain(EventKind::remote_wait_ended, t0);     // 60
  w.rig.unlock(t0);                                  // 70
  w.rig.plain(EventKind::preemption_enabled, t0);    // 80
  CHECK(w.histogram("lock.ptl.held").sum() == 50);
  CHECK(w.histogram("preempt_off").max() == 70);
  CHECK(w.histogram("irqs_off").max() == 10);
  CHECK(w.histogram("remote_wait.time").sum() == 10);
  CHECK(w.histogram("remote_wait.cpus").sum() == 3);
}

TEST_CASE("A stretch with interrupts off is a cpu's: a task that is switched in ends what another one began") {
  Watched w;
  const Actor other{CpuId{0}, TaskId{5}};
  w.rig.plain(EventKind::irqs_disabled, t0);    // 10
  w.rig.plain(EventKind::switched_in, t0);      // 20
  w.rig.plain(EventKind::irqs_enabled, other);  // 30
  w.rig.plain(EventKind::irqs_disabled, other); // 40
  w.rig.plain(EventKind::switched_in, other);   // 50
  w.rig.plain(EventKind::irqs_enabled, t0);     // 60
  CHECK(w.histogram("irqs_off").count() == 2);
  CHECK(w.histogram("irqs_off").max() == 20);
}

TEST_CASE("Acquisitions are counted by class, contended ones with their wait, the last class included") {
  Watched w;
  const auto waited = [&](LockClass lock_class, std::uint64_t cycles) {
    w.rig.plain(EventKind::lock_waited, t1, static_cast<std::uint64_t>(lock_class), cycles);
  };
  w.rig.lock(t0, LockClass::tlbie);  // 10
  w.rig.unlock(t0, LockClass::tlbie);
  waited(LockClass::tlbie, 7);
  w.rig.lock(t1, LockClass::tlbie);
  w.rig.lock(t0, LockClass::zone, 9);
  CHECK(w.counter("lock.tlbie_lock.acquired") == 2);
  CHECK(w.counter("lock.tlbie_lock.contended") == 1);
  CHECK(w.histogram("lock.tlbie_lock.wait").sum() == 7);
  CHECK(w.histogram("lock.tlbie_lock.held").sum() == 10);
  CHECK(w.counter("lock.zone_lock.acquired") == 1);
  CHECK(w.counter("lock.zone_lock.contended") == 0);
}

TEST_CASE("exit ends with its task") {
  Watched w;
  w.rig.call(t0, Call::exit, 0);              // 10
  w.rig.plain(EventKind::task_exited, t0);    // 20
  CHECK(w.histogram("call.exit.latency").sum() == 10);
}

TEST_CASE("The measured phase counts nothing that began before it") {
  Watched w;
  const auto begin_waits = [&](std::uint64_t cycles) {
    w.rig.plain(EventKind::lock_waited, t1, static_cast<std::uint64_t>(LockClass::ptl), cycles);
  };
  w.rig.call(t0, Call::munmap, 5);
  w.rig.lock(t0);
  w.rig.plain(EventKind::irqs_disabled, t1);
  w.rig.plain(EventKind::ipi_sent, t0);
  w.rig.note(t0, 4, 7);
  w.rig.plain(EventKind::measurement_begun, t1);  // 60
  begin_waits(20);                                // 70: it began at 50
  begin_waits(5);                                 // 80
  w.rig.plain(EventKind::irqs_enabled, t1);
  w.rig.unlock(t0);
  w.rig.ret(t0);
  CHECK(w.stats.begun() == Cycle{60});
  CHECK(w.histogram("call.munmap.latency").count() == 0);
  CHECK(w.histogram("lock.ptl.held").count() == 0);
  CHECK(w.histogram("irqs_off").count() == 0);
  CHECK(w.counter("lock.ptl.acquired") == 0);
  CHECK(w.counter("lock.ptl.contended") == 1);
  CHECK(w.histogram("lock.ptl.wait").sum() == 5);
  CHECK(w.counter("ipi.sent") == 0);
  w.rig.call(t0, Call::munmap, 5);
  w.rig.ret(t0);
  CHECK(w.histogram("call.munmap.latency").sum() == 10);
}

TEST_CASE("The window of a pte that was revoked before the measured phase is not counted") {
  Watched w;
  w.rig.store(t0, 5, Rig::pte(9));
  w.rig.user(t0);
  w.rig.fill(t0, 5);
  w.rig.clear(t0, 5);
  w.rig.plain(EventKind::measurement_begun, t0);
  w.rig.drop(t0, 5);
  CHECK(w.histogram("window").count() == 0);
}

TEST_CASE("Flushes are counted by reason, with their pages, sends and batches are counted") {
  Watched w;
  w.rig.plain(EventKind::flush_done, t0, static_cast<std::uint64_t>(FlushReason::zap_block), 8);
  w.rig.plain(EventKind::flush_done, t0, static_cast<std::uint64_t>(FlushReason::zap_block), 0);
  w.rig.plain(EventKind::flush_done, t0, static_cast<std::uint64_t>(FlushReason::force), 1);
  w.rig.plain(EventKind::ipi_sent, t0);
  w.rig.note(t0, 4, 7);
  w.rig.flushed(t0, 7);
  CHECK(w.counter("flush.zap_block.count") == 2);
  CHECK(w.counter("flush.zap_block.pages") == 8);
  CHECK(w.counter("flush.force.pages") == 1);
  CHECK(w.counter("ipi.sent") == 1);
  CHECK(w.histogram("batch.size").max() == 7);
  CHECK(w.registry.find("batch.depth")->gauge->max() == 7);
}

TEST_CASE("The window is from a pte's revocation to the death of its last copy") {
  Watched w;
  w.rig.store(t0, 5, Rig::pte(9));  // 10
  w.rig.user(t0);                   // 20
  w.rig.fill(t0, 5);                // 30
  w.rig.user(t1);                   // 40
  w.rig.fill(t1, 5);                // 50
  w.rig.clear(t0, 5);               // 60
  w.rig.drop(t0, 5);                // 70
  CHECK(w.histogram("window").count() == 0);
  w.rig.drop(t1, 5);  // 80
  CHECK(w.histogram("window").count() == 1);
  CHECK(w.histogram("window").sum() == 20);
}

}  // namespace
}  // namespace mmulab
