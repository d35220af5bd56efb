// SPDX-License-Identifier: MIT
// A counterexample's steps, a lane for each cpu, and beside their numbers a bar for as long as the window is open.
#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/results/check_result.h"
#include "sim/results/text_table.h"

namespace mmulab {
namespace {

std::string cut(const std::string& text, std::size_t width) {
  return text.size() <= width ? text : text.substr(0, width - 1) + "~";
}

class LaneDrawing {
 public:
  LaneDrawing(const ToldCounterexample& told, std::uint32_t cpus)
      : told_(told),
        cpus_(cpus),
        width_(std::max<std::size_t>(14, (text_width - margin_width - source_width) / cpus)) {}

  std::string text() {
    titles();
    for (std::size_t n = 1; n <= told_.steps.size(); ++n) step(n, told_.steps[n - 1]);
    return std::move(out_);
  }

 private:
  /// A step's number, a star if it is one of the racing pair, the window's bar.
  static constexpr std::size_t margin_width = 7;
  static constexpr std::size_t source_width = 30;

  /// Where a lane begins: what the margin and the sources leave is shared by the cpus. Hardware has the first one's.
  [[nodiscard]] std::size_t begin(int lane) const {
    return margin_width + (lane < 0 ? 0 : static_cast<std::size_t>(lane)) * width_;
  }
  [[nodiscard]] bool races(std::size_t n) const { return n == told_.race_first || n == told_.race_second; }

  [[nodiscard]] std::string margin(std::size_t n) const {
    const ToldWindow& window = told_.window;
    const bool open = window.known() && window.opened <= n && n <= window.closed;
    const bool ends = n == window.opened || n == window.closed;
    return fmt::format("{:>4}{}{} ", n, races(n) ? '*' : ' ', !open ? ' ' : ends ? '+' : '|');
  }
  /// Of further lines about step n.
  [[nodiscard]] std::string margin_after(std::size_t n) const {
    const bool open = told_.window.known() && told_.window.opened <= n && n < told_.window.closed;
    return fmt::format("{:>6} ", open ? '|' : ' ');
  }

  void add(std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    out_ += line + "\n";
  }

  void titles() {
    std::string line(margin_width, ' ');
    for (std::uint32_t c = 0; c < cpus_; ++c) {
      std::string title = fmt::format("cpu {}", c);
      for (const ToldStep& step : told_.steps)
        if (step.lane == static_cast<int>(c) && step.task.find("idle") == std::string::npos) {
          title += ", " + step.task;
          break;
        }
      line += fmt::format("{:<{}}", cut(title, width_ - 1), width_);
    }
    add(line);
  }

  void step(std::size_t n, const ToldStep& step) {
    std::string line = margin(n);
    line.resize(begin(step.lane), ' ');
    line += step.lane < 0 ? step.actor + ": " + step.label : cut(step.label, width_ - 1);
    const std::size_t column = begin(static_cast<int>(cpus_));
    if (line.size() + 1 < column)
      line.resize(column, ' ');
    else
      line += " ";
    add(line + step.source);
    for (const std::string& change : step.changes) under(n, begin(step.lane) + 2, change);
    if (step.lane >= 0) locks(n, step);
  }

  /// Said where they have changed, and where the cpu takes over from others; in between they are the same.
  void locks(std::size_t n, const ToldStep& step) {
    std::vector<std::string>& held = held_[step.task];
    const bool takes_over = step.lane != last_lane_ && !step.locks.empty();
    last_lane_ = step.lane;
    if (held == step.locks && !takes_over) return;
    held = step.locks;
    const std::size_t indent = std::min<std::size_t>(begin(step.lane) + 2, 60);
    const std::string text =
        step.locks.empty() ? "holds no lock" : fmt::format("holds {}", fmt::join(step.locks, ", "));
    under(n, indent, wrap(text, indent, indent + 2));
  }

  /// A further line, or several that are indented already but for the first.
  void under(std::size_t n, std::size_t indent, const std::string& text) {
    const std::string lines = std::string(indent, ' ') + text;
    for (std::size_t from = 0; from <= lines.size();) {
      const std::size_t end = std::min(lines.find('\n', from), lines.size());
      add(margin_after(n) + lines.substr(from + margin_width, end - from - margin_width));
      from = end + 1;
    }
  }

  const ToldCounterexample& told_;
  std::uint32_t cpus_;
  std::size_t width_;
  std::string out_;
  std::map<std::string, std::vector<std::string>> held_;  ///< by task, as it was said last
  int last_lane_ = -1;
};

}  // namespace

std::string lanes(const ToldCounterexample& counterexample, std::uint32_t cpus) {
  return LaneDrawing(counterexample, cpus).text();
}

}  // namespace mmulab
