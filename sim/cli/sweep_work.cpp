// SPDX-License-Identifier: MIT
#include "sim/cli/sweep_work.h"

#include <fmt/format.h>

#include "sim/cli/configured_work.h"

namespace mmulab::cli {
namespace {

using sweep::PointStatus;
using State = sweep::Found::State;

constexpr std::size_t troubles_max = 10;
constexpr std::size_t complaint_bytes = 65536;

std::string shown(const sweep::Parameters& parameters) {
  std::string text;
  for (const auto& [key, value] : parameters) text += (text.empty() ? "" : " ") + key + "=" + value;
  return text;
}

bool is_kept(State before) { return before == State::kept || before == State::renamed; }

void count(SweepTally& tally, const PointReport& report) {
  const auto& [hash, number, status, exit_code] = report.outcome;
  if (status == PointStatus::refused) ++tally.refused;
  else if (status == PointStatus::failed) ++tally.failed;
  else if (exit_code == exit_clean) ++tally.clean;
  else if (exit_code == exit_violated) ++tally.violated;
  else ++tally.undecided;
  if (is_kept(report.before)) ++tally.kept;
  if (report.before == State::renamed) ++tally.renamed;
  if (report.before == State::damaged) ++tally.damaged;
  if (report.before == State::failed) ++tally.retried;
}

}  // namespace

SweepWork::SweepWork(PointPlace place, const sweep::Shard& shard, ChildOptions options, SweepProgress& progress,
                     Listener on_record)
    : place_(std::move(place)), shard_(shard), options_(std::move(options)), progress_(progress),
      on_record_(std::move(on_record)), points_(place_.plan) {
  options_.complaint_bytes = complaint_bytes;
  options_.on_done = {};
  options_.on_tick = [this] { tick(); };
}

void SweepWork::run() {
  WorkStream stream;
  stream.next = [this] { return next(); };
  stream.ended = [this](std::size_t number, ChildEnd end) { ended(number, std::move(end)); };
  run_in_children(stream, options_);
  progress_.clear();
}

void SweepWork::tick() { progress_.tick({tally_.kept, tally_.points() - tally_.kept, tally_.failed}); }

std::optional<ChildWork> SweepWork::next() {
  while (!options_.interrupt->load()) {
    auto point = points_.next();
    if (!point) return {};
    if (!shard_.takes(point->number)) continue;
    const sweep::Point& running = running_.emplace(started_++, std::move(*point)).first->second;
    return ChildWork([this, &running] { return work_on(running, place_); });
  }
  return {};
}

void SweepWork::ended(std::size_t number, ChildEnd end) {
  const auto found = running_.find(number);
  const sweep::Point point = std::move(found->second);
  running_.erase(found);
  if (options_.interrupt->load() || (end.exited && end.reply.code == exit_interrupted)) return;
  auto report = end.exited && end.reply.code == exit_clean ? read_report(end.reply.text) : std::nullopt;
  if (!report) report = failed(point, end);
  if (!report->text.empty() && !end.complaint.empty()) {
    sweep::PointRecord record = sweep::read_point(report->text, "a child's report");
    record.complaint = std::move(end.complaint);
    report->text = to_text(record);
  }
  take(point, *report, end.seconds);
}

/// The child did not tell even whose point it was.
PointReport SweepWork::failed(const sweep::Point& point, const ChildEnd& end) const {
  sweep::PointRecord record = blank_record(place_.plan, point, place_.plan.settle(point));
  record.status = PointStatus::failed;
  record.exit_code = exit_internal;
  const WorkResult result = result_of(end);
  record.reason = result.kind == WorkResult::Kind::made ? "its report was cut short" : result.text;
  if (record.reason == out_of_memory && options_.memory_mib)
    record.reason += fmt::format(" (at most {} MiB)", *options_.memory_mib);
  const sweep::Found before = place_.store.find(record.hash);
  return {{record.hash, record.number, record.status, record.exit_code}, before.state, before.record.reason,
          to_text(record)};
}

void SweepWork::take(const sweep::Point& point, const PointReport& report, double seconds) {
  const sweep::PointOutcome& outcome = report.outcome;
  if (!report.text.empty()) place_.store.put(outcome.hash, report.text);
  if (!is_kept(report.before)) place_.store.log(outcome, seconds);
  if (report.before == State::damaged) trouble(point, "made again: " + report.damage);
  count(tally_, report);
  if (!on_record_ && outcome.status != PointStatus::failed) return;
  const sweep::Found found = place_.store.find(outcome.hash);
  if (on_record_) on_record_(found.record);
  if (outcome.status == PointStatus::failed) trouble(point, found.record.reason);
}

void SweepWork::trouble(const sweep::Point& point, const std::string& what) {
  if (tally_.troubles.size() < troubles_max)
    tally_.troubles.push_back(fmt::format("point {} ({}): {}", point.number, shown(point.parameters), what));
}

}  // namespace mmulab::cli
