// SPDX-License-Identifier: MIT
#include "sim/explore/schedule.h"

#include <sstream>

#include <fmt/format.h>

#include "sim/config/diagnostic.h"

namespace mmulab {
namespace {

constexpr const char* first_line = "mmulab schedule 1";
constexpr std::size_t steps_a_line = 6;
constexpr std::uint32_t agents_max = 1024;

/// "cpu 0", "interrupt 1", "device 0.4": who acts; steps of one cpu share a line.
std::string actor_of(const Move& move) {
  const std::uint32_t agent = move.decision.agent.raw();
  if (move.decision.kind == Decision::Kind::device) return fmt::format("device {}.{}", agent, move.decision.value);
  return fmt::format("{} {}", move.decision.kind == Decision::Kind::interrupt ? "interrupt" : "cpu", agent);
}

std::string step_text(const ScheduledStep& step) {
  std::string text = step.label;
  for (std::size_t i = 0; i < step.move.picks; ++i)
    text += fmt::format("{}{}", i == 0 ? '?' : '.', step.move.pick[i]);
  return text;
}

/// Reads the lines of one schedule; every complaint has a place.
class Reader {
 public:
  Reader(const std::string& text, const std::string& file) : in_(text), file_(file) {}

  Schedule read() {
    if (!next_line() || line_ != first_line)
      complain(1, "this is no schedule", fmt::format("its first line is `{}`", first_line));
    while (next_line()) {
      if (line_.empty() || line_[0] == '#') continue;
      if (line_ == "end") {
        ended_ = true;
        break;
      }
      statement();
    }
    if (!ended_) complain(1, "the schedule is truncated", "its last line is `end`");
    if (schedule_.steps.empty()) complain(1, "the schedule has no steps", "");
    if (schedule_.scenario.empty()) complain(1, "the schedule names no scenario", "scenario FILE");
    return std::move(schedule_);
  }

 private:
  bool next_line() {
    ++number_;
    return static_cast<bool>(std::getline(in_, line_));
  }

  [[noreturn]] void complain(std::size_t column, const std::string& message, const std::string& hint) const {
    config::Diagnostic problem;
    problem.file = file_;
    problem.line = number_;
    problem.column = static_cast<unsigned>(column);
    problem.message = message;
    problem.hint = hint;
    problem.source_line = line_;
    throw config::Error(problem);
  }

  void statement() {
    const std::size_t space = line_.find(' ');
    const std::string word = line_.substr(0, space);
    const std::string rest = space == std::string::npos ? "" : line_.substr(space + 1);
    if (word == "scenario") schedule_.scenario = rest;
    else if (word == "set") schedule_.overrides.push_back(rest);
    else if (word == "config") config(rest);
    else if (word == "violation") violation(rest);
    else if (word == "cpu" || word == "interrupt" || word == "device") steps(word, rest);
    else complain(1, "there is no line `" + word + "` in a schedule",
                  "scenario, set, config, violation, cpu, interrupt, device, end");
  }

  void config(const std::string& rest) {
    schedule_.config_hash = rest;
    schedule_.config_line = number_;
  }

  void violation(const std::string& rest) {
    const std::size_t space = rest.find(' ');
    schedule_.invariant = rest.substr(0, space);
    schedule_.class_id = space == std::string::npos ? "" : rest.substr(space + 1);
  }

  std::uint32_t number(const std::string& text, std::uint32_t limit) const {
    const bool digits = !text.empty() && text.size() < 9 && text.find_first_not_of("0123456789") == std::string::npos;
    if (!digits) complain(line_.find(' ') + 2, "`" + text + "` is no number", "");
    const auto value = static_cast<std::uint32_t>(std::stoul(text));
    if (value >= limit)
      complain(line_.find(' ') + 2, fmt::format("there is no {}", value), fmt::format("at most {}", limit - 1));
    return value;
  }

  void steps(const std::string& word, const std::string& rest) {
    const std::size_t colon = rest.find(':');
    const std::string who = rest.substr(0, colon);
    ScheduledStep step;
    step.line = number_;
    step.text = line_;
    if (word == "device") {
      const std::size_t dot = who.find('.');
      if (dot == std::string::npos) complain(8, "a device is named by its number and its unit", "device 0.4: ...");
      step.move.decision = {Decision::Kind::device, AgentId{number(who.substr(0, dot), agents_max)},
                            number(who.substr(dot + 1), 1U << 24)};
    } else {
      const auto kind = word == "cpu" ? Decision::Kind::step : Decision::Kind::interrupt;
      step.move.decision = {kind, AgentId{number(who, agents_max)}, 0};
    }
    if (word == "interrupt") {
      step.label = "interrupt";
      schedule_.steps.push_back(step);
      return;
    }
    if (colon == std::string::npos)
      complain(line_.size(), "the steps' labels are missing", "cpu 0: ptl.lock zap.read_pte");
    std::istringstream labels(rest.substr(colon + 1));
    for (std::string label; labels >> label;) add(step, label);
  }

  void add(ScheduledStep step, const std::string& label) {
    const std::size_t question = label.find('?');
    step.label = label.substr(0, question);
    if (question != std::string::npos) {
      std::istringstream picks(label.substr(question + 1));
      for (std::string pick; std::getline(picks, pick, '.');) {
        if (step.move.picks == Move::picks_max) complain(1, "a step has at most four choices", "");
        step.move.pick[step.move.picks++] = static_cast<std::uint8_t>(number(pick, 256));
      }
    }
    schedule_.steps.push_back(step);
  }

  std::istringstream in_;
  const std::string file_;
  std::string line_;
  unsigned number_ = 0;
  bool ended_ = false;
  Schedule schedule_;
};

}  // namespace

std::vector<Move> Schedule::moves(std::uint32_t cpus) const {
  std::vector<Move> moves;
  for (const ScheduledStep& step : steps) {
    moves.push_back(step.move);
    Decision& decision = moves.back().decision;
    if (decision.kind == Decision::Kind::device) decision.agent = AgentId{cpus + decision.agent.raw()};
  }
  return moves;
}

std::vector<std::string> Schedule::labels() const {
  std::vector<std::string> labels;
  for (const ScheduledStep& step : steps) labels.push_back(step.label);
  return labels;
}

std::string to_text(const Schedule& schedule) {
  std::string text = fmt::format("{}\nscenario {}\n", first_line, schedule.scenario);
  for (const std::string& o : schedule.overrides) text += "set " + o + "\n";
  text += fmt::format("config {}\nviolation {} {}\n", schedule.config_hash, schedule.invariant, schedule.class_id);
  std::string line, actor;
  std::size_t on_line = 0;
  const auto close = [&] {
    if (!line.empty()) text += line + "\n";
    line.clear();
  };
  for (const ScheduledStep& step : schedule.steps) {
    const std::string who = actor_of(step.move);
    if (step.move.decision.kind == Decision::Kind::interrupt) {
      close();
      line = who;
      actor.clear();
      continue;
    }
    if (who != actor || on_line == steps_a_line || line.empty()) {
      close();
      line = who + ":";
      actor = who;
      on_line = 0;
    }
    line += " " + step_text(step);
    ++on_line;
  }
  close();
  return text + "end\n";
}

Schedule read_schedule(const std::string& text, const std::string& file) {
  return Reader(text, file).read();
}

}  // namespace mmulab
