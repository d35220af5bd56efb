// SPDX-License-Identifier: MIT
#include "tests/fuzz/input.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace mmulab::fuzz {
namespace {

/// A tame machine stays small enough to be built hundreds of times a second.
constexpr std::uint64_t tame_max = 40;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::string random_bytes(Random& random, std::size_t most) {
  std::string bytes;
  for (std::uint64_t n = random.below(most + 1); n > 0; --n) bytes += static_cast<char>(random.below(256));
  return bytes;
}

std::string strange_value(Random& random) {
  static const std::vector<std::string> values = {"0",
                                                  "1",
                                                  "-1",
                                                  "9223372036854775807",
                                                  "-9223372036854775808",
                                                  "9223372036854775808",
                                                  "1.5",
                                                  "nan",
                                                  "inf",
                                                  "true",
                                                  "\"\"",
                                                  "\"x\"",
                                                  "[]",
                                                  "[[]]",
                                                  "{}",
                                                  "{value=1}",
                                                  "1979-05-27",
                                                  "[1,\"a\"]",
                                                  "\"\\u0000\"",
                                                  "'''\n'''",
                                                  "0x7fffffff",
                                                  "4294967296",
                                                  "[0]",
                                                  "[9,9,9,9,9]"};
  return random.one_of(values);
}

}  // namespace

std::uint64_t Random::next() {
  state_ += 0x9e3779b97f4a7c15ULL;
  std::uint64_t x = state_;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
  return x ^ x >> 31;
}

Corpus::Corpus(const std::string& configs, const config::Schema& schema) {
  std::vector<std::string> files;
  for (const char* folder : {"scenarios", "bugs"}) {
    std::error_code none;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(configs + "/" + folder, none))
      if (entry.is_regular_file()) files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  for (const std::string& file : files) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    documents_.push_back(text.str());
  }
  for (const char* arch :
       {"core2", "skylake", "zen5", "ppc970", "power8", "ppc64-tiny", "x86-tiny", "sparc64-tiny", "niagara2",
        "tagged-tiny", "tagged"})
    for (const char* workload : {"unmap-tiny", "fork-tiny", "mixed-tiny", "mprotect-tiny", "mixed"})
      documents_.push_back(std::string("machine = \"") + arch + "\"\nworkload = \"" + workload +
                           "\"\nkernel = \"modern\"\nstrategy = \"safe-deferral\"\n");
  for (const std::string& path : schema.paths())
    if (const config::KeySpec* key = schema.find_key(path); key != nullptr && path.rfind("output.", 0) != 0)
      keys_.push_back(*key);
}

Input Corpus::input(std::uint64_t seed, std::uint64_t number, bool tame) const {
  Random random(seed * 0x100000001b3ULL ^ number);
  Input input;
  input.text = random.one_of(documents_);
  if (!tame)
    for (std::uint64_t n = random.below(4); n > 0; --n) change(random, input.text);
  for (std::uint64_t n = random.below(5); n > 0; --n) input.overrides.push_back(override_of(random, tame));
  return input;
}

/// A declared key with a value at or beyond the edge of what it may have.
std::string Corpus::override_of(Random& random, bool tame) const {
  const config::KeySpec& key = random.one_of(keys_);
  if (!tame && random.below(8) == 0) return key.path + "=" + strange_value(random);
  const std::uint64_t max = tame ? std::min(key.max, std::max(key.min, tame_max)) : key.max;
  const std::vector<std::uint64_t> edges = {key.min, key.min + 1, max, max - (max > key.min ? 1 : 0),
                                            key.min + random.below(max - key.min + 1)};
  const std::uint64_t number = random.one_of(edges);
  switch (key.kind) {
    case config::Kind::Integer:
    case config::Kind::Constant: return key.path + "=" + std::to_string(number);
    case config::Kind::Flag: return key.path + (random.below(2) == 0 ? "=true" : "=false");
    case config::Kind::Text:
      return key.path + "=" + (key.choices.empty() ? strange_value(random) : random.one_of(key.choices));
    case config::Kind::Integers: {
      std::string list = std::to_string(number);
      for (std::uint64_t n = random.below(4); n > 0; --n) list += "," + std::to_string(random.one_of(edges));
      return key.path + "=[" + list + "]";
    }
    case config::Kind::Texts: break;
  }
  return key.path + "=[\"" + (key.choices.empty() ? "x" : random.one_of(key.choices)) + "\"]";
}

void Corpus::change(Random& random, std::string& text) const {
  if (random.below(4) == 0) {
    const std::size_t at = random.below(text.size() + 1);
    text =
        text.substr(0, at) + random_bytes(random, 12) + text.substr(std::min(text.size(), at + random.below(6)));
    return;
  }
  std::vector<std::string> lines = lines_of(text);
  if (lines.empty()) return;
  change_line(random, lines);
  text.clear();
  for (const std::string& line : lines) text += line + "\n";
}

void Corpus::change_line(Random& random, std::vector<std::string>& lines) const {
  const std::size_t at = random.below(lines.size());
  const auto place = lines.begin() + static_cast<std::ptrdiff_t>(at);
  const std::vector<std::string> others = lines_of(random.one_of(documents_));
  std::string& line = lines[at];
  const std::size_t equals = line.find('=');
  switch (random.below(6)) {
    case 0: lines.erase(place); return;
    case 1: lines.insert(place, random.one_of(lines)); return;
    case 2:
      if (!others.empty()) line = random.one_of(others);
      return;
    case 3:
      if (equals != std::string::npos) line = line.substr(0, equals + 1) + strange_value(random);
      return;
    case 4:
      for (char& c : line)
        if (c >= '0' && c <= '9' && random.below(2) == 0) c = static_cast<char>('0' + random.below(10));
      return;
    default:
      if (line.size() > 1) std::swap(line[random.below(line.size())], line[random.below(line.size())]);
  }
}

}  // namespace mmulab::fuzz
