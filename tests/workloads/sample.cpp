// SPDX-License-Identifier: MIT
#include "tests/workloads/sample.h"

namespace mmulab::workload::sample {
namespace {

const std::string setting = R"(
[[workload.region]]
name = 'heap'
pages = 64
[[workload.region]]
name = 'data'
pages = 16
kind = 'file_shared'
file = 'log'
[[workload.region]]
name = 'other'
pages = 4
mm = 1
[[workload.task]]
name = 'b'
cpu = 1
ops = ['yield']
[[workload.task]]
name = 'c'
cpu = 1
ops = ['yield']
[[workload.task]]
name = 'q'
cpu = 0
mm = 1
ops = ['yield']
)";

std::string with(const std::string& op) {
  return "[[workload.task]]\nname = 'a'\ncpu = 0\nops = ['" + op + "']\n" + setting +
         "[workload]\nkind = 'script'\n";
}

}  // namespace

PlanEnvironment wide(std::uint32_t cpus, std::uint64_t seed) {
  return {TableGeometry{PageShift{12}, {9, 9, 9, 9, 0}, 4}, cpus, seed};
}
PlanEnvironment tiny(std::uint32_t cpus) { return {TableGeometry{PageShift{12}, {2, 2, 0, 0, 0}, 2}, cpus, 1}; }

config::Schema schema() {
  config::Schema s;
  describe_workload(s);
  return s;
}

config::Values values(const std::string& text) { return config::load_text(schema(), "w.toml", text); }

Plan plan(const std::string& text, const PlanEnvironment& environment) {
  return make_plan(values(text), environment);
}

std::string problems(const std::string& text, const PlanEnvironment& environment) {
  try {
    (void)plan(text, environment);
    return {};
  } catch (const config::Error& error) {
    return error.what();
  }
}

std::string op_problems(const std::string& op) { return problems(with(op)); }

std::vector<Operation> parsed(const std::string& op) {
  Draft draft;
  draft.think_max = 90;
  draft.delay = 80;
  for (const char* name : {"heap", "data", "other"}) {
    RegionDraft region;
    region.name = name;
    region.pages = draft.regions.empty() ? 64 : draft.regions.size() == 1 ? 16 : 4;
    draft.regions.push_back(region);
  }
  draft.regions[1].kind = VmaKind::file_shared;
  draft.files.push_back({"log", 16});
  for (const char* name : {"a", "b", "c", "q"}) {
    TaskDraft task;
    task.name = name;
    draft.tasks.push_back(task);
  }
  Problems found;
  const auto statements = parse_script({{op}, {}}, draft, found);
  found.raise();
  std::vector<Operation> operations;
  for (const auto& statement : statements) operations.push_back(statement.operation);
  return operations;
}

}  // namespace mmulab::workload::sample
