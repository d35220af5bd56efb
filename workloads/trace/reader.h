// SPDX-License-Identifier: MIT
// Reads a trace: block by block in the file's order, or one task's blocks. Whatever a file holds, what is wrong with it
// is a config::Error that names the byte; memory is one block.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "workloads/trace/block.h"

struct ZSTD_DCtx_s;

namespace mmulab::trace {

/// A file that is open for reading at any place.
class TraceFile {
 public:
  /// Throws config::Error if it is no trace.
  explicit TraceFile(std::string file);
  ~TraceFile();
  TraceFile(const TraceFile&) = delete;
  TraceFile& operator=(const TraceFile&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }
  /// Reads the block's header at `offset` and moves that behind the block; false at the trace's end, whose totals are
  /// then known.
  bool next_header(std::uint64_t& offset, BlockHeader& header);
  /// Unpacks the block that begins at `offset`.
  void load(std::uint64_t offset, const BlockHeader& header, Block& block);
  [[nodiscard]] const TraceTotals& totals() const { return totals_; }
  [[nodiscard]] std::uint64_t bytes() const { return size_; }
  [[noreturn]] void fail(std::uint64_t offset, const std::string& what) const;

 private:
  void read(std::uint64_t offset, void* bytes, std::size_t count, const char* what) const;

  std::string name_;
  int fd_ = -1;
  std::uint64_t size_ = 0;
  ZSTD_DCtx_s* zstd_ = nullptr;
  std::vector<std::uint8_t> packed_;
  TraceTotals totals_;
};

/// What tells this trace from others, out of its end mark; empty if there is none to be read.
std::string identity_of(const std::string& file);

/// One segment of a trace in the file's order, with the task that it belongs to.
class TraceReader {
 public:
  explicit TraceReader(TraceFile& file) : file_(file) {}
  /// False at the end.
  bool next_block();
  bool next(Segment& segment);
  [[nodiscard]] Block& block() { return block_; }

 private:
  TraceFile& file_;
  Block block_;
  std::uint64_t offset_ = sizeof file_magic;
  std::uint32_t content_ = 0;
};

}  // namespace mmulab::trace
