// SPDX-License-Identifier: MIT
#include "sim/archive/merge.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <tuple>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/archive/sources.h"
#include "sim/archive/writer.h"
#include "sim/config/diagnostic.h"
#include "sim/results/whole_file.h"

namespace mmulab::archive {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t problems_shown = 20;
/// SQLite attaches no more at once.
constexpr std::size_t archives_max = 10;

/// Where a run can be had: from files, from attached archives.
struct Places {
  std::vector<const ResultFile*> files;
  std::vector<std::size_t> archives;
};

std::vector<std::string> texts_of(const std::string& json, const std::string& archive) {
  try {
    return nlohmann::json::parse(json).get<std::vector<std::string>>();
  } catch (const nlohmann::json::exception& error) {
    throw config::Error(config::diagnose({}, fmt::format("{}: its sweeps are damaged: {}", archive, error.what())));
  }
}

class Merging {
 public:
  Merging(Writer& writer, const Sources& sources, Versions versions)
      : writer_(writer), sources_(sources), versions_allowed_(versions) {}

  MergeReport perform() {
    for (const auto& result : sources_.results) places_[result.hash].files.push_back(&result);
    for (std::size_t i = 0; i < sources_.archives.size(); ++i) open(i);
    for (const auto& each : sources_.sweeps) sweeps_[each.record.hash] = &each.record;
    for (const auto& each : sources_.sweeps) writer_.note_sweep(each.record);
    for (auto from = places_.begin(); from != places_.end() && problems_.size() < problems_shown;)
      from = take_some(from);
    if (!problems_.empty()) throw config::Error(problems_);
    for (std::size_t i = 0; i < sources_.archives.size(); ++i) copy_points(i);
    MergeReport report;
    remark_on_points(report);
    writer_.finish();
    report.runs = writer_.runs();
    return report;
  }

 private:
  static std::string name_of_archive(std::size_t index) { return "old" + std::to_string(index); }

  void open(std::size_t index) {
    Database& database = writer_.database();
    const std::string name = name_of_archive(index);
    database.attach(sources_.archives[index], name);
    Statement check(database, "PRAGMA " + name + ".integrity_check(1)");
    if (check.step() && check.text(0) != "ok")
      throw config::Error(config::diagnose({}, sources_.archives[index] + ": it is damaged: " + check.text(0)));
    Statement runs(database, "SELECT hash, version FROM " + name + ".runs");
    while (runs.step()) {
      places_[runs.text(0)].archives.push_back(index);
      note_version(runs.text(1), sources_.archives[index]);
    }
    Statement sweeps(database, "SELECT hash, version, verb, plan, overrides, axes, points FROM " + name + ".sweeps");
    while (sweeps.step()) {
      sweep::SweepRecord record;
      record.hash = sweeps.text(0);
      record.version = sweeps.text(1);
      record.verb = sweeps.text(2);
      record.plan = sweeps.text(3);
      record.overrides = texts_of(sweeps.text(4), sources_.archives[index]);
      record.axes = texts_of(sweeps.text(5), sources_.archives[index]);
      record.points = static_cast<std::uint64_t>(sweeps.integer(6));
      writer_.note_sweep(record);
    }
  }

  void note_version(const std::string& version, const std::string& file) {
    if (version_.empty()) {
      version_ = version;
      version_file_ = file;
    }
    if (version == version_ || versions_allowed_ == Versions::several) return;
    throw config::Error(config::diagnose(
        {}, fmt::format("{} is of mmulab {}, {} of {}", version_file_, version_, file, version),
        "their figures need not be comparable; merge them apart, or say --versions to have both in one archive"));
  }

  using PlacesOfRuns = std::map<std::string, Places>;

  /// As many runs as fit into memory easily; returns where the rest begins.
  PlacesOfRuns::iterator take_some(PlacesOfRuns::iterator from) {
    constexpr std::size_t files_at_once = 256;
    std::vector<const ResultFile*> files;
    auto to = from;
    for (; to != places_.end() && files.size() < files_at_once; ++to)
      files.insert(files.end(), to->second.files.begin(), to->second.files.end());
    const auto results = read_results(files);
    for (const auto& each : results) problems_.insert(problems_.end(), each.problems.begin(), each.problems.end());
    const ReadResult* result = results.data();
    for (; from != to && problems_.empty(); ++from) {
      take(from->first, from->second, result);
      result += from->second.files.size();
    }
    return to;
  }

  /// A run in one of the places where it can be had.
  struct Candidate {
    bool failed;
    std::string digest;
    std::string file;
    const ReadResult* result;  ///< null: in an archive
    std::size_t archive;
    [[nodiscard]] bool operator<(const Candidate& other) const {
      return std::tie(failed, digest) < std::tie(other.failed, other.digest);
    }
  };

