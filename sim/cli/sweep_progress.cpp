// SPDX-License-Identifier: MIT
#include "sim/cli/sweep_progress.h"

#include <ostream>

#include <fmt/format.h>

#include "sim/cli/progress.h"
#include "sim/results/quantity.h"

namespace mmulab::cli {

SweepProgress::SweepProgress(std::ostream& out, Style style, std::uint64_t total, std::function<double()> now)
    : out_(out), style_(style), total_(total), now_(std::move(now)), started_(now_()), last_(started_) {}

std::string SweepProgress::text(const Count& count, double elapsed) const {
  std::string line = fmt::format("{} of {} points", grouped(count.kept + count.done), grouped(total_));
  if (count.kept > 0) line += fmt::format(", {} kept", grouped(count.kept));
  if (count.failed > 0) line += fmt::format(", {} failed", grouped(count.failed));
  if (count.done == 0 || elapsed <= 0) return line;
  const double rate = static_cast<double>(count.done) / elapsed;
  const auto left = static_cast<double>(total_ - count.kept - count.done);
  return line + fmt::format(", {:.1f} points/s, {} left", rate, duration_text(left / rate));
}

void SweepProgress::tick(const Count& count) {
  if (style_ == Style::none) return;
  const double now = now_();
  if (now - last_ < (style_ == Style::line ? 0.2 : 10.0)) return;
  last_ = now;
  const std::string line = text(count, now - started_);
  if (style_ == Style::log) {
    out_ << line << std::endl;
    return;
  }
  out_ << '\r' << line << std::string(line.size() < shown_ ? shown_ - line.size() : 0, ' ') << std::flush;
  shown_ = line.size();
}

void SweepProgress::clear() {
  if (shown_ == 0) return;
  out_ << '\r' << std::string(shown_, ' ') << '\r' << std::flush;
  shown_ = 0;
}

}  // namespace mmulab::cli
