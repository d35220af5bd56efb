// SPDX-License-Identifier: MIT
#include "sim/archive/sources.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <system_error>
#include <thread>

#include <fmt/format.h>

#include "sim/archive/database.h"
#include "sim/archive/result_rows.h"
#include "sim/config/diagnostic.h"
#include "sim/config/hash.h"
#include "sim/sweep/point_index.h"
#include "sim/sweep/store.h"

namespace mmulab::archive {
namespace {

namespace fs = std::filesystem;

/// A result of a run is some 30 KiB; a counterexample may be long, a table of results longer.
constexpr std::uintmax_t result_bytes_max = std::uintmax_t{1} << 30;

[[noreturn]] void refuse(const std::string& file, const std::string& message, const std::string& hint = {}) {
  throw config::Error(config::diagnose({}, file + ": " + message, hint));
}

/// Points are sealed, single results are not.
bool is_sealed(const std::string& text) { return text.compare(0, 25, "{\"schema\":\"mmulab.point.2") == 0; }

void add_file(Sources& sources, const std::string& file) {
  if (is_database(file)) {
    sources.archives.push_back(file);
    return;
  }
  const std::string text = read_text(file);
  if (is_sealed(text)) {
    sources.results.push_back({file, true, "", sweep::read_point(text, file).hash});
    return;
  }
  std::size_t place = 0;
  for (const auto& result : results_in(text, file))
    sources.results.push_back({file, false, "", config::hash_text(result), place++});
}

/// points/HH/HASH.json; what a sweep has under way has another ending. What an older plan called otherwise is one run.
void add_sweep(Sources& sources, const std::string& folder) {
  const std::string record = folder + "/sweep.json";
  sources.sweeps.push_back({folder, sweep::read_sweep(read_text(record), record)});
  std::error_code failure;
  sweep::PointIndex index;
  if (sweep::had_another_plan(folder)) index = {folder, sources.sweeps.back().record.hash};
  fs::recursive_directory_iterator at(folder + "/points", failure);
  if (failure && failure != std::errc::no_such_file_or_directory) refuse(folder + "/points", failure.message());
  for (; !failure && at != fs::recursive_directory_iterator(); at.increment(failure))
    if (at->path().extension() == ".json" && !index.is_superseded(at->path().stem().string()))
      sources.results.push_back(
          {at->path().string(), true, sources.sweeps.back().record.verb, at->path().stem().string()});
  if (failure && failure != std::errc::no_such_file_or_directory) refuse(folder, failure.message());
}

bool is_sweep(const std::string& folder) {
  std::error_code failure;
  return fs::exists(folder + "/sweep.json", failure);
}

void add_folder(Sources& sources, const std::string& folder) {
  if (is_sweep(folder)) return add_sweep(sources, folder);
  std::vector<std::string> files, folders;
  std::error_code failure;
  for (fs::directory_iterator at(folder, failure); !failure && at != fs::directory_iterator(); at.increment(failure)) {
    const std::string name = at->path().string();
    if (is_sweep(name)) folders.push_back(name);
    else if (at->path().extension() == ".json") files.push_back(name);
  }
  if (failure) refuse(folder, failure.message());
  if (files.empty() && folders.empty())
    refuse(folder, "neither the folder of a sweep nor one with results", "`mmulab sweep PLAN -o FOLDER` makes one");
  std::sort(files.begin(), files.end());
  std::sort(folders.begin(), folders.end());
  for (const auto& file : files) add_file(sources, file);
  for (const auto& each : folders) add_sweep(sources, each);
}

sweep::PointRecord record_of(const ResultFile& result, const std::string& text) {
  if (result.is_point) {
    sweep::PointRecord record = sweep::read_point(text, result.file);
    if (record.hash != result.hash) refuse(result.file, "it is the point " + record.hash, "it was renamed");
    return record;
  }
  sweep::PointRecord record;
  record.hash = result.hash;
  record.result = results_in(text, result.file).at(result.place);
  return record;
}

std::string digest_of(const sweep::PointRecord& record) {
  if (record.status == sweep::PointStatus::ran) return config::digest_text(record.result);
  return config::digest_text(
      fmt::format("{}\n{}\n{}\n{}", name_of(record.status), record.exit_code, record.reason, record.complaint));
}

ReadResult read_one(const ResultFile& result) {
  ReadResult read;
  read.file = result.file;
  read.verb = result.verb;
  try {
    read.record = record_of(result, read_text(result.file));
    if (!read.record.result.empty()) read.rows = rows_of(read.record.result, result.file);
    if (!read.record.result.empty()) read.verb = read.rows.verb;
    if (!result.is_point) read.record.version = read.rows.version;
    if (!read.record.result.empty() && read.rows.version != read.record.version)
      refuse(result.file, "its result is of version " + read.rows.version + ", not " + read.record.version);
    read.digest = digest_of(read.record);
  } catch (const config::Error& error) {
    read.problems = error.problems();
  }
  return read;
}

}  // namespace

std::string read_text(const std::string& file) {
  std::error_code failure;
  const auto size = fs::file_size(file, failure);
  if (failure) refuse(file, failure.message());
  if (size > result_bytes_max) refuse(file, "too large for a result");
  std::string text(size, '\0');
  std::ifstream in(file, std::ios::binary);
  if (!in.read(text.data(), static_cast<std::streamsize>(size))) refuse(file, "cannot be read");
  return text;
}

Sources find_sources(const std::vector<std::string>& paths) {
  Sources sources;
  for (const auto& path : paths) {
    std::error_code failure;
    const auto status = fs::status(path, failure);
    if (!fs::exists(status)) refuse(path, "there is no such file or folder");
    if (fs::is_directory(status)) add_folder(sources, path);
    else if (fs::is_regular_file(status)) add_file(sources, path);
    else refuse(path, "neither a file nor a folder");
  }
  return sources;
}

std::vector<ReadResult> read_results(const std::vector<const ResultFile*>& files) {
  std::vector<ReadResult> results(files.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < files.size(); i = next++) results[i] = read_one(*files[i]);
  };
  std::vector<std::future<void>> others;
  try {
    for (unsigned n = 1; n < std::thread::hardware_concurrency(); ++n)
      others.push_back(std::async(std::launch::async, work));
  } catch (const std::system_error&) {
    // No more threads are to be had: this one does what is left.
  }
  work();
  for (auto& each : others) each.get();
  return results;
}

}  // namespace mmulab::archive
