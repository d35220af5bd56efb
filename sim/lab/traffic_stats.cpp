// SPDX-License-Identifier: MIT
#include "sim/lab/traffic_stats.h"

namespace mmulab::lab {

void enter_traffic(const System& system, StatRegistry& registry) {
  const auto enter = [&](const char* name, const char* unit, const char* description, std::uint64_t value) {
    registry.counter({name, unit, description}).add(value);
  };
  const Lines::Traffic& lines = system.lines->traffic();
  enter("line.same_socket", "lines", "lines that came from another core of the socket", lines.from_same_socket);
  enter("line.cross_socket", "lines", "lines that came from another socket", lines.from_other_socket);
  enter("line.memory", "lines", "lines that no cache had", lines.from_memory);
  enter("line.upgrade", "lines", "lines held for reading that became writable", lines.upgrades);
  enter("line.queued", "cycles", "waiting for a line that was moving to somebody else", lines.queued.raw());
  const MemorySystem::Traffic& memory = system.memory->traffic();
  enter("memory.reads", "lines", "lines read from memory", memory.reads);
  enter("memory.writes", "lines", "lines read from memory to be written", memory.writes);
  enter("memory.latency", "cycles", "what the memory target annotated, all lines together", memory.latency.raw());
  const TranslationCounts& counts = system.translations;
  enter("tlb.first_level", "accesses", "accesses translated by the first level (TLB, ERAT)", counts.first_level);
  enter("tlb.second_level", "accesses", "accesses translated by the second level (second-level TLB; ppc64's TLB)",
        counts.second_level);
  enter("tlb.walks", "fills", "translations filled by a walk (page tables, HPT, TSB)", counts.walks);
}

}  // namespace mmulab::lab
