// SPDX-License-Identifier: MIT
// The benchmarks. What is compared runs in turn, several rounds of it, and the figure is the median of the rounds'
// ratios: on a busy machine ratios hold where times do not.
#include <algorithm>

#include <fmt/format.h>

#include "bench/child.h"
#include "bench/explored.h"
#include "bench/figure.h"
#include "bench/laboratory.h"
#include "bench/plain_loop.h"
#include "bench/sweeping.h"
#include "bench/trace.h"
#include "workloads/access_run.h"
#include "workloads/access_stream.h"

namespace mmulab::bench {
namespace {

constexpr std::uint64_t busy_pages = 64 * 1024;
constexpr Target half_of_plain{Bound::at_least, 0.5};

/// Seconds of a fresh plain loop on the visits of one core: same distribution, drawn chunk by chunk.
double plain_core_seconds(const workload::AccessStream& stream) {
  std::vector<std::uint64_t> chunk(workload::AccessRun::chunk_words);
  PlainLoop loop;
  const double started = processor_seconds();
  for (std::uint64_t from = 0; from < stream.accesses(); from += chunk.size()) {
    const std::uint64_t count = std::min<std::uint64_t>(chunk.size(), stream.accesses() - from);
    stream.fill(1, from, count, chunk.data());
    for (std::uint64_t i = 0; i < count; ++i) loop.access(chunk[i] >> 12);
  }
  const double seconds = processor_seconds() - started;
  MMULAB_ASSERT(loop.digest() != 0, "the plain loop has looked something up");
  return seconds;
}

/// The same for all cores, one after another, each with TLBs of its own.
double plain_seconds(const Stream& of) {
  const workload::PageOrder order(workload::Pattern::zipf, of.pages, 2, 1);
  workload::AccessStream stream;
  stream.shift = PageShift{12};
  stream.order = &order;
  stream.visits = of.visits;
  stream.touches = of.touches;
  double seconds = 0;
  for (std::uint32_t core = 0; core < of.cores; ++core) seconds += plain_core_seconds(stream);
  return seconds;
}

struct Ratios {
  std::vector<double> values;
  std::vector<double> above;
  std::vector<double> below;
  void add(double numerator, double denominator) {
    values.push_back(numerator / denominator);
    above.push_back(numerator);
    below.push_back(denominator);
  }
};

double millions(std::uint64_t accesses, double seconds) { return static_cast<double>(accesses) / seconds / 1e6; }

/// The laboratory's speed in parts of the plain loop's.
Figure against_plain(const std::string& name, const Stream& stream, const Effort& effort, Target target) {
  const std::uint64_t accesses = stream.visits * stream.touches * stream.cores;
  Ratios ratios;
  for (std::uint32_t round = 0; round < effort.rounds; ++round) {
    const double plain = plain_seconds(stream);
    ratios.add(plain, marginal_seconds(stream));
  }
  return {name, median(ratios.values), "x", target,
          fmt::format("{:.1f} M accesses/s, plain loop {:.1f}", millions(accesses, median(ratios.below)),
                      millions(accesses, median(ratios.above)))};
}

Stream busy_core(const Effort& effort, std::uint64_t visits, std::uint32_t touches) {
  Stream stream;
  stream.pages = effort.pages(busy_pages);
  stream.visits = effort.accesses(visits);
  stream.touches = touches;
  return stream;
}

std::vector<Figure> zipf(const Effort& effort) {
  return {against_plain("zipf", busy_core(effort, 20'000'000, 1), effort, half_of_plain)};
}

std::vector<Figure> burst8(const Effort& effort) {
  return {against_plain("burst8", busy_core(effort, 8'000'000, 8), effort, half_of_plain)};
}

std::vector<Figure> cores16(const Effort& effort) {
  Stream stream = busy_core(effort, 500'000, 1);
  stream.cores = 16;
  stream.pages = effort.pages(busy_pages / 16);
  return {against_plain("cores16", stream, effort, {Bound::at_least, 0.35})};
}

Figure cost_of_checkers(const std::string& name, Stream stream, const Effort& effort, std::optional<Target> target) {
  Ratios ratios;
  for (std::uint32_t round = 0; round < effort.rounds; ++round) {
    stream.checkers = true;
    const double with = run(stream.text()).seconds;
    stream.checkers = false;
    ratios.add(with, run(stream.text()).seconds);
  }
  return {name, median(ratios.values), "x", target,
          fmt::format("{:.2f} s with, {:.2f} s without", median(ratios.above), median(ratios.below))};
}

/// Set-up, page faults and the end included: that is where checkers have work to do.
std::vector<Figure> checkers(const Effort& effort) {
  const Stream x86 = busy_core(effort, 10'000'000, 1);
  Stream ppc64 = busy_core(effort, 2'000'000, 1);
  ppc64.machine = "ppc970";
  ppc64.kernel = "2.6.22";
  ppc64.strategy = "ppc64-2.6.22";
  // As many as the hash table holds.
  ppc64.pages = effort.pages(busy_pages / 4);
  Stream sparc64 = ppc64;
  sparc64.machine = "ultrasparc-iiii";
  sparc64.strategy = "sparc64-2013";
  return {cost_of_checkers("checkers", x86, effort, Target{Bound::at_most, 1.3}),
          cost_of_checkers("checkers-ppc64", ppc64, effort, {}),
          cost_of_checkers("checkers-sparc64", sparc64, effort, {})};
}

std::vector<Figure> memory(const Effort& effort) {
  const std::uint64_t kibibytes = peak_kibibytes(busy_core(effort, 1'000'000, 1).text());
  return {{"memory", static_cast<double>(kibibytes) / 1024, "MiB", Target{Bound::at_most, 64},
           fmt::format("peak resident set of a process that runs {} pages", effort.pages(busy_pages))}};
}

/// Seconds and IPIs of `unmaps` munmaps; a quarter of them is subtracted, so set-up does not count.
std::pair<double, double> storm_of(std::uint32_t cpus, std::uint64_t unmaps) {
  const Timed all = run(storm_text(cpus, unmaps));
  const Timed quarter = run(storm_text(cpus, unmaps / 4));
  return {all.seconds - quarter.seconds,
          static_cast<double>(counter(all.result, "ipi.sent") - counter(quarter.result, "ipi.sent"))};
}

std::vector<Figure> storm(const Effort& effort) {
  const std::uint32_t many = effort.tiny ? 32 : 1024;
  const std::uint64_t unmaps = effort.tiny ? 40 : 40'000;
  Ratios whole, delivery;
  for (std::uint32_t round = 0; round < effort.rounds; ++round) {
    const auto [crowd_seconds, crowd_ipis] = storm_of(many, effort.tiny ? 8 : 80);
    const auto [pair_seconds, pair_ipis] = storm_of(2, unmaps);
    const double alone_seconds = storm_of(1, unmaps).first;
    whole.add(crowd_seconds / crowd_ipis, pair_seconds / pair_ipis);
    delivery.add(crowd_seconds / crowd_ipis, (pair_seconds - alone_seconds) / pair_ipis);
  }
  const auto told = [&](const Ratios& ratios, const char* what) {
    return fmt::format("{:.0f} ns an IPI with {} cpus, {:.0f} ns with 2, {}", median(ratios.above) * 1e9, many,
                       median(ratios.below) * 1e9, what);
  };
  return {{"storm", median(whole.values), "x", Target{Bound::at_most, 1.5}, told(whole, "munmap included")},
          {"storm-delivery", median(delivery.values), "x", {}, told(delivery, "a munmap without IPIs taken off")}};
}

std::vector<Figure> lookahead(const Effort& effort) {
  Stream stream = busy_core(effort, 1'000'000, 1);
  stream.pages = effort.pages(4096);
  Ratios private_work, mixed;
  for (std::uint32_t round = 0; round < effort.rounds; ++round) {
    stream.lookahead = true;
    const double on = marginal_seconds(stream);
    stream.lookahead = false;
    private_work.add(marginal_seconds(stream), on);
    const std::uint64_t rounds = effort.tiny ? 1 : 4;
    mixed.add(run(mixed_text(4, rounds, false)).seconds, run(mixed_text(4, rounds, true)).seconds);
  }
  return {{"lookahead", median(private_work.values), "x", Target{Bound::at_least, 5},
           fmt::format("one core, zipf: {:.1f} M accesses/s on, {:.2f} off",
                       millions(stream.visits, median(private_work.below)),
                       millions(stream.visits, median(private_work.above)))},
          {"lookahead-mixed", median(mixed.values), "x", {},
           fmt::format("four cores that unmap and access: {:.3f} s on, {:.3f} s off", median(mixed.below),
                       median(mixed.above))}};
}

}  // namespace

const std::vector<Entry>& entries() {
  static const std::vector<Entry> list = {
      {"zipf", "one busy core, 64 Ki pages in zipf order, against the plain loop", zipf},
      {"burst8", "the same with 8 touches a page", burst8},
      {"checkers", "all default invariants against none", checkers},
      {"cores16", "16 cores on pages of their own, together, against the plain loop", cores16},
      {"memory", "peak resident set for 64 Ki pages", memory},
      {"storm", "an IPI's cost with 1,024 cpus against 2", storm},
      {"lookahead", "lookahead on against off", lookahead},
      {"explore", "the explorer: steps against bare switches, breadth against depth, counterexample, proofs", explored},
      {"sweep", "tiny runs: what a point costs beside its simulation, two jobs against one, memory, archive", sweeping},
      {"trace", "recordings: import against a bare loop, decoding, replay against the plain loop, its memory", traces},
  };
  return list;
}

}  // namespace mmulab::bench
