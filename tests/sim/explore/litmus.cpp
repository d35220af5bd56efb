// SPDX-License-Identifier: MIT
#include "tests/sim/explore/litmus.h"

#include "sim/events/stream.h"
#include "tests/support/catch.h"

namespace mmulab::test {
namespace {

using Word = Cell<std::uint64_t>;

const Label load_label{"litmus.load", "test_flag"};
const Label store_label{"litmus.store", "test_flag"};
const Label release_label{"litmus.store_release", "test_flag", Ordering::release};
const Label atomic_label{"litmus.add_atomically", "test_flag", Ordering::atomic};
const Label mb_label{"litmus.mb", "test_flag", Ordering::full};
const Label wmb_label{"litmus.wmb", "test_flag", Ordering::fence};
const Label lock_label{"litmus.lock", "test_flag", Ordering::atomic};
const Label unlock_label{"litmus.unlock", "test_flag", Ordering::release};
const Label tell_label{"litmus.tell", "test_flag"};
const Label interrupt_label{"litmus.interrupt", "test_flag", Ordering::atomic};
const Label enter_label{"litmus.enter", "test_flag", Ordering::atomic};
const Label await_label{"litmus.await", "test_flag"};
const Label mask_label{"litmus.mask", "test_flag", Ordering::atomic};

struct LineFields {
  enum : std::uint32_t { pending, masked, words };
};

/// The handler tells one more than word 0 holds.
class LitmusInterrupts final : public Interrupts {
 public:
  LitmusInterrupts(const World& world, const Region& lines, const Region& memory, const Region& results)
      : world_(world), lines_(lines), memory_(memory), results_(results) {}
  bool deliverable(CpuId cpu) const override {
    return world_.load(pending_word(cpu)) != 0 && world_.load(lines_.at(cpu.raw(), LineFields::masked)) == 0;
  }
  Location pending_word(CpuId cpu) const override { return lines_.at(cpu.raw(), LineFields::pending); }
  void take(Context& ctx) override {
    const auto line = lines_.cell<std::uint64_t>(ctx.cpu().raw(), LineFields::pending);
    const auto seen = memory_.cell<std::uint64_t>(0, 0);
    const auto told = results_.cell<std::uint64_t>(0, litmus_results - 1);
    const auto masked = lines_.cell<std::uint64_t>(ctx.cpu().raw(), LineFields::masked);
    // Like interrupt entry, it names what keeps it out.
    ctx.step_uninterrupted(enter_label, writes(line, told).reads(seen, masked), [&](Access& a) {
      MMULAB_ASSERT(a.read(masked) == 0, "nobody is interrupted who does not let that in");
      a.write(line, std::uint64_t{0});
      a.write(told, a.read(seen) + 1);
    });
  }

 private:
  const World& world_;
  const Region& lines_;
  const Region& memory_;
  const Region& results_;
};

class Litmus : public Explorable {
 public:
  Litmus(const LitmusProgram& program, const LitmusRun& run)
      : program_(program),
        memory_(world_.allocate("memory", 1, litmus_words, Coherence::memory)),
        results_(world_.allocate("results", 1, litmus_results, Coherence::internal)),
        lines_(world_.allocate("lines", program.size(), LineFields::words, Coherence::internal)),
        host_(world_, static_cast<std::uint32_t>(program.size())) {
    host_.set_interrupts(&interrupts_);
    if (run.model != MemoryModel::sc) {
      buffers_ = std::make_unique<StoreBuffers>(world_, run.model, host_.cpus(), run.store_buffer);
      drain_ = std::make_unique<StoreDrain>(*buffers_);
    }
    world_.start_tracking();
    begin_ = world_.mark();
    place();
  }

