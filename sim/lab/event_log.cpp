// SPDX-License-Identifier: MIT
#include "sim/lab/event_log.h"

#include <ostream>

#include "sim/events/event_name.h"

namespace mmulab::lab {

void EventLog::on_event(const Event& e) {
  if (e.cycle < from_) return;
  std::string line = fmt::format("{:>10} cpu {:<3} {:<16} {:<22}", e.cycle.raw(), fmt::format("{}", e.cpu),
                                 e.task.exists() ? system_.task_name(e.task) : "-", name_of(e.kind));
  if (e.mm.exists()) line += fmt::format(" mm={}", e.mm);
  if (e.page.raw() != 0) line += fmt::format(" page=0x{:x}", e.page.raw());
  if (e.frame.exists()) line += fmt::format(" frame={}", e.frame);
  if (e.tag.exists()) line += fmt::format(" tag={}", e.tag);
  if (e.table.exists()) line += fmt::format(" table={}", e.table);
  if (e.location != Location{}) line += fmt::format(" at={}", system_.world.describe(e.location));
  if (e.a != 0 || e.b != 0) line += fmt::format(" a=0x{:x} b=0x{:x}", e.a, e.b);
  out_ << line << '\n';
}

}  // namespace mmulab::lab