  /// `results` begins with those of its files. What came to an end goes before what failed, as after `--resume`, and
  /// must be the same everywhere; of failures one is kept, the same whatever the order is.
  void take(const std::string& hash, const Places& places, const ReadResult* results) {
    std::vector<Candidate> candidates;
    for (std::size_t i = 0; i < places.files.size(); ++i) {
      const sweep::PointRecord& record = results[i].record;
      note_version(record.version, results[i].file);
      if (places.files[i]->is_point) place(record, *places.files[i]);
      const bool failed = record.status == sweep::PointStatus::failed;
      candidates.push_back({failed, results[i].digest, results[i].file, results + i, 0});
    }
    for (const std::size_t index : places.archives) candidates.push_back(candidate_in(index, hash));
    std::stable_sort(candidates.begin(), candidates.end());
    const Candidate& best = candidates.front();
    for (const Candidate& each : candidates)
      if (!each.failed && each.digest != best.digest) conflict(hash, best.file, each.file);
    if (best.result != nullptr) writer_.add(*best.result);
    else writer_.copy(hash, name_of_archive(best.archive));
  }

  void place(const sweep::PointRecord& record, const ResultFile& file) {
    if (sweeps_.count(record.plan) != 0) writer_.note_point(record.plan, record.number, record.hash, file.file);
    else ++unplaced_;
  }

  Candidate candidate_in(std::size_t index, const std::string& hash) {
    Statement find(writer_.database(), "SELECT status, digest FROM " + name_of_archive(index) + ".runs WHERE hash = ?");
    find.bind(1, hash);
    find.step();
    const bool failed = find.text(0) == name_of(sweep::PointStatus::failed);
    return {failed, find.text(1), sources_.archives[index], nullptr, index};
  }

  [[noreturn]] static void conflict(const std::string& hash, const std::string& one, const std::string& other) {
    throw config::Error(config::diagnose(
        {}, fmt::format("{} and {} hold different results of one point, {}", one, other, hash),
        "one of them is not what mmulab wrote, or a result depends on its host, which is a bug"));
  }

  void copy_points(std::size_t index) {
    const std::string name = name_of_archive(index);
    Statement points(writer_.database(),
                     fmt::format("SELECT s.hash, number, r.hash FROM {0}.points JOIN {0}.sweeps AS s ON "
                                 "s.id = sweep JOIN {0}.runs AS r ON r.id = run",
                                 name));
    while (points.step())
      writer_.note_point(points.text(0), static_cast<std::uint64_t>(points.integer(1)), points.text(2),
                         sources_.archives[index]);
  }

  void remark_on_points(MergeReport& report) const {
    for (const auto& [hash, record] : sweeps_) {
      const std::uint64_t there = writer_.points_of(hash);
      if (there < record->points)
        report.remarks.push_back(fmt::format("sweep {}: {} of {} points; `mmulab sweep --resume` makes the others",
                                             hash.substr(0, 12), there, record->points));
    }
    if (unplaced_ != 0)
      report.remarks.push_back(
          fmt::format("{} points are of no sweep's present plan; they are merged as single runs", unplaced_));
  }

  Writer& writer_;
  const Sources& sources_;
  Versions versions_allowed_;
  PlacesOfRuns places_;
  std::map<std::string, const sweep::SweepRecord*> sweeps_;
  std::string version_, version_file_;
  std::size_t unplaced_ = 0;
  std::vector<config::Diagnostic> problems_;
};

/// Merges into one folder wait for each other. Where a file system knows no locks, the last one to end wins.
class FolderLock {
 public:
  explicit FolderLock(const std::string& folder) : fd_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (fd_ >= 0) (void)flock(fd_, LOCK_EX);
  }
  ~FolderLock() {
    if (fd_ >= 0) close(fd_);
  }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  /// What was renamed there stays renamed.
  void sync() const {
    if (fd_ >= 0) (void)fsync(fd_);
  }

 private:
  int fd_;
};

}  // namespace

MergeReport gather(const std::vector<std::string>& paths, Writer& writer, Versions versions) {
  const Sources sources = find_sources(paths);
  if (sources.archives.size() > archives_max)
    throw config::Error(
        config::diagnose({}, fmt::format("more than {} archives at once", archives_max), "merge them in turns"));
  return Merging(writer, sources, versions).perform();
}

MergeReport merge(const std::vector<std::string>& paths, const std::string& file, Versions versions) {
  const std::string parent = fs::path(file).parent_path().string();
  const FolderLock lock(parent.empty() ? "." : parent);
  std::vector<std::string> all = paths;
  std::error_code failure;
  if (fs::exists(file, failure)) {
    if (!is_database(file))
      throw config::Error(config::diagnose({}, file + ": it is there and no archive", "choose another name"));
    all.push_back(file);
  }
  WholeFile fresh(file);
  MergeReport report;
  {
    Writer writer(fresh.name());
    report = gather(all, writer, versions);
  }
  fresh.sync();
  fresh.keep();
  lock.sync();
  return report;
}

}  // namespace mmulab::archive