  World& world() override { return world_; }
  EventStream& events() override { return events_; }
  ExploredHost& host() override { return host_; }
  Checker& checker() override { return checker_; }
  const std::vector<Context*>& contexts() const override { return contexts_; }
  bool finished() const override {
    for (std::uint32_t c = 0; c < host_.cpus(); ++c)
      if (host_.cpu_state(CpuId{c}).pending != nullptr) return false;
    return buffers_ == nullptr || buffers_->empty();
  }
  void run_up() override {}
  Concern concern(const Event&) const override { return {}; }
  bool winds_down(AgentId) const override { return false; }
  bool is_idle(CpuId) const override { return false; }
  bool takes_spinlock(const Event& event) const override { return event.kind == EventKind::lock_acquired; }
  void conclude() override {
    std::vector<std::uint64_t> outcome;
    for (std::uint32_t n = 0; n < litmus_results; ++n) outcome.push_back(world_.load(results_.at(0, n)));
    for (std::uint32_t n = 0; n < litmus_words; ++n) outcome.push_back(world_.load(memory_.at(0, n)));
    outcomes.insert(outcome);
  }
  void report_deadlock() override { FAIL("a litmus program never waits for ever"); }
  void restart() override {
    world_.undo_to(begin_);
    host_.clear();
    place();
  }

  Outcomes outcomes;

 private:
  struct Body {
    Litmus* litmus;
    const std::function<void(LitmusCpu&)>* function;
  };

  void place() {
    owned_.clear();
    contexts_.clear();
    bodies_.clear();
    for (const auto& function : program_) bodies_.push_back({this, &function});
    if (drain_ != nullptr) host_.set_store_buffers(buffers_.get(), host_.add_device(*drain_));
    for (std::uint32_t c = 0; c < host_.cpus(); ++c) {
      owned_.push_back(std::make_unique<Context>(host_, world_, TaskId{c}));
      Context& context = *owned_.back();
      context.set_events(&events_);
      context.set_store_buffers(buffers_.get());
      context.prepare(64 * 1024, &Litmus::run, &bodies_[c]);
      host_.place(context, CpuId{c});
      contexts_.push_back(&context);
    }
  }

  static void run(Context& ctx, void* argument) {
    const Body& body = *static_cast<Body*>(argument);
    LitmusCpu cpu(ctx, body.litmus->memory_, body.litmus->results_, body.litmus->lines_);
    (*body.function)(cpu);
  }

