// SPDX-License-Identifier: MIT
#include "sim/sweep/store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include <fmt/format.h>

#include "sim/config/diagnostic.h"
#include "sim/config/hash.h"
#include "sim/results/whole_file.h"

namespace mmulab::sweep {
namespace {

namespace fs = std::filesystem;

constexpr const char* sweep_file = "sweep.json";
constexpr const char* log_file = "log.tsv";
constexpr const char* temporaries = "tmp";
constexpr const char* earlier_folder = "earlier";

[[noreturn]] void refuse(const std::string& message, const std::string& hint = {}) {
  throw config::Error(config::diagnose({}, message, hint));
}

[[noreturn]] void cannot_write(const std::string& file, int error) {
  throw CannotWrite(file, error, "what was done is kept, and `--resume` goes on from there");
}

std::optional<std::string> text_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return {};
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// Children of a sweep that was killed hold its lock for a moment longer than it.
bool locked_soon(int fd, int how) {
  for (int tries = 0; tries < 20; ++tries) {
    if (flock(fd, how | LOCK_NB) == 0) return true;
    if (errno != EWOULDBLOCK && errno != EINTR) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return false;
}

int open_lock(const std::string& file) {
  const int fd = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) cannot_write(file, errno);
  return fd;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const auto& text : texts) all += (all.empty() ? "" : ", ") + text;
  return all.empty() ? "none" : all;
}

std::vector<std::string> differences(const SweepRecord& before, const SweepRecord& now) {
  std::vector<std::string> found;
  const auto compare = [&](const char* what, const std::string& a, const std::string& b) {
    if (a != b) found.push_back(fmt::format("{}: {} before, {} now", what, a, b));
  };
  compare("version", before.version, now.version);
  compare("verb", before.verb, now.verb);
  compare("axes", joined(before.axes), joined(now.axes));
  compare("points", std::to_string(before.points), std::to_string(now.points));
  compare("options", joined(before.overrides), joined(now.overrides));
  std::istringstream old_lines(before.plan);
  std::istringstream new_lines(now.plan);
  std::string a;
  std::string b;
  for (unsigned line = 1; before.plan != now.plan; ++line) {
    const bool more_a = static_cast<bool>(std::getline(old_lines, a));
    const bool more_b = static_cast<bool>(std::getline(new_lines, b));
    if (more_a && more_b && a == b) continue;
    found.push_back(fmt::format("the plan's line {}: `{}` before, `{}` now", line, more_a ? a : "", more_b ? b : ""));
    break;
  }
  if (found.empty()) found.emplace_back("a file that the plan names: a preset, or what it begins from");
  return found;
}

}  // namespace

Store::Store(std::string folder, const SweepRecord& sweep, Begin begin, const Shard& shard)
    : folder_(std::move(folder)),
      prefix_(shard.whole() ? "whole." : fmt::format("{}-of-{}.", shard.index, shard.count)) {
  make_folders();
  try {
    lock(shard);
    clear_temporaries();
    take_over(sweep, begin, shard);
    if (had_another_plan(folder_)) index_ = PointIndex(folder_, sweep.hash);
    const std::string file = folder_ + "/" + log_file;
    log_ = open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (log_ < 0) cannot_write(file, errno);
  } catch (...) {
    for (const int fd : locks_) close(fd);
    throw;
  }
}

Store::~Store() {
  if (log_ >= 0) close(log_);
  for (const int fd : locks_) close(fd);
}

void Store::leave_in_child() const {
  for (const int fd : locks_) close(fd);
}

void Store::make_folders() {
  std::error_code failure;
  if (fs::exists(folder_, failure) && !fs::is_directory(folder_, failure)) refuse(folder_ + " is no folder");
  if (fs::is_directory(folder_, failure) && !fs::is_empty(folder_, failure) &&
      !fs::exists(folder_ + "/lock", failure))
    refuse(folder_ + " is not empty and holds no sweep", "choose another folder with --output");
  fs::create_directories(folder_, failure);
  if (failure) cannot_write(folder_, failure.value());
}

void Store::lock(const Shard& shard) {
  const std::string hint = "wait for it, or choose another folder with --output";
  locks_.push_back(open_lock(folder_ + "/lock"));
  if (!locked_soon(locks_.back(), shard.whole() ? LOCK_EX : LOCK_SH))
    refuse(fmt::format("another sweep runs in {}", folder_), hint);
  if (shard.whole()) return;
  const std::string file = fmt::format("{}/lock.{}-of-{}", folder_, shard.index, shard.count);
  std::error_code failure;
  begun_before_ = fs::exists(file, failure);
  locks_.push_back(open_lock(file));
  if (!locked_soon(locks_.back(), LOCK_EX))
    refuse(fmt::format("another sweep runs shard {}/{} in {}", shard.index, shard.count, folder_), hint);
}

