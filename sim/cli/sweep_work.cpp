// SPDX-License-Identifier: MIT
#include "sim/cli/sweep_work.h"

#include <memory>

#include <fmt/format.h>

#include "sim/cli/configured_work.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/version.h"
#include "sim/lab/check.h"
#include "sim/results/json.h"

namespace mmulab::cli {
namespace {

constexpr std::size_t troubles_max = 10;
constexpr std::size_t complaint_bytes = 65536;

struct Made {
  int code;
  std::string json;
};

Made run_point(const sweep::Settled& settled, const std::string& file, const Simulator& simulator) {
  lab::RunControl control;
  control.interrupt = &InterruptGuard::flag();
  RunResult result = simulator.run(*settled.values, file, control);
  if (result.version.empty()) result.version = version();
  return {exit_code(result, false), to_json_line(result)};
}

Made check_point(const sweep::Settled& settled, const std::string& file) {
  lab::CheckControl control;
  control.interrupt = &InterruptGuard::flag();
  control.overrides = settled.overrides;
  CheckResult result = lab::check(*settled.values, file, control);
  result.version = version();
  return {exit_code(result, false), to_json_line(result)};
}

std::string shown(const sweep::Parameters& parameters) {
  std::string text;
  for (const auto& [key, value] : parameters) text += (text.empty() ? "" : " ") + key + "=" + value;
  return text;
}

void count(SweepTally& tally, const sweep::PointRecord& record) {
  using sweep::PointStatus;
  if (record.status == PointStatus::refused) ++tally.refused;
  else if (record.status == PointStatus::failed) ++tally.failed;
  else if (record.exit_code == exit_clean) ++tally.clean;
  else if (record.exit_code == exit_violated) ++tally.violated;
  else ++tally.undecided;
}

}  // namespace

ChildReply do_point(const sweep::Settled& settled, const std::string& verb, const std::string& file,
                    const Simulator& simulator) {
  ChildReply reply = reply_of([&] {
    const Made made = verb == "check" ? check_point(settled, file) : run_point(settled, file, simulator);
    return fmt::format("{}\n{}", made.code, made.json);
  });
  // What was cut short by the user is no result.
  if (InterruptGuard::flag().load()) return {exit_interrupted, {}};
  return reply;
}

void fill_record(sweep::PointRecord& record, ChildEnd end, const ChildOptions& options) {
  using sweep::PointStatus;
  record.complaint = std::move(end.complaint);
  WorkResult result = result_of(end);
  const std::size_t newline = result.text.find('\n');
  if (result.kind == WorkResult::Kind::made && newline != std::string::npos) {
    record.status = PointStatus::ran;
    record.exit_code = std::stoi(result.text.substr(0, newline));
    record.result = result.text.substr(newline + 1);
    return;
  }
  const bool refused = result.kind == WorkResult::Kind::refused;
  record.status = refused ? PointStatus::refused : PointStatus::failed;
  record.exit_code = refused ? exit_usage : exit_internal;
  record.reason = std::move(result.text);
  if (record.reason == out_of_memory && options.memory_mib)
    record.reason += fmt::format(" (at most {} MiB)", *options.memory_mib);
}

SweepWork::SweepWork(Place place, ChildOptions options, SweepProgress& progress)
    : place_(std::move(place)), options_(std::move(options)), progress_(progress), points_(place_.plan) {
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
    const auto point = points_.next();
    if (!point) return {};
    if (!place_.shard.takes(point->number)) continue;
    const auto settled = std::make_shared<sweep::Settled>(place_.plan.settle(*point));
    sweep::PointRecord record;
    record.hash = settled->hash;
    record.content = settled->content;
    record.plan = place_.plan.record().hash;
    record.version = place_.plan.record().version;
    record.number = point->number;
    record.parameters = point->parameters;
    if (is_kept(record)) continue;
    if (!settled->values) {
      record.status = sweep::PointStatus::refused;
      record.exit_code = exit_usage;
      record.reason = settled->refusal;
      keep(record);
      continue;
    }
    running_.emplace(started_++, std::move(record));
    return ChildWork([this, settled] {
      place_.store.leave_in_child();
      return do_point(*settled, place_.plan.record().verb, place_.file, place_.simulator);
    });
  }
  return {};
}

bool SweepWork::is_kept(sweep::PointRecord& record) {
  using State = sweep::Found::State;
  sweep::Found found = place_.store.find(record.hash);
  if (found.state == State::damaged) {
    ++tally_.damaged;
    trouble(record, "made again: " + found.record.reason);
  }
  if (found.state == State::failed) ++tally_.retried;
  if (found.state != State::kept) return false;
  // Another plan may have given it another number.
  if (found.record.plan != record.plan || found.record.number != record.number) {
    found.record.plan = record.plan;
    found.record.number = record.number;
    place_.store.put(found.record);
  }
  ++tally_.kept;
  count(tally_, found.record);
  if (place_.on_record) place_.on_record(found.record);
  tick();
  return true;
}

void SweepWork::ended(std::size_t number, ChildEnd end) {
  const auto found = running_.find(number);
  sweep::PointRecord record = std::move(found->second);
  running_.erase(found);
  if (options_.interrupt->load() || (end.exited && end.reply.code == exit_interrupted)) return;
  const double seconds = end.seconds;
  fill_record(record, std::move(end), options_);
  keep(record);
  place_.store.log(record, seconds);
}

void SweepWork::keep(const sweep::PointRecord& record) {
  place_.store.put(record);
  count(tally_, record);
  if (place_.on_record) place_.on_record(record);
  if (record.status == sweep::PointStatus::failed) trouble(record, record.reason);
}

void SweepWork::trouble(const sweep::PointRecord& record, const std::string& what) {
  if (tally_.troubles.size() < troubles_max)
    tally_.troubles.push_back(fmt::format("point {} ({}): {}", record.number, shown(record.parameters), what));
}

}  // namespace mmulab::cli