  const LitmusProgram& program_;
  World world_;
  Region memory_;
  Region results_;
  Region lines_;
  LitmusInterrupts interrupts_{world_, lines_, memory_, results_};
  EventStream events_;
  Checker checker_{CheckerOptions{}};
  ExploredHost host_;
  std::unique_ptr<StoreBuffers> buffers_;
  std::unique_ptr<StoreDrain> drain_;
  World::JournalMark begin_;
  std::vector<Body> bodies_;
  std::vector<std::unique_ptr<Context>> owned_;
  std::vector<Context*> contexts_;
};

}  // namespace

std::uint64_t LitmusCpu::load(std::uint32_t word) {
  const auto cell = memory_.cell<std::uint64_t>(0, word);
  return ctx_.step(load_label, reads(cell), [&](Access& a) { return a.read(cell); });
}

void LitmusCpu::load_and_forget(std::uint32_t word) {
  const Conclusion nothing(ctx_);
  static_cast<void>(load(word));
}
void LitmusCpu::store(std::uint32_t word, std::uint64_t value) {
  const auto cell = memory_.cell<std::uint64_t>(0, word);
  ctx_.step(store_label, writes(cell), [&](Access& a) { a.write(cell, value); });
}

void LitmusCpu::store_release(std::uint32_t word, std::uint64_t value) {
  const auto cell = memory_.cell<std::uint64_t>(0, word);
  ctx_.step(release_label, writes(cell), [&](Access& a) { a.write(cell, value); });
}

void LitmusCpu::add_atomically(std::uint32_t word) {
  const auto cell = memory_.cell<std::uint64_t>(0, word);
  ctx_.step(atomic_label, writes(cell), [&](Access& a) { a.add(cell, std::uint64_t{1}); });
}

void LitmusCpu::add(std::uint32_t word) {
  const std::uint64_t old = load(word);
  store(word, old + 1);
}

void LitmusCpu::mb() {
  ctx_.step(mb_label, Footprint{}, [](Access&) {});
}

void LitmusCpu::wmb() {
  ctx_.step(wmb_label, Footprint{}, [](Access&) {});
}

void LitmusCpu::lock(std::uint32_t word) {
  const auto cell = memory_.cell<std::uint64_t>(0, word);
  ctx_.step_when(lock_label, writes(cell), [&](const Access& a) { return a.read(cell) == 0; }, [&](Access& a) {
    a.write(cell, std::uint64_t{ctx_.task().raw()} + 1);
    Event event{EventKind::lock_acquired};
    event.location = cell.at;
    emit(a, event);
  });
}

void LitmusCpu::unlock(std::uint32_t word) {
  const auto cell = memory_.cell<std::uint64_t>(0, word);
  ctx_.step(unlock_label, writes(cell), [&](Access& a) { a.write(cell, std::uint64_t{0}); });
}

void LitmusCpu::tell(std::uint32_t result, std::uint64_t value) {
  const auto cell = results_.cell<std::uint64_t>(0, result);
  ctx_.step(tell_label, writes(cell), [&](Access& a) { a.write(cell, value); });
}

void LitmusCpu::interrupt(CpuId cpu) {
  const auto line = lines_.cell<std::uint64_t>(cpu.raw(), LineFields::pending);
  ctx_.step(interrupt_label, writes(line), [&](Access& a) { a.write(line, std::uint64_t{1}); });
}

void LitmusCpu::await_interrupt() {
  const auto told = results_.cell<std::uint64_t>(0, litmus_results - 1);
  ctx_.step_when(await_label, reads(told), [&](const Access& a) { return a.read(told) != 0; }, [](Access&) {});
}

void LitmusCpu::mask() {
  const auto masked = lines_.cell<std::uint64_t>(ctx_.cpu().raw(), LineFields::masked);
  ctx_.step(mask_label, writes(masked), [&](Access& a) { a.write(masked, std::uint64_t{1}); });
}

void LitmusCpu::unmask() {
  const auto masked = lines_.cell<std::uint64_t>(ctx_.cpu().raw(), LineFields::masked);
  ctx_.step(mask_label, writes(masked), [&](Access& a) { a.write(masked, std::uint64_t{0}); });
}

LitmusResult explore(const LitmusProgram& program, const LitmusRun& run) {
  Litmus litmus(program, run);
  Cursor cursor(litmus, run.way.cursor);
  Coverage coverage(false);
  SearchLimits limits;
  limits.switches_max = run.way.switches_max;
  SearchGoal goal;
  goal.exhaust = true;
  for (;;) {
    litmus.outcomes.clear();
    const SearchResult result = search_by(run.way.engine, cursor, limits, goal, coverage);
    CHECK(litmus.world().fingerprint() == litmus.world().computed_fingerprint());
    if (result.end != SearchEnd::stale && !cursor.stale())
      return {litmus.outcomes, result.final_states, result.states, result.end == SearchEnd::complete};
    cursor.begin_again();
  }
}

Outcomes outcomes_of(const LitmusProgram& program, MemoryModel model, std::uint32_t store_buffer) {
  LitmusRun plain{model, store_buffer, {}};
  plain.way.cursor.reduces = false;
  const LitmusResult all = explore(program, plain);
  CHECK(all.complete);
  for (const Engine engine : {Engine::dfs, Engine::bfs, Engine::dpor})
    for (const bool reduces : {false, true}) {
      LitmusRun run = plain;
      run.way.engine = engine;
      run.way.cursor.reduces = reduces;
      const LitmusResult same = explore(program, run);
      const char* engine_name = engine == Engine::dpor ? " dpor" : engine == Engine::bfs ? " bfs" : " dfs";
      INFO(name_of(model) << engine_name << (reduces ? " reduced" : ""));
      CHECK(same.complete);
      CHECK(same.outcomes == all.outcomes);
      CHECK(same.final_states == all.final_states);
      CHECK(same.states <= all.states);
    }
  return all.outcomes;
}

}  // namespace mmulab::test
