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

TEST_CASE("A call's latency is from its entry to its return, by task; a fault inside it is counted apart") {
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

TEST_CASE("Flushes are counted by reason, with their pages; sends and batches are counted") {
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
