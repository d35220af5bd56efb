// SPDX-License-Identifier: MIT
#include "sim/cli/progress.h"

#include <chrono>
#include <ostream>

#include <fmt/format.h>

#include "sim/results/quantity.h"

namespace mmulab::cli {
namespace {

constexpr double least_interval = 0.2;

std::string rate_text(double rate) {
  if (rate >= 1e9) return fmt::format("{:.1f} G", rate / 1e9);
  if (rate >= 1e6) return fmt::format("{:.1f} M", rate / 1e6);
  if (rate >= 1e3) return fmt::format("{:.1f} k", rate / 1e3);
  return fmt::format("{:.0f} ", rate);
}

}  // namespace

std::string duration_text(double seconds) {
  const auto whole = static_cast<std::uint64_t>(seconds + 0.5);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", grouped(whole / 3600), whole / 60 % 60);
}

ProgressLine::Seconds ProgressLine::wall_clock() {
  return [] { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); };
}

ProgressLine::ProgressLine(std::ostream& out, Cycle target, Seconds now)
    : out_(out), target_(target), now_(std::move(now)), started_(now_()), last_(started_) {}

std::string ProgressLine::text(Cycle cycle, double elapsed) const {
  const double rate = elapsed > 0 ? static_cast<double>(cycle.raw()) / elapsed : 0;
  std::string line = fmt::format("cycle {}, {}cycles/s", grouped(cycle.raw()), rate_text(rate));
  if (target_ == never || target_ < cycle || rate <= 0) return line;
  const auto left = static_cast<double>((target_ - cycle).raw());
  const double done = 100.0 * static_cast<double>(cycle.raw()) / static_cast<double>(target_.raw());
  return line + fmt::format(", {:.0f} %, at most {} left", done, duration_text(left / rate));
}

void ProgressLine::beat(Cycle cycle) {
  const double now = now_();
  if (now - last_ < least_interval) return;
  last_ = now;
  const std::string line = text(cycle, now - started_);
  out_ << '\r' << line;
  if (line.size() < shown_) out_ << std::string(shown_ - line.size(), ' ');
  out_.flush();
  shown_ = line.size();
}

void ProgressLine::clear() {
  if (shown_ == 0) return;
  out_ << '\r' << std::string(shown_, ' ') << '\r';
  out_.flush();
  shown_ = 0;
}

}  // namespace mmulab::cli
