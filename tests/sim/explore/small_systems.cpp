// SPDX-License-Identifier: MIT
#include "tests/sim/explore/small_systems.h"

#include <cstdio>
#include <set>

#include <sys/wait.h>
#include <unistd.h>

#include "sim/config/load.h"
#include "sim/lab/schema.h"

namespace mmulab::test {
namespace {

SearchResult search(const config::Values& values, const SearchWay& way, const SearchGoal& goal,
                    SearchLimits limits = {}) {
  lab::ExploredSystem system(values, OnViolation::count);
  Cursor cursor(system, way.cursor);
  Coverage coverage(false);
  limits.switches_max = way.switches_max;
  for (;;) {
    const SearchResult result = search_by(way.engine, cursor, limits, goal, coverage);
    if (result.end != SearchEnd::stale && !cursor.stale()) return result;
    cursor.begin_again();
  }
}

}  // namespace

SearchResult search_by(Engine engine, Cursor& cursor, const SearchLimits& limits, const SearchGoal& goal,
                       Coverage& coverage) {
  switch (engine) {
    case Engine::bfs: return search_breadth_first(cursor, limits, goal, coverage);
    case Engine::dfs: return search_depth_first(cursor, limits, goal, coverage);
    case Engine::dpor: return search_by_reversing(cursor, limits, goal, coverage);
  }
  return {};
}

std::string heap_script(unsigned pages, const std::vector<std::string>& tasks) {
  std::string text = "[workload]\nkind = 'script'\n[[workload.region]]\nname = 'heap'\npages = " +
                     std::to_string(pages) + "\n";
  for (std::size_t cpu = 0; cpu < tasks.size(); ++cpu)
    text += "[[workload.task]]\nname = '" + std::string(1, static_cast<char>('a' + cpu)) +
            "'\ncpu = " + std::to_string(cpu) + "\n" + tasks[cpu] + "\n";
  return text;
}

config::Values small_system(const std::string& text) {
  static const config::Schema schema = lab::schema();
  return config::load_text(schema, "small.toml", text, {}, config::SearchPath({MMULAB_SOURCE_DIR "/configs"}));
}

SearchResult exhaust(const config::Values& values, const SearchWay& way, SearchLimits limits) {
  SearchGoal goal;
  goal.exhaust = true;
  return search(values, way, goal, limits);
}

int exit_code_of(const std::function<void()>& what) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    static_cast<void>(freopen("/dev/null", "w", stderr));
    what();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void visit_moves(const config::Values& values, const std::function<void(Cursor&, const Move&)>& see) {
  lab::ExploredSystem system(values, OnViolation::count);
  Cursor cursor(system, CursorOptions{});
  SearchGoal goal;
  goal.exhaust = true;
  Coverage coverage(false);
  do {
    cursor.begin_again();
    search_depth_first(cursor, SearchLimits{}, goal, coverage);
  } while (cursor.stale());
  cursor.begin_again();
  std::set<std::pair<std::uint64_t, std::uint64_t>> visited;
  const std::function<void()> visit = [&] {
    const Fingerprint key = cursor.key();
    if (!visited.insert({key.high, key.low}).second) return;
    std::vector<Move> moves;
    cursor.list(moves);
    for (std::size_t i = 0; i < moves.size(); ++i) {
      see(cursor, moves[i]);
      cursor.push(moves[i]);
      if (const auto other = cursor.next_choice()) moves.push_back(*other);
      visit();
      cursor.pop();
    }
  };
  visit();
}

SearchResult find(const config::Values& values, const SearchWay& way) { return search(values, way, SearchGoal{}); }

}  // namespace mmulab::test
