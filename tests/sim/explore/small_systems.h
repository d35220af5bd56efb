// SPDX-License-Identifier: MIT
// Systems so small that every engine sees all of them, and ways to search one.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sim/explore/search.h"
#include "sim/lab/explored_system.h"

namespace mmulab::test {

/// The table [workload]: a script with one region, `heap`, and a task on each cpu; `tasks` are their further keys.
[[nodiscard]] std::string heap_script(unsigned pages, const std::vector<std::string>& tasks);

[[nodiscard]] config::Values small_system(const std::string& text);

enum class Engine : std::uint8_t { bfs, dfs, dpor };

struct SearchWay {
  Engine engine = Engine::dfs;
  CursorOptions cursor;
  std::uint64_t switches_max = SearchLimits::none;
};

[[nodiscard]] SearchResult search_by(Engine engine, Cursor& cursor, const SearchLimits& limits, const SearchGoal& goal,
                                     Coverage& coverage);
/// Sees everything, violations or not; begins again as often as shortcuts turn out unfounded.
[[nodiscard]] SearchResult exhaust(const config::Values& values, const SearchWay& way, SearchLimits limits = {});
/// Every move of every state, when all that there is to learn has been learned.
void visit_moves(const config::Values& values, const std::function<void(Cursor&, const Move&)>& see);
/// The exit code of a process that does this; it writes nothing to standard error.
[[nodiscard]] int exit_code_of(const std::function<void()>& what);
/// Up to the first violation.
[[nodiscard]] SearchResult find(const config::Values& values, const SearchWay& way);

}  // namespace mmulab::test
