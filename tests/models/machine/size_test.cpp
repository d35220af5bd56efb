// SPDX-License-Identifier: MIT
// Machines of 1 to 1,024 cpus on each architecture, assembled from presets and run end to end: one thread of a process
// unmaps pages while a thread on every other cpu keeps running in the same mm. How many remote invalidations the call
// makes is derived by hand; it is measured as the difference to the same run in which the pages are neither touched nor
// unmapped, so that what boot and exit send cancels out.
#include <functional>

#include <fmt/format.h>

#include "sim/config/load.h"
#include "sim/lab/run.h"
#include "sim/lab/schema.h"
#include "tests/support/catch.h"
#include "tests/support/patience.h"

namespace mmulab {
namespace {

constexpr std::uint64_t pages = 5;

struct Size {
  std::uint32_t sockets, cores, threads;
  [[nodiscard]] std::uint32_t cpus() const { return sockets * cores * threads; }
};
const std::vector<Size> ordinary = {{1, 1, 1}, {1, 2, 1}, {2, 1, 1}, {1, 1, 2}, {2, 16, 2}, {4, 8, 8}, {8, 16, 8}};
/// The same number of cpus as the last one above, with more cores to own lines. Nightly.
const std::vector<Size> many_cores = {{1, 1024, 1}, {8, 64, 2}};

struct Kind {
  const char* machine;
  const char* kernel;
  const char* strategy;
  const char* statistic;
  std::function<std::uint64_t(std::uint32_t cpus)> expected;
};

std::uint64_t each_other_cpu(std::uint32_t cpus) { return cpus - 1; }
std::uint64_t each_page_if_shared(std::uint32_t cpus) { return cpus == 1 ? 0 : pages; }

/// One gather of 5 pages ends in one flush_tlb_mm; the mask holds every cpu, and no one is lazy.
const Kind x86_2_6{"skylake", "2.6.22", "generic-2.6.22", "ipi.sent", each_other_cpu};
/// One range of 5 pages, below the ceiling of 33: one flush_tlb_mm_range.
const Kind x86_modern{"skylake", "modern", "linux-modern", "ipi.sent", each_other_cpu};
/// Each of the 5 pages was stored to, so has a hash entry. tlbie reaches all cpus at once; an mm that has run on
/// one cpu only is flushed by tlbiel, which is none.
const Kind ppc64{"power8", "2.6.22", "ppc64-2.6.22", "tlbie.issued", each_page_if_shared};
/// Leaving lazy mode flushes one batch of 5 entries; its cross call is sent to each cpu of the mask in turn.
const Kind sparc64{"niagara2", "2.6.22", "sparc64-2013", "xcall.sent", each_other_cpu};
/// One range of 5 pages: the hardware broadcasts, nobody is interrupted; or every other cpu of the mask once.
const Kind tagged_broadcast{"tagged", "modern", "linux-modern", "ipi.sent", [](std::uint32_t) { return 0U; }};
const Kind tagged_ipi{"tagged", "modern", "linux-modern", "ipi.sent", each_other_cpu};

/// Every thread stores to the page of its own, so that it is in user mode in this mm; all meet before the call and
/// after it, and spin there.
std::string scenario(const Kind& kind, const Size& size, bool unmaps) {
  std::string text = fmt::format(
      "kernel = \"{}\"\nstrategy = \"{}\"\n[machine]\npreset = \"{}\"\nsockets = {}\ncores = {}\nthreads = {}\n"
      "[workload]\nkind = \"script\"\n[[workload.region]]\nname = \"heap\"\npages = {}\n"
      "[[workload.region]]\nname = \"other\"\npages = {}\n",
      kind.kernel, kind.strategy, kind.machine, size.sockets, size.cores, size.threads, pages, size.cpus());
  for (std::uint32_t cpu = 0; cpu < size.cpus(); ++cpu) {
    const char* call = cpu == 0 && unmaps ? "munmap heap; " : "";
    text += fmt::format("[[workload.task]]\nname = \"t{}\"\ncpu = {}\nops = [\"{}store other+{}; {}\"]\n", cpu,
                        cpu, cpu == 0 && unmaps ? "store heap; " : "", cpu,
                        size.cpus() == 1 ? call : fmt::format("barrier before; {}barrier after", call));
  }
  return text;
}

/// A TSB that never grows: growing it sends cross calls of its own. An ASID for each cpu and one more.
config::Overrides overrides(const Kind& kind) {
  if (&kind == &sparc64) return {"kernel.sparc64.tsb_entries_first=8192"};
  if (&kind == &tagged_broadcast) return {"machine.tagged.asids=1026"};
  if (&kind == &tagged_ipi) return {"machine.tagged.asids=1026", "kernel.tagged.invalidation=ipi"};
  return {};
}

std::uint64_t counted(const Kind& kind, const Size& size, bool unmaps) {
  const config::SearchPath search({std::string(MMULAB_SOURCE_DIR) + "/configs"});
  const config::Values values =
      config::load_text(lab::schema(), "size.toml", scenario(kind, size, unmaps), overrides(kind), search);
  const RunResult result = lab::run(values, "size.toml", {});
  CHECK(result.end == RunEnd::finished);
  CHECK(result.violations_total == 0);
  const Stat* stat = result.stats->find(kind.statistic);
  REQUIRE(stat != nullptr);
  return stat->counter->value();
}

/// What the call adds to the statistic, on a machine of this size.
void check_size(const Kind& kind, const Size& size) {
  INFO(kind.machine << " " << size.sockets << " x " << size.cores << " x " << size.threads);
  const std::uint64_t without = counted(kind, size, false);
  CHECK(counted(kind, size, true) - without == kind.expected(size.cpus()));
}

/// Where memory is watched, the largest size, which costs more than all others, is left to the quickest machine.
void check_sizes(const Kind& kind) {
  const std::size_t watched = &kind == &ppc64 ? ordinary.size() : ordinary.size() - 1;
  const std::size_t sizes = test::repetitions(ordinary.size(), watched);
  for (std::size_t i = 0; i < sizes; ++i) check_size(kind, ordinary[i]);
}

TEST_CASE("x86, 2.6.22: munmap sends one IPI to every other cpu of the mm, from 1 cpu to 1,024") {
  check_sizes(x86_2_6);
}

TEST_CASE("x86, modern: munmap sends one IPI to every other cpu of the mm, from 1 cpu to 1,024") {
  check_sizes(x86_modern);
}

TEST_CASE("ppc64: munmap broadcasts one tlbie a hashed page unless the mm is local, from 1 cpu to 1,024") {
  check_sizes(ppc64);
}

TEST_CASE("sparc64: munmap sends one cross call to every other cpu of the mm, from 1 cpu to 1,024") {
  check_sizes(sparc64);
}

TEST_CASE("tagged: munmap interrupts every other cpu of the mm or, by broadcast, nobody, from 1 cpu to 1,024") {
  check_sizes(tagged_ipi);
  check_sizes(tagged_broadcast);
}

TEST_CASE("Many cores: the counts do not depend on how 1,024 cpus are arranged", "[.nightly]") {
  for (const Kind* kind : {&x86_2_6, &x86_modern, &ppc64, &sparc64, &tagged_ipi})
    for (const Size& size : many_cores) check_size(*kind, size);
}

}  // namespace
}  // namespace mmulab
