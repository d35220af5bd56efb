// SPDX-License-Identifier: MIT
#include "tests/parity/recording.h"

#include <algorithm>

#include <fmt/format.h>

#include "models/machine/config.h"

namespace mmulab::test {
namespace {

class Recorder final : public StepObserver {
 public:
  explicit Recorder(Trace& trace) : trace_(trace) {}
  void on_step(AgentId agent, const Label& label) override { trace_.push_back({&label, agent, {}, 0, 0}); }
  void on_store(const Label& label, Location at, std::uint64_t old_value, std::uint64_t new_value) override {
    trace_.push_back({&label, AgentId::none(), at, old_value, new_value});
  }

 private:
  Trace& trace_;
};

std::string text_of(const TraceEntry& entry, const World& world) {
  if (entry.is_step()) return fmt::format("agent {} in {}", entry.agent, entry.label->name());
  return fmt::format("{} stores {:#x} over {:#x} at {}", entry.label->name(), entry.new_value, entry.old_value,
                     world.describe(entry.at));
}

/// Follows a trace as somebody else repeats it, and keeps the first entry that differs.
class Follower final : public StepObserver {
 public:
  Follower(const Trace& trace, const World& world) : trace_(trace), world_(world) {}
  void on_step(AgentId agent, const Label& label) override { follow({&label, agent, {}, 0, 0}); }
  void on_store(const Label& label, Location at, std::uint64_t old_value, std::uint64_t new_value) override {
    follow({&label, AgentId::none(), at, old_value, new_value});
  }
  [[nodiscard]] const std::string& difference() const { return difference_; }
  [[nodiscard]] const TraceEntry* next() const {
    return next_ < trace_.size() ? &trace_[next_] : nullptr;
  }
  [[nodiscard]] std::string expected() const { return next() == nullptr ? "the end" : text_of(*next(), world_); }
  void differ(const std::string& what) {
    if (difference_.empty()) difference_ = fmt::format("entry {}: {} instead of {}", next_, what, expected());
  }

 private:
  void follow(const TraceEntry& entry) {
    if (next() == nullptr || !(*next() == entry)) differ(text_of(entry, world_));
    ++next_;
  }

  const Trace& trace_;
  const World& world_;
  std::size_t next_ = 0;
  std::string difference_;
};

/// Why `decision` cannot be what the recording goes on with; empty if it can. Asked first, because a host that is told
/// to do the impossible ends the process.
std::string impossible(ExploredHost& host, const Decision& decision, const TraceEntry* next) {
  const AgentId agent = decision.agent;
  if (decision.kind == Decision::Kind::choice) return "a choice outside any step";
  if (decision.kind == Decision::Kind::interrupt)
    return host.interruptible(agent) ? "" : fmt::format("an interrupt of agent {} that is not pending", agent);
  if (next == nullptr || !next->is_step() || next->agent != agent) return fmt::format("a step of agent {}", agent);
  if (decision.kind == Decision::Kind::device) return {};
  if (!host.enabled(agent)) return fmt::format("a step of agent {} that is not enabled", agent);
  const Label& label = *host.pending(agent)->label;
  return &label == next->label ? "" : fmt::format("agent {} in {}", agent, label.name());
}

std::vector<std::uint64_t> words_of(const World& world) {
  std::vector<std::uint64_t> words(world.size_words());
  for (std::size_t w = 0; w < words.size(); ++w) words[w] = world.load(Location{static_cast<std::uint32_t>(w)});
  return words;
}

}  // namespace

AssembledSystem::AssembledSystem(const config::Values& values) {
  const workload::PlanEnvironment environment{table_geometry(values), topology(values).cpus(),
                                              values.integer("sim.seed")};
  plan_ = workload::make_plan(values, environment);
  system_ = lab::assemble_system(lab::system_parts(values, plan_.limits));
  lab::populate(*system_, plan_);
}

Recording record(const config::Values& values, Cycle until) {
  fresh_systemc_kernel();
  Recording recording;
  Recorder recorder(recording.trace);
  AssembledSystem system(values);
  system->set_observer(&recorder);
  TimedOptions options;
  options.seed = values.integer("sim.seed");
  options.until = until;
  system->make_timed(options).record_decisions(&recording.decisions);
  system->run_timed();
  recording.words = words_of(system->world);
  recording.final_state = system->world.computed_fingerprint();
  return recording;
}

std::string Replay::operator()(const Recording& recording, const std::vector<Decision>& decisions) {
  Follower follower(recording.trace, system_->world);
  system_->set_observer(&follower);
  ExploredHost& host = system_->make_explored();
  host.start();
  for (auto from = decisions.begin(); from != decisions.end();) {
    const auto to = std::find_if(from + 1, decisions.end(),
                                 [](const Decision& d) { return d.kind != Decision::Kind::choice; });
    if (const std::string why = impossible(host, *from, follower.next()); !why.empty()) follower.differ(why);
    if (!follower.difference().empty()) return follower.difference();
    host.replay({from, to});
    if (!follower.difference().empty()) return follower.difference();
    from = to;
  }
  if (follower.next() != nullptr) return fmt::format("the end instead of {}", follower.expected());
  return world_difference(recording);
}

std::string Replay::world_difference(const Recording& recording) {
  const World& world = system_->world;
  const std::vector<std::uint64_t> words = words_of(world);
  if (words.size() != recording.words.size()) return "Worlds of different sizes";
  const auto [mine, theirs] = std::mismatch(words.begin(), words.end(), recording.words.begin());
  if (mine != words.end()) {
    const Location at{static_cast<std::uint32_t>(mine - words.begin())};
    return fmt::format("{} ends as {:#x} instead of {:#x}", world.describe(at), *mine, *theirs);
  }
  return world.fingerprint() == recording.final_state ? "" : "the fingerprint alone differs";
}

}  // namespace mmulab::test
