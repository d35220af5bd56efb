// SPDX-License-Identifier: MIT
#include "sim/lab/count.h"

#include <fmt/format.h>

#include "models/machine/config.h"
#include "sim/config/diagnostic.h"
#include "sim/lab/architecture.h"
#include "workloads/trace/replay.h"

namespace mmulab::lab {
namespace {

/// 1 GiB of state, for all geometries together.
constexpr std::uint64_t words_max = std::uint64_t{1} << 27;

std::string text_of(const config::Values& values, const char* key) {
  return values.contains(key) ? values.text(key) : std::string{};
}

}  // namespace

std::string key_that_parts(const config::Values& first, const config::Values& second) {
  for (const char* key : {"machine.arch", "workload.file", "workload.fetches", "workload.parts"})
    if (text_of(first, key) != text_of(second, key)) return key;
  if (first.integer("machine.page_shift") != second.integer("machine.page_shift")) return "machine.page_shift";
  if (first.integers("machine.table_bits") != second.integers("machine.table_bits")) return "machine.table_bits";
  return {};
}

Counted count(const std::vector<config::Values>& points) {
  const config::Values& first = points.front();
  if (first.text("workload.kind") != "trace")
    throw config::Error(config::diagnose(
        first.position("workload.kind"),
        fmt::format("the workload is `{}`, and only a recording can be counted", first.text("workload.kind")),
        "workload.kind = \"trace\", workload.file = \"app.mmt\""));
  StateRoom room(words_max);
  std::vector<std::unique_ptr<CountedMmu>> mmus;
  std::vector<CountedMmu*> driven;
  const Architecture& architecture = architectures().find(first.text("machine.arch")).make;
  Counted counted;
  counted.recording = trace::recording_file(first);
  trace::TraceFile file(counted.recording);
  try {
    for (const config::Values& point : points) {
      mmus.push_back(architecture.make_counted(point, room));
      driven.push_back(mmus.back().get());
    }
    counted.totals = trace::count(file, trace::survey_options(first, table_geometry(first)), driven);
  } catch (const StateRoomFull& full) {
    throw config::Error(config::diagnose({}, fmt::format("the geometries are too large for one pass: {}", full.what()),
                                         "take smaller ones, or several passes"));
  }
  for (const CountedMmu* mmu : driven) counted.points.push_back(mmu->counts());
  return counted;
}

}  // namespace mmulab::lab
