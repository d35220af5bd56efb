// SPDX-License-Identifier: MIT
#include "sim/sweep/point_index.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <tuple>

#include <fmt/format.h>

#include "sim/sweep/point_record.h"

namespace mmulab::sweep {
namespace {

namespace fs = std::filesystem;

/// As far as a reader of heads must read.
std::string begin_of(const std::string& file) {
  std::string text(point_head_bytes, '\0');
  std::ifstream in(file, std::ios::binary);
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

}  // namespace

PointIndex::PointIndex(const std::string& folder, const std::string& plan) {
  std::vector<Digest> present;
  std::vector<Entry> older;
  std::error_code failure;
  fs::recursive_directory_iterator at(folder + "/points", failure);
  for (; !failure && at != fs::recursive_directory_iterator(); at.increment(failure)) {
    if (at->path().extension() != ".json") continue;
    const auto head = read_head(begin_of(at->path().string()));
    if (!head) continue;
    entries_.push_back({digest_of(head->content), digest_of(head->hash)});
    if (head->plan == plan) present.push_back(entries_.back().content);
    else older.push_back(entries_.back());
  }
  std::sort(entries_.begin(), entries_.end(),
            [](const Entry& a, const Entry& b) { return std::tie(a.content, a.hash) < std::tie(b.content, b.hash); });
  std::sort(present.begin(), present.end());
  for (const Entry& entry : older)
    if (std::binary_search(present.begin(), present.end(), entry.content)) superseded_.push_back(entry.hash);
  std::sort(superseded_.begin(), superseded_.end());
}

std::vector<std::string> PointIndex::with_content(const std::string& content) const {
  std::vector<std::string> hashes;
  const Digest wanted = digest_of(content);
  auto entry = std::lower_bound(entries_.begin(), entries_.end(), wanted,
                                [](const Entry& e, const Digest& digest) { return e.content < digest; });
  for (; entry != entries_.end() && entry->content == wanted; ++entry) hashes.push_back(hex_of(entry->hash));
  return hashes;
}

bool PointIndex::is_superseded(const std::string& hash) const {
  return !superseded_.empty() && std::binary_search(superseded_.begin(), superseded_.end(), digest_of(hash));
}

PointIndex::Digest PointIndex::digest_of(const std::string& hex) {
  const auto half = [&](std::size_t from) { return std::strtoull(hex.substr(from, 16).c_str(), nullptr, 16); };
  return {half(0), half(16)};
}

std::string PointIndex::hex_of(const Digest& digest) { return fmt::format("{:016x}{:016x}", digest[0], digest[1]); }

}  // namespace mmulab::sweep
