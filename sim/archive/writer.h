// SPDX-License-Identifier: MIT
// Fills a new archive. Runs come in ascending order of their hashes, so that an archive's bytes follow from what it
// holds alone.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "sim/archive/database.h"
#include "sim/archive/sources.h"

namespace mmulab::archive {

class Writer {
 public:
  /// A new file, or ":memory:".
  explicit Writer(const std::string& file);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void add(const ReadResult& result);
  /// The run of that hash from the archive attached under this name.
  void copy(const std::string& hash, const std::string& attached);
  /// Remembered until finish().
  void note_sweep(const sweep::SweepRecord& sweep);
  void note_point(const std::string& sweep, std::uint64_t number, const std::string& run, const std::string& file);
  /// Sweeps and points, and everything reaches the disk.
  void finish();
  /// How many of a sweep's points are noted.
  [[nodiscard]] std::uint64_t points_of(const std::string& sweep) const;
  [[nodiscard]] Database& database() { return database_; }
  [[nodiscard]] std::size_t runs() const { return run_ids_.size(); }

 private:
  struct Statements;

  std::int64_t begin_run(const std::string& hash);
  void add_violations(std::int64_t run, const ResultRows& rows);
  void add_stats(std::int64_t run, const ResultRows& rows);
  std::int64_t metric(const std::string& version, const std::string& name, const std::string& kind,
                      const std::string& unit, const std::string& description);
  void copy_metrics(std::int64_t from, std::int64_t to, const std::string& attached);

  Database database_;
  std::unique_ptr<Statements> statements_;
  std::map<std::string, std::int64_t> run_ids_;
  std::map<std::string, std::unordered_map<std::string, std::int64_t>> metrics_;  // version -> name -> id
  std::int64_t metric_count_ = 0;
  std::map<std::string, sweep::SweepRecord> sweeps_;
  std::map<std::pair<std::string, std::uint64_t>, std::string> points_;  // (sweep, number) -> run
};

}  // namespace mmulab::archive
