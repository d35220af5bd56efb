// SPDX-License-Identifier: MIT
#include "sim/archive/schema.h"

#include <fmt/format.h>

namespace mmulab::archive {
namespace {

constexpr const char* tables = R"sql(
-- One simulation or exploration.
CREATE TABLE runs(
  id INTEGER PRIMARY KEY,        -- in the order of the hashes
  hash TEXT NOT NULL UNIQUE,     -- the point's, or the result's own
  version TEXT NOT NULL,         -- of mmulab
  verb TEXT NOT NULL,            -- run, check
  status TEXT NOT NULL,          -- ran, refused, failed
  exit_code INTEGER,             -- null for a result that is no point of a sweep
  reason TEXT NOT NULL,          -- why it did not run
  stderr TEXT NOT NULL,          -- the end of what it wrote
  config_hash TEXT, seed INTEGER,
  title TEXT, machine TEXT, arch TEXT, kernel TEXT, strategy TEXT, workload TEXT,
  sockets INTEGER, cores INTEGER, threads INTEGER, frequency_mhz INTEGER,
  verdict TEXT, as_expected INTEGER, end_reason TEXT,
  measured_first INTEGER, measured_last INTEGER,  -- cycles that the statistics cover
  digest TEXT NOT NULL           -- of the result's JSON
);
-- What was varied: axis and value.
CREATE TABLE parameters(
  run INTEGER NOT NULL REFERENCES runs, name TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY(run, name)) WITHOUT ROWID;
-- What is measured, and in what.
CREATE TABLE metrics(
  id INTEGER PRIMARY KEY, version TEXT NOT NULL, name TEXT NOT NULL,
  kind TEXT NOT NULL,            -- counter, gauge, histogram
  unit TEXT NOT NULL, description TEXT NOT NULL,
  UNIQUE(version, name));
-- Counters and gauges.
CREATE TABLE stats(
  run INTEGER NOT NULL REFERENCES runs, metric INTEGER NOT NULL REFERENCES metrics,
  value INTEGER NOT NULL, max INTEGER,  -- of gauges: the greatest
  PRIMARY KEY(run, metric)) WITHOUT ROWID;
-- All but count and sum are null where count is 0.
CREATE TABLE histograms(
  run INTEGER NOT NULL REFERENCES runs, metric INTEGER NOT NULL REFERENCES metrics,
  count INTEGER NOT NULL, sum INTEGER NOT NULL,
  min INTEGER, max INTEGER, p50 INTEGER, p90 INTEGER, p99 INTEGER,
  PRIMARY KEY(run, metric)) WITHOUT ROWID;
CREATE TABLE violations(
  run INTEGER NOT NULL REFERENCES runs, number INTEGER NOT NULL,
  invariant TEXT NOT NULL, class TEXT NOT NULL, expected INTEGER NOT NULL,
  cycle INTEGER, cpu INTEGER, task TEXT, mm INTEGER, va TEXT,
  message TEXT NOT NULL, story TEXT NOT NULL,  -- a JSON array of lines
  PRIMARY KEY(run, number)) WITHOUT ROWID;
-- How often each invariant had something to judge.
CREATE TABLE checks(
  run INTEGER NOT NULL REFERENCES runs, invariant TEXT NOT NULL,
  status TEXT NOT NULL, exercised INTEGER NOT NULL,
  PRIMARY KEY(run, invariant)) WITHOUT ROWID;
-- How often each goal was reached; vacuous: the scenario names it, and it never was.
CREATE TABLE goals(
  run INTEGER NOT NULL REFERENCES runs, goal TEXT NOT NULL,
  reached INTEGER NOT NULL, vacuous INTEGER NOT NULL,
  PRIMARY KEY(run, goal)) WITHOUT ROWID;
-- What the verdict rests on, in the result's order.
CREATE TABLE assumptions(
  run INTEGER NOT NULL REFERENCES runs, number INTEGER NOT NULL, assumption TEXT NOT NULL,
  PRIMARY KEY(run, number)) WITHOUT ROWID;
CREATE TABLE sweeps(
  id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, version TEXT NOT NULL, verb TEXT NOT NULL,
  plan TEXT NOT NULL, overrides TEXT NOT NULL, axes TEXT NOT NULL,  -- the file's text; two JSON arrays
  points INTEGER NOT NULL);
-- Which run is which point of which sweep.
CREATE TABLE points(
  sweep INTEGER NOT NULL REFERENCES sweeps, number INTEGER NOT NULL, run INTEGER NOT NULL REFERENCES runs,
  PRIMARY KEY(sweep, number)) WITHOUT ROWID;
)sql";

constexpr const char* views = R"sql(
-- Tidy: a number a row. A histogram is NAME.count, .mean, .min, .max, .p50, .p90, .p99; a goal goal.NAME.
CREATE VIEW observations AS
  SELECT run, name AS metric, unit, value FROM stats JOIN metrics ON metrics.id = metric
  UNION ALL SELECT run, name || '.max', unit, max FROM stats JOIN metrics ON metrics.id = metric WHERE max IS NOT NULL
  UNION ALL SELECT run, name || '.count', '1', count FROM histograms JOIN metrics ON metrics.id = metric
  UNION ALL SELECT run, name || '.mean', unit, 1.0 * sum / count FROM histograms JOIN metrics ON metrics.id = metric
    WHERE count > 0
  UNION ALL SELECT run, name || '.min', unit, min FROM histograms JOIN metrics ON metrics.id = metric WHERE count > 0
  UNION ALL SELECT run, name || '.max', unit, max FROM histograms JOIN metrics ON metrics.id = metric WHERE count > 0
  UNION ALL SELECT run, name || '.p50', unit, p50 FROM histograms JOIN metrics ON metrics.id = metric WHERE count > 0
  UNION ALL SELECT run, name || '.p90', unit, p90 FROM histograms JOIN metrics ON metrics.id = metric WHERE count > 0
  UNION ALL SELECT run, name || '.p99', unit, p99 FROM histograms JOIN metrics ON metrics.id = metric WHERE count > 0
  UNION ALL SELECT run, 'goal.' || goal, '1', reached FROM goals;
-- What was varied besides the seed, in one text: runs of one setting repeat one another.
CREATE VIEW settings AS
  SELECT id AS run, coalesce((SELECT group_concat(name || '=' || value, ' ') FROM parameters
    WHERE parameters.run = runs.id AND name <> 'sim.seed'), '') AS setting FROM runs;
-- Each metric over the repeats of each setting.
CREATE VIEW means AS
  SELECT setting, metric, unit, count(*) AS runs, avg(value) AS mean, min(value) AS min, max(value) AS max
  FROM observations JOIN settings USING(run) GROUP BY setting, metric, unit;
CREATE VIEW verdicts AS
  SELECT setting, status, verdict, count(*) AS runs FROM runs JOIN settings ON run = id
  GROUP BY setting, status, verdict;
-- What has no result, or one that nobody expected.
CREATE VIEW failures AS
  SELECT hash, setting, seed, status, verdict, exit_code, reason FROM runs JOIN settings ON run = id
  WHERE status <> 'ran' OR coalesce(as_expected, 0) = 0;
)sql";

}  // namespace

std::string schema_text() {
  return fmt::format("PRAGMA application_id = {};\nPRAGMA user_version = {};\n", application_id, schema_version) +
         tables + views;
}

}  // namespace mmulab::archive
