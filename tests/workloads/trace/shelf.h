// SPDX-License-Identifier: MIT
// Files for tests of traces: a folder of their own, and traces as lists.
#pragma once

#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include <unistd.h>

#include "sim/config/diagnostic.h"
#include "workloads/trace/reader.h"
#include "workloads/trace/writer.h"

namespace mmulab::trace::test {

class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / ("mmulab-trace-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }
  std::string with(const std::string& name, const std::string& text) const {
    std::ofstream(file(name), std::ios::binary) << text;
    return file(name);
  }
  [[nodiscard]] std::string bytes(const std::string& name) const {
    std::ifstream in(file(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  [[nodiscard]] bool empty() const { return std::filesystem::is_empty(path_); }

 private:
  std::filesystem::path path_;
};

/// The first message of a config::Error, or "".
inline std::string message(const std::function<void()>& act) {
  try {
    act();
  } catch (const config::Error& error) {
    return error.problems().front().message;
  }
  return "";
}

struct Read {
  TaskNo task = no_task;
  std::vector<std::uint64_t> words;
  TraceCall call;
  std::uint64_t epoch = 0;
};

/// Every segment in the file's order.
inline std::vector<Read> read_all(const std::string& name) {
  TraceFile file(name);
  TraceReader reader(file);
  std::vector<Read> all;
  while (reader.next_block())
    for (Segment segment; reader.next(segment);) {
      Read read{TaskNo{reader.block().header.task}, std::vector<std::uint64_t>(segment.accesses), segment.call,
                segment.epoch};
      reader.block().take(read.words.data(), read.words.size());
      all.push_back(std::move(read));
    }
  return all;
}

/// The calls of a task by name, in order; with addresses where they have some.
std::string calls_of(const std::string& name, std::uint32_t task);
/// All accesses of a task.
std::vector<std::uint64_t> accesses_of(const std::string& name, std::uint32_t task);

}  // namespace mmulab::trace::test
