// SPDX-License-Identifier: MIT
#include "sim/archive/writer.h"

#include <algorithm>
#include <array>
#include <tuple>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/archive/schema.h"
#include "sim/config/diagnostic.h"
#include "sim/units/assert.h"

namespace mmulab::archive {
namespace {

void bind(Statement& statement, int place, const Integer& value) {
  if (value) statement.bind_count(place, *value);
  else statement.bind_null(place);
}

void bind(Statement& statement, int place, const std::optional<std::string>& value) {
  if (value) statement.bind(place, *value);
  else statement.bind_null(place);
}

void bind_subject(Statement& s, const ResultRows& rows) {
  s.bind(9, rows.config_hash).bind_count(10, rows.seed).bind(11, rows.title).bind(12, rows.machine).bind(13, rows.arch);
  s.bind(14, rows.kernel).bind(15, rows.strategy).bind(16, rows.workload);
  s.bind_count(17, rows.sockets).bind_count(18, rows.cores).bind_count(19, rows.threads);
  bind(s, 20, rows.frequency_mhz);
  s.bind(21, rows.verdict).bind(22, std::int64_t{rows.as_expected ? 1 : 0});
  bind(s, 23, rows.end_reason);
  bind(s, 24, rows.measured_first);
  bind(s, 25, rows.measured_last);
}

constexpr int digest_place = 26;

std::string array_of(const std::vector<std::string>& texts) {
  return nlohmann::json(texts).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// The tables whose rows are copied as they are, but for the run's id; and their other columns.
constexpr std::array<std::pair<const char*, const char*>, 5> plain_tables{
    {{"parameters", "name, value"},
     {"violations", "number, invariant, class, expected, cycle, cpu, task, mm, va, message, story"},
     {"checks", "invariant, status, exercised"},
     {"goals", "goal, reached, vacuous"},
     {"assumptions", "number, assumption"}}};

}  // namespace

struct Writer::Statements {
  explicit Statements(Database& d)
      : run(d, "INSERT INTO runs VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"),
        parameter(d, "INSERT INTO parameters VALUES(?,?,?)"),
        metric(d, "INSERT INTO metrics VALUES(?,?,?,?,?,?)"),
        stat(d, "INSERT INTO stats VALUES(?,?,?,?)"),
        histogram(d, "INSERT INTO histograms VALUES(?,?,?,?,?,?,?,?,?)"),
        violation(d, "INSERT INTO violations VALUES(?,?,?,?,?,?,?,?,?,?,?,?)"),
        check(d, "INSERT INTO checks VALUES(?,?,?,?)"),
        goal(d, "INSERT INTO goals VALUES(?,?,?,?)"),
        assumption(d, "INSERT INTO assumptions VALUES(?,?,?)") {}
  Statement run, parameter, metric, stat, histogram, violation, check, goal, assumption;
};

Writer::Writer(const std::string& file) : database_(file, Database::Mode::make) {
  // Nobody sees the file before it is whole.
  database_.execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA page_size = 4096;");
  database_.execute(schema_text());
  database_.execute("BEGIN");
  statements_ = std::make_unique<Statements>(database_);
}

Writer::~Writer() = default;

std::int64_t Writer::begin_run(const std::string& hash) {
  const auto id = static_cast<std::int64_t>(run_ids_.size()) + 1;
  MMULAB_ASSERT(run_ids_.empty() || run_ids_.rbegin()->first < hash, "runs come in the order of their hashes");
  run_ids_[hash] = id;
  return id;
}

std::int64_t Writer::metric(const std::string& version, const std::string& name, const std::string& kind,
                            const std::string& unit, const std::string& description) {
  auto& known = metrics_[version];
  const auto found = known.find(name);
  if (found != known.end()) return found->second;
  const std::int64_t id = ++metric_count_;
  known.emplace(name, id);
  Statement& s = statements_->metric;
  s.bind(1, id).bind(2, version).bind(3, name).bind(4, kind).bind(5, unit).bind(6, description).run();
  return id;
}

void Writer::add(const ReadResult& result) {
  const sweep::PointRecord& record = result.record;
  const std::int64_t run = begin_run(record.hash);
  Statement& s = statements_->run;
  for (int place = 9; place < digest_place; ++place) s.bind_null(place);
  s.bind(1, run).bind(2, record.hash).bind(3, record.version).bind(4, result.verb).bind(5, name_of(record.status));
  s.bind(7, record.reason).bind(8, record.complaint).bind(digest_place, result.digest);
  if (record.plan.empty()) s.bind_null(6);
  else s.bind(6, std::int64_t{record.exit_code});
  if (!record.result.empty()) bind_subject(s, result.rows);
  s.run();
  sweep::Parameters parameters = record.parameters;
  std::sort(parameters.begin(), parameters.end());
  for (const auto& [name, value] : parameters)
    statements_->parameter.bind(1, run).bind(2, name).bind(3, value).run();
  // Tables grow in one order, here as in copy(), for a file's pages are given out in the order in which they are
  // needed.
  add_violations(run, result.rows);
  for (const auto& [invariant, row] : result.rows.checks)
    statements_->check.bind(1, run).bind(2, invariant).bind(3, row.status).bind_count(4, row.exercised).run();
  for (const auto& [goal, row] : result.rows.goals)
    statements_->goal.bind(1, run).bind(2, goal).bind_count(3, row.reached).bind(4, std::int64_t{row.vacuous}).run();
  std::int64_t number = 0;
  for (const auto& assumption : result.rows.assumptions)
    statements_->assumption.bind(1, run).bind(2, ++number).bind(3, assumption).run();
  add_stats(run, result.rows);
}

/// Metrics are numbered by name within a run, rows written by number.
void Writer::add_stats(std::int64_t run, const ResultRows& rows) {
  std::vector<std::pair<std::int64_t, const StatRow*>> numbered;
  for (const auto& [name, row] : rows.stats)
    numbered.emplace_back(metric(rows.version, name, row.kind, row.unit, row.description), &row);
  std::sort(numbered.begin(), numbered.end());
  for (const auto& [id, row] : numbered) {
    if (row->kind == "histogram") continue;
    Statement& s = statements_->stat;
    s.bind(1, run).bind(2, id).bind_count(3, row->value);
    bind(s, 4, row->max);
    s.run();
  }
  for (const auto& [id, row] : numbered) {
    if (row->kind != "histogram") continue;
    Statement& s = statements_->histogram;
    s.bind(1, run).bind(2, id).bind_count(3, row->count).bind_count(4, row->sum);
    int place = 5;
    for (const Integer* value : {&row->min, &row->max, &row->p50, &row->p90, &row->p99}) bind(s, place++, *value);
    s.run();
  }
}

void Writer::add_violations(std::int64_t run, const ResultRows& rows) {
  std::int64_t number = 0;
  for (const ViolationRow& row : rows.violations) {
    Statement& s = statements_->violation;
    s.bind(1, run).bind(2, ++number).bind(3, row.invariant).bind(4, row.class_id);
    s.bind(5, std::int64_t{row.expected ? 1 : 0});
    bind(s, 6, row.cycle);
    bind(s, 7, row.cpu);
    bind(s, 8, row.task);
    bind(s, 9, row.mm);
    bind(s, 10, row.va);
    s.bind(11, row.message).bind(12, row.story).run();
  }
}

void Writer::copy(const std::string& hash, const std::string& attached) {
  const std::int64_t to = begin_run(hash);
  Statement find(database_, "SELECT id FROM " + attached + ".runs WHERE hash = ?");
  find.bind(1, hash);
  const bool found = find.step();
  MMULAB_ASSERT(found, "a run is copied from an archive that has it");
  const std::int64_t from = find.integer(0);
  database_.execute(
      fmt::format("INSERT INTO main.runs SELECT {}, hash, version, verb, status, exit_code, reason, stderr, "
                  "config_hash, seed, title, machine, arch, kernel, strategy, workload, sockets, cores, "
                  "threads, frequency_mhz, verdict, as_expected, end_reason, measured_first, "
                  "measured_last, digest FROM {}.runs WHERE id = {}",
                  to, attached, from));
  for (const auto& [table, columns] : plain_tables)
    database_.execute(fmt::format("INSERT INTO main.{0} SELECT {1}, {2} FROM {3}.{0} WHERE run = {4} ORDER BY 1, 2",
                                  table, to, columns, attached, from));
  copy_metrics(from, to, attached);
}

void Writer::copy_metrics(std::int64_t from, std::int64_t to, const std::string& attached) {
  Statement used(database_,
                 fmt::format("SELECT version, name, kind, unit, description FROM {0}.metrics WHERE id IN (SELECT "
                             "metric FROM {0}.stats WHERE run = {1} UNION SELECT metric FROM {0}.histograms "
                             "WHERE run = {1}) ORDER BY version, name",
                             attached, from));
  while (used.step()) metric(used.text(0), used.text(1), used.text(2), used.text(3), used.text(4));
  const auto rows = [&](const char* table, const char* columns) {
    database_.execute(fmt::format("INSERT INTO main.{0} SELECT {1}, mine.id, {2} FROM {3}.{0} AS t JOIN {3}.metrics AS "
                                  "theirs ON theirs.id = t.metric JOIN main.metrics AS mine ON mine.version = "
                                  "theirs.version AND mine.name = theirs.name WHERE t.run = {4} ORDER BY mine.id",
                                  table, to, columns, attached, from));
  };
  rows("stats", "t.value, t.max");
  rows("histograms", "t.count, t.sum, t.min, t.max, t.p50, t.p90, t.p99");
}

void Writer::note_sweep(const sweep::SweepRecord& sweep) {
  const auto [place, is_new] = sweeps_.try_emplace(sweep.hash, sweep);
  // Plans that say the same in other words: which text stays must not depend on the order.
  if (!is_new && std::tie(sweep.plan, sweep.overrides) < std::tie(place->second.plan, place->second.overrides))
    place->second = sweep;
}

void Writer::note_point(const std::string& sweep, std::uint64_t number, const std::string& run,
                        const std::string& file) {
  const auto [place, is_new] = points_.try_emplace({sweep, number}, run);
  if (is_new || place->second == run) return;
  throw config::Error(
      config::diagnose({}, fmt::format("{}: point {} of sweep {} is another one elsewhere: {}, not {}", file, number,
                                       sweep.substr(0, 12), place->second.substr(0, 12), run.substr(0, 12))));
}

std::uint64_t Writer::points_of(const std::string& sweep) const {
  const auto first = points_.lower_bound({sweep, 0});
  const auto last = points_.upper_bound({sweep, UINT64_MAX});
  return static_cast<std::uint64_t>(std::distance(first, last));
}

void Writer::finish() {
  std::map<std::string, std::int64_t> ids;
  for (const auto& [hash, sweep] : sweeps_) {
    const auto id = static_cast<std::int64_t>(ids.size()) + 1;
    ids[hash] = id;
    const std::string overrides = array_of(sweep.overrides);
    const std::string axes = array_of(sweep.axes);
    Statement s(database_, "INSERT INTO sweeps VALUES(?,?,?,?,?,?,?,?)");
    s.bind(1, id).bind(2, hash).bind(3, sweep.version).bind(4, sweep.verb).bind(5, sweep.plan);
    s.bind(6, overrides).bind(7, axes).bind_count(8, sweep.points).run();
  }
  // The names of the sweeps ascend as their numbers do.
  Statement s(database_, "INSERT INTO points VALUES(?,?,?)");
  for (const auto& [point, run] : points_)
    s.bind(1, ids.at(point.first)).bind_count(2, point.second).bind(3, run_ids_.at(run)).run();
  statements_.reset();
  database_.execute("COMMIT");
}

}  // namespace mmulab::archive
