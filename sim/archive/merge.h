// SPDX-License-Identifier: MIT
// From folders of sweeps, single results and archives to one archive. Its bytes depend on the set of results alone: not
// on the order of merging, nor on how often one is merged.
#pragma once

#include <string>
#include <vector>

namespace mmulab::archive {

class Writer;

enum class Versions { one, several };

struct MergeReport {
  std::size_t runs = 0;                ///< in the archive
  std::vector<std::string> remarks;  ///< points that are missing, and such
};

/// Brings everything in `paths` into the archive `file`, beside what it holds. Throws config::Error, with everything
/// that is wrong, and leaves the archive as it was.
MergeReport merge(const std::vector<std::string>& paths, const std::string& file, Versions versions);

/// The same into an archive in memory.
MergeReport gather(const std::vector<std::string>& paths, Writer& writer, Versions versions);

}  // namespace mmulab::archive
