// SPDX-License-Identifier: MIT
#include "sim/cli/point_work.h"

#include <filesystem>
#include <sstream>

#include <fmt/format.h>

#include "sim/cli/configured_work.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/version.h"
#include "sim/lab/check.h"
#include "sim/results/json.h"

namespace mmulab::cli {
namespace {

using sweep::PointStatus;
using State = sweep::Found::State;

MadePoint run_point(const sweep::Settled& settled, const std::string& file, const Simulator& simulator) {
  lab::RunControl control;
  control.interrupt = &InterruptGuard::flag();
  RunResult result = simulator.run(*settled.values, file, control);
  if (result.version.empty()) result.version = version();
  return {exit_code(result, false), to_json_line(result)};
}

MadePoint check_point(const sweep::Settled& settled, const std::string& file) {
  lab::CheckControl control;
  control.interrupt = &InterruptGuard::flag();
  control.overrides = settled.overrides;
  // Whoever sweeps the plan from another folder has the same result.
  control.scenario = std::filesystem::path(file).filename().string();
  CheckResult result = lab::check(*settled.values, file, control);
  result.version = version();
  return {exit_code(result, false), to_json_line(result)};
}

void fill(sweep::PointRecord& record, const sweep::Settled& settled, const PointPlace& place) {
  record.reason = settled.refusal;
  try {
    if (settled.values) {
      const MadePoint made = make_point(settled, place.plan.record().verb, place.file, place.simulator);
      record.exit_code = made.exit_code;
      record.result = made.json;
      return;
    }
  } catch (const config::Error& error) {
    record.reason = error.problems().front().message;
  }
  record.status = PointStatus::refused;
  record.exit_code = exit_usage;
}

/// What is damaged or has failed is made again, as ever.
std::optional<sweep::PointRecord> known(State state, const std::string& content, const sweep::Store& store) {
  if (state != State::missing) return {};
  return store.find_content(content);
}

std::string report(const sweep::Point& point, const PointPlace& place) {
  const sweep::Settled settled = place.plan.settle(point);
  sweep::PointRecord record = blank_record(place.plan, point, settled);
  sweep::Found found = place.store.find(record.hash);
  PointReport report;
  report.before = found.state;
  if (found.state == State::damaged) report.damage = found.record.reason;
  if (found.state == State::kept) {
    // Another plan may have given it another number.
    const bool stays = found.record.plan == record.plan && found.record.number == record.number;
    found.record.plan = record.plan;
    found.record.number = record.number;
    record = std::move(found.record);
    if (!stays) report.text = to_text(record);
  } else if (auto same = known(found.state, record.content, place.store)) {
    report.before = State::renamed;
    record.status = same->status;
    record.exit_code = same->exit_code;
    record.reason = std::move(same->reason);
    record.complaint = std::move(same->complaint);
    record.result = std::move(same->result);
    report.text = to_text(record);
  } else {
    fill(record, settled, place);
    report.text = to_text(record);
  }
  report.outcome = {record.hash, record.number, record.status, record.exit_code};
  return to_text(report);
}

}  // namespace

MadePoint make_point(const sweep::Settled& settled, const std::string& verb, const std::string& file,
                     const Simulator& simulator) {
  return verb == "check" ? check_point(settled, file) : run_point(settled, file, simulator);
}

/// A line of numbers, and the texts of the lengths that it ends with.
std::string to_text(const PointReport& report) {
  const sweep::PointOutcome& o = report.outcome;
  return fmt::format("{} {} {} {} {} {} {}\n{}{}", o.hash, o.number, static_cast<int>(o.status), o.exit_code,
                     static_cast<int>(report.before), report.damage.size(), report.text.size(), report.damage,
                     report.text);
}

std::optional<PointReport> read_report(const std::string& text) {
  std::istringstream line(text.substr(0, text.find('\n')));
  PointReport report;
  sweep::PointOutcome& o = report.outcome;
  int before = 0, status = 0;
  std::size_t damage_bytes = 0, text_bytes = 0;
  line >> o.hash >> o.number >> status >> o.exit_code >> before >> damage_bytes >> text_bytes;
  const std::size_t begin = text.find('\n') + 1;
  if (!line || text.size() != begin + damage_bytes + text_bytes) return {};
  report.before = static_cast<State>(before);
  o.status = static_cast<PointStatus>(status);
  report.damage = text.substr(begin, damage_bytes);
  report.text = text.substr(begin + damage_bytes);
  return report;
}

sweep::PointRecord blank_record(const sweep::Plan& plan, const sweep::Point& point, const sweep::Settled& settled) {
  sweep::PointRecord record;
  record.hash = settled.hash;
  record.content = settled.content;
  record.plan = plan.record().hash;
  record.version = plan.record().version;
  record.number = point.number;
  record.parameters = point.parameters;
  return record;
}

ChildReply work_on(const sweep::Point& point, const PointPlace& place) {
  place.store.leave_in_child();
  ChildReply reply = reply_of([&] { return report(point, place); });
  // What was cut short by the user is no result.
  if (InterruptGuard::flag().load()) return {exit_interrupted, {}};
  return reply;
}

}  // namespace mmulab::cli
