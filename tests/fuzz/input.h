// SPDX-License-Identifier: MIT
// Inputs for the fuzz targets: shipped configurations, changed at random by what tends to break parsers and machines.
// Counter-based randomness: (seed, number) names an input for ever.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/config/schema.h"

namespace mmulab::fuzz {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ULL + 1) {}
  std::uint64_t next();
  std::uint64_t below(std::uint64_t n) { return next() % n; }
  template <class T>
  const T& one_of(const std::vector<T>& all) { return all[below(all.size())]; }

 private:
  std::uint64_t state_;
};

/// One input: a document, and the arguments of --set.
struct Input {
  std::string text;
  std::vector<std::string> overrides;
};

class Corpus {
 public:
  /// Every scenario, workload and bug below `configs`; `schema` says which keys overrides may name.
  Corpus(const std::string& configs, const config::Schema& schema);
  /// Input `number` of a seed. Tame ones keep the document as it is written and its sizes small, so that many of them
  /// are valid machines that can run.
  [[nodiscard]] Input input(std::uint64_t seed, std::uint64_t number, bool tame) const;
  [[nodiscard]] std::size_t size() const { return documents_.size(); }

 private:
  [[nodiscard]] std::string override_of(Random& random, bool tame) const;
  void change(Random& random, std::string& text) const;
  void change_line(Random& random, std::vector<std::string>& lines) const;

  std::vector<std::string> documents_;
  std::vector<config::KeySpec> keys_;
};

}  // namespace mmulab::fuzz
