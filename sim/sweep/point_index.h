// SPDX-License-Identifier: MIT
// Which points of a folder have the same content, whatever they are called: from the heads of their files, which are
// not checked. 32 bytes of memory and one opened file a point.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace mmulab::sweep {

class PointIndex {
 public:
  PointIndex() = default;
  /// Of what lies in FOLDER/points; `plan` is the hash of the sweep that the folder is of now.
  PointIndex(const std::string& folder, const std::string& plan);

  /// Hashes of the points with that content.
  [[nodiscard]] std::vector<std::string> with_content(const std::string& content) const;
  /// Whether a point of the present plan has that content, and this point is of an older one.
  [[nodiscard]] bool is_superseded(const std::string& hash) const;

 private:
  using Digest = std::array<std::uint64_t, 2>;
  struct Entry {
    Digest content;
    Digest hash;
  };
  [[nodiscard]] static Digest digest_of(const std::string& hex);
  [[nodiscard]] static std::string hex_of(const Digest& digest);

  std::vector<Entry> entries_;      // by content
  std::vector<Digest> superseded_;  // their hashes, in order
};

}  // namespace mmulab::sweep
