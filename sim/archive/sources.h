// SPDX-License-Identifier: MIT
// What a user may name as results: a sweep's folder, a folder with such folders and results, a result's file, an
// archive.
#pragma once

#include <string>
#include <vector>

#include "sim/archive/result_rows.h"
#include "sim/config/diagnostic.h"
#include "sim/sweep/point_record.h"

namespace mmulab::archive {

/// One result, in a file of its own or beside others.
struct ResultFile {
  std::string file;
  bool is_point = false;  ///< sealed, as a sweep writes it
  std::string verb;       ///< of its sweep, if that is known: what did not run does not say
  std::string hash;
  std::size_t place = 0;  ///< among the results in the file
};

struct SweepFolder {
  std::string folder;
  sweep::SweepRecord record;
};

struct Sources {
  std::vector<ResultFile> results;
  std::vector<SweepFolder> sweeps;
  std::vector<std::string> archives;
};

/// Throws config::Error for a path that is not there or holds nothing of the kind, and for damaged sweeps.
[[nodiscard]] Sources find_sources(const std::vector<std::string>& paths);

/// A result as it goes into an archive.
struct ReadResult {
  std::string file, verb;
  sweep::PointRecord record;  ///< a single result's is the point that it would be
  std::string digest;         ///< tells one result from another
  ResultRows rows;            ///< empty where it did not run
  std::vector<config::Diagnostic> problems;  ///< if there are any, nothing else counts
};

/// Reads them on every core of this computer, in their order.
[[nodiscard]] std::vector<ReadResult> read_results(const std::vector<const ResultFile*>& files);

/// Throws config::Error for what cannot be read, or is too large to be a result or a table of them.
[[nodiscard]] std::string read_text(const std::string& file);

}  // namespace mmulab::archive