void Store::take_over(const SweepRecord& sweep, Begin begin, const Shard& shard) {
  const std::string file = folder_ + "/" + sweep_file;
  const auto text = text_of(file);
  if (text) {
    std::optional<SweepRecord> before;
    try {
      before = read_sweep(*text, file);
    } catch (const config::Error& error) {
      if (begin == Begin::anew) throw;
      changes_ = {error.problems().front().message};
    }
    const bool same = before && before->hash == sweep.hash;
    const bool joins = !shard.whole() && !begun_before_ && same;
    if (begin == Begin::anew && !joins)
      refuse(fmt::format("{} holds a sweep already{}", folder_, same ? "" : ", of another plan"),
             "--resume keeps what is there; --output names another folder");
    if (before && !same) changes_ = differences(*before, sweep);
    if (!same) set_aside(before ? before->hash : config::digest_text(*text), *text);
    // What names no result, such as a comment, may have changed all the same.
    if (same && *text == to_text(sweep)) return;
  }
  write(sweep_file, to_text(sweep));
}

/// Before its place is taken, so that whoever shares the folder knows of it.
void Store::set_aside(const std::string& name, const std::string& text) const {
  std::error_code failure;
  fs::create_directories(folder_ + "/" + earlier_folder, failure);
  if (failure) cannot_write(folder_, failure.value());
  write(fmt::format("{}/{}.json", earlier_folder, name), text);
}

void Store::clear_temporaries() const {
  std::error_code failure;
  fs::create_directories(folder_ + "/" + temporaries, failure);
  if (failure) cannot_write(folder_, failure.value());
  for (const auto& entry : fs::directory_iterator(folder_ + "/" + temporaries, failure))
    if (prefix_ == "whole." || entry.path().filename().string().rfind(prefix_, 0) == 0)
      fs::remove(entry.path(), failure);
}

void Store::write(const std::string& name, const std::string& text) const {
  const std::string file = folder_ + "/" + name;
  const std::string temporary = fmt::format("{}/{}/{}", folder_, temporaries, prefix_);
  try {
    WholeFile whole(file, temporary);
    whole.write(text);
    whole.keep();
  } catch (const CannotWrite& failed) {
    cannot_write(file, failed.error());
  }
}

Found Store::find(const std::string& hash) const {
  const std::string file = folder_ + "/" + point_file(hash);
  const auto text = text_of(file);
  Found found;
  if (!text) return found;
  try {
    found.record = read_point(*text, file);
    if (found.record.hash != hash) refuse(file + ": byte 0: it is another point's");
    found.state = found.record.status == PointStatus::failed ? Found::State::failed : Found::State::kept;
  } catch (const config::Error& error) {
    found.state = Found::State::damaged;
    found.record.reason = error.problems().front().message;
  }
  return found;
}

std::optional<PointRecord> Store::find_content(const std::string& content) const {
  for (const std::string& hash : index_.with_content(content)) {
    Found found = find(hash);
    if (found.state == Found::State::kept && found.record.content == content) return std::move(found.record);
  }
  return {};
}

void Store::put(const std::string& hash, const std::string& text) {
  const std::string name = point_file(hash);
  const fs::path parent = fs::path(folder_ + "/" + name).parent_path();
  std::error_code failure;
  fs::create_directories(parent, failure);
  if (failure) cannot_write(parent.string(), failure.value());
  write(name, text);
}

void Store::log(const PointOutcome& outcome, double seconds) {
  const std::string line = fmt::format("{}\t{}\t{}\t{}\t{:.6f}\n", outcome.number, outcome.hash,
                                       name_of(outcome.status), outcome.exit_code, seconds);
  if (!write_all(log_, line)) cannot_write(folder_ + "/" + log_file, errno);
}

bool had_another_plan(const std::string& folder) {
  std::error_code failure;
  return fs::exists(folder + "/" + earlier_folder, failure);
}

std::vector<double> logged_seconds(const std::string& folder) {
  std::ifstream in(folder + "/" + log_file);
  std::vector<double> all;
  std::string line;
  while (std::getline(in, line)) {
    const auto tab = line.rfind('\t');
    if (tab == std::string::npos) continue;
    char* end = nullptr;
    const double seconds = std::strtod(line.c_str() + tab + 1, &end);
    if (end != line.c_str() + tab + 1 && *end == '\0' && seconds >= 0) all.push_back(seconds);
  }
  return all;
}

}  // namespace mmulab::sweep
