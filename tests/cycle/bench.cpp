// SPDX-License-Identifier: MIT
#include "tests/cycle/bench.h"

#include <algorithm>

#include <fmt/format.h>

#include "models/machine/config.h"
#include "sim/lab/build.h"
#include "sim/lab/schema.h"
#include "tests/support/catch.h"

namespace mmulab::cycle {
namespace {

config::Values load(const std::string& scenario, const config::Overrides& overrides) {
  static const config::Schema schema = lab::schema();
  return config::load_text(schema, "cycle.toml", scenario, overrides,
                           config::SearchPath({MMULAB_SOURCE_DIR "/configs"}));
}

struct Stamper final : StepObserver {
  explicit Stamper(Timeline& into) : timeline(into) {}
  void on_step(AgentId agent, const Label& label) override {
    timeline.add({std::string(label.name()), agent.raw(), host->reached().raw()});
  }
  void on_store(const Label&, Location, std::uint64_t, std::uint64_t) override {}
  Timeline& timeline;
  const TimedHost* host = nullptr;
};

Timeline run(const config::Values& values) {
  fresh_systemc_kernel();
  Timeline timeline;
  Stamper stamper(timeline);
  workload::Plan plan = workload::make_plan(values, {table_geometry(values), topology(values).cpus(), 1});
  lab::System system(lab::system_parts(values, plan.limits));
  system.set_observer(&stamper);
  lab::populate(system, plan);
  stamper.host = &system.make_timed(TimedOptions{});
  system.run_timed();
  REQUIRE(system.finished());
  return timeline;
}

/// A value of its own for each constant, in the order of their paths or against it.
config::Overrides distinct(const config::Values& values, bool rising) {
  constexpr std::uint64_t least = 13, step = 5;
  const std::vector<std::string> paths = values.constants();
  config::Overrides overrides;
  for (std::size_t i = 0; i < paths.size(); ++i)
    overrides.push_back(fmt::format("{}={}", paths[i], least + step * (rising ? i : paths.size() - i)));
  return overrides;
}

bool ends_with(const std::string& path, const std::string& name) {
  return path.size() > name.size() && path.compare(path.size() - name.size(), name.size(), name) == 0 &&
         path[path.size() - name.size() - 1] == '.';
}

}  // namespace

std::uint64_t Costs::operator()(const std::string& name) const {
  std::vector<std::string> found;
  for (const std::string& path : values_.constants())
    if (ends_with(path, name)) found.push_back(path);
  INFO("constant " << name);
  REQUIRE(found.size() == 1);
  return values_.integer(found.front());
}

std::size_t Timeline::find(std::uint32_t cpu, const std::string& label, int n) const {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < stamps_.size(); ++i)
    if (stamps_[i].agent == cpu && stamps_[i].label == label) found.push_back(i);
  const auto index = n > 0 ? n - 1 : static_cast<int>(found.size()) + n;
  INFO("step " << label << " number " << n << " of cpu " << cpu << ", which made " << found.size());
  REQUIRE((index >= 0 && index < static_cast<int>(found.size())));
  return found[static_cast<std::size_t>(index)];
}

std::uint64_t Timeline::at(std::uint32_t cpu, const std::string& label, int n) const {
  return stamps_[find(cpu, label, n)].at;
}

std::uint64_t Timeline::length(std::uint32_t cpu, const std::string& label, int n) const {
  const std::size_t end = find(cpu, label, n);
  for (std::size_t i = end; i-- > 0;)
    if (stamps_[i].agent == cpu) return stamps_[end].at - stamps_[i].at;
  return stamps_[end].at;
}

std::uint64_t Timeline::span(std::uint32_t cpu, const std::string& from, const std::string& to, int n) const {
  const std::size_t begin = find(cpu, from, n);
  for (std::size_t i = begin + 1; i < stamps_.size(); ++i)
    if (stamps_[i].agent == cpu && stamps_[i].label == to) return stamps_[i].at - stamps_[begin].at;
  FAIL("cpu " << cpu << " made no step " << to << " behind that " << from);
  return 0;
}

std::string Timeline::told() const {
  constexpr std::size_t told_max = 1500;
  std::string text;
  std::vector<std::uint64_t> last(64, 0);
  const std::size_t from = stamps_.size() - std::min(stamps_.size(), told_max);
  for (std::size_t i = 0; i < stamps_.size(); ++i) {
    const Stamp& s = stamps_[i];
    std::uint64_t& before = last[std::min<std::size_t>(s.agent, last.size() - 1)];
    if (i >= from) text += fmt::format("{:>8} +{:<6} agent {} {}\n", s.at, s.at - before, s.agent, s.label);
    before = s.at;
  }
  return text;
}

void check(const std::string& scenario, const Probe& probe, const Formula& formula) {
  const config::Values shipped = load(scenario, {});
  for (const config::Overrides& overrides : {config::Overrides{}, distinct(shipped, true), distinct(shipped, false)}) {
    const config::Values values = load(scenario, overrides);
    const Timeline timeline = run(values);
    const std::uint64_t measured = probe(timeline);
    const std::uint64_t derived = formula(Costs(values));
    const bool equal = measured == derived;
    INFO(fmt::format("constants: {}\n{}", overrides.empty() ? "as shipped" : overrides.front(),
                     equal ? "" : timeline.told()));
    CHECK(measured == derived);
  }
}

}  // namespace mmulab::cycle
