// SPDX-License-Identifier: MIT
// Logs of other tools become traces. Each importer reads one or more files in one pass, with memory that depends on how
// many tasks and mappings there are and not on the length; what it cannot make sense of is a config::Error that names
// the file and the line (or byte). docs/trace.md says what each understands.
#pragma once

#include <string>
#include <vector>

#include "workloads/trace/writer.h"

namespace mmulab::trace {

enum class LogFormat : std::uint8_t { strace, lackey, champsim };

struct ImportOptions {
  bool fetches = true;
};

/// What the user should know about a log, by number.
struct ImportNotes {
  std::uint64_t unmatched = 0;  ///< tasks that appear without anybody having created them, but the first
  std::uint64_t ignored = 0;    ///< lines that say nothing of address spaces
};

/// By what a file begins with. Throws config::Error for a trace.
LogFormat format_of(const std::string& file);

/// `strace -f`, with or without -tt, -r or -ttt, one file.
ImportNotes import_strace(const std::string& file, Writer& writer);
/// Valgrind's lackey with --trace-mem=yes --trace-syscalls=yes --trace-sched=yes --trace-children=yes, one file a
/// process.
ImportNotes import_lackey(const std::vector<std::string>& files, const ImportOptions& options, Writer& writer);
/// ChampSim's records of 64 bytes; a task each file.
ImportNotes import_champsim(const std::vector<std::string>& files, const ImportOptions& options, Writer& writer);

}  // namespace mmulab::trace
