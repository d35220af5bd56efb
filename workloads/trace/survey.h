// SPDX-License-Identifier: MIT
// A trace read once before its replay: which tasks and address spaces there are and who makes whom, and how many
// frames and tables they can need in whatever order the replay performs them. Memory depends on tasks and on pages
// touched, not on the length.
#pragma once

#include <array>
#include <memory>

#include "models/mm/geometry.h"
#include "workloads/trace/reader.h"
#include "workloads/trace/relocation.h"

namespace mmulab::trace {

/// What of fetches is replayed: none, those that come to another page, all.
enum class Fetches : std::uint8_t { none, pages, all };

struct SurveyOptions {
  TableGeometry geometry;
  Fetches fetches = Fetches::none;
  bool refuses_parts = false;  ///< calls on parts of simulated pages
};

/// The mms that a task runs in, one after another; each but the first is an execve's.
struct TaskPlan {
  std::uint32_t tid = 0, pid = 0;
  std::vector<std::uint64_t> blocks;  ///< where they begin
  TaskNo creator = no_task;
  CallKind born_by = CallKind::none;
  std::uint32_t creators_image = 0;
  std::vector<std::uint32_t> mms;
};

struct Survey {
  std::vector<TaskPlan> tasks;
  std::vector<TaskNo> roots;          ///< whom nobody creates
  std::vector<std::uint32_t> parents;  ///< of each mm: the one it is a copy of, or no_mm
  static constexpr std::uint32_t no_mm = ~std::uint32_t{0};
  std::uint64_t frames = 0, tables = 0;
  TraceTotals totals;
  Relocation relocation;
};

/// Throws config::Error for a trace that is damaged, that has more than a simulation can hold, or that makes no sense.
Survey survey(TraceFile& file, const SurveyOptions& options);

}  // namespace mmulab::trace
