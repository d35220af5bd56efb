// SPDX-License-Identifier: MIT
#include "bench/trace.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include <fmt/format.h>
#include <unistd.h>

#include "bench/child.h"
#include "bench/laboratory.h"
#include "bench/plain_loop.h"
#include "sim/config/load.h"
#include "sim/lab/count.h"
#include "sim/lab/schema.h"
#include "sim/units/assert.h"
#include "workloads/random.h"
#include "workloads/trace/byte_source.h"
#include "workloads/trace/import.h"
#include "workloads/trace/reader.h"

namespace mmulab::bench {
namespace {

constexpr std::size_t chunk = 4096;

const std::string recording = MMULAB_CONFIGS_DIR "/traces/compile.mmt";

/// Code in straight lines that loops, and data near the stack and in an array: as lackey writes it.
void write_lackey(const std::string& file, std::uint64_t lines) {
  std::FILE* out = std::fopen(file.c_str(), "w");
  MMULAB_ASSERT(out != nullptr, "the scratch folder can be written to");
  std::fputs("==70== Lackey, an example Valgrind tool\n==70== Parent PID: 3\n"
             "--70--   SCHED[1]:  acquired lock (thread_wrapper(starting new thread))\n", out);
  for (std::uint64_t n = 0, pc = 0x401ab70; n < lines; ++n) {
    const std::uint64_t drawn = workload::draw(1, n);
    if (drawn % 3 == 0) std::fprintf(out, " L %09llx,8\n", 0x1fff000700ULL - drawn % 512);
    else if (drawn % 7 == 0) std::fprintf(out, " S %08llx,4\n", 0x4a2c000ULL + n % 65536);
    else std::fprintf(out, "I  %08llx,%u\n", static_cast<unsigned long long>(pc), 3U);
    pc = drawn % 19 == 0 ? 0x401ab70 + drawn % 8192 : pc + 3;
  }
  std::fclose(out);
}

/// The least that a reader of such a file does: every line's kind and address.
double bare_loop(const std::string& file) {
  const double started = processor_seconds();
  trace::LineSource lines(file);
  std::uint64_t digest = 0;
  for (std::string_view text = lines.next(); !text.empty(); text = lines.next()) {
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at < end) {
      const char kind = at[0] == 'I' ? 'I' : at[1];
      std::uint64_t va = 0;
      for (at += 3; *at != ',' && *at != '\n'; ++at)
        va = va << 4 | static_cast<unsigned>(*at <= '9' ? *at - '0' : *at - 'a' + 10);
      while (*at++ != '\n') {
      }
      digest += va + static_cast<unsigned char>(kind);
    }
  }
  MMULAB_ASSERT(digest != 0, "the loop has read something");
  return processor_seconds() - started;
}

double import(const std::string& file, const std::string& to) {
  const double started = processor_seconds();
  trace::Writer writer(to, 1);
  trace::import_lackey({file}, {}, writer);
  return processor_seconds() - started;
}

/// Reads the recording's data accesses; `each` gets them in stretches.
template <class Each>
double decode(const Each& each, std::uint64_t& accesses) {
  const double started = processor_seconds();
  trace::TraceFile file(recording);
  trace::TraceReader reader(file);
  std::vector<std::uint64_t> words(chunk);
  while (reader.next_block())
    for (trace::Segment segment; reader.next(segment);)
      for (std::uint64_t left = segment.accesses; left != 0;) {
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left, chunk));
        reader.block().take(words.data(), count);
        left -= count;
        accesses += count;
        each(words.data(), count);
      }
  return processor_seconds() - started;
}

double median_of(std::vector<double> values) { return median(std::move(values)); }

std::string replay_text(std::uint64_t rounds, bool checkers) {
  return fmt::format("machine.preset = 'ppc970'\nmachine.sockets = 1\nmachine.cores = 4\nmachine.threads = 1\n"
                     "kernel = '2.6.22'\nstrategy = 'ppc64-2.6.22'\n{}[workload]\nkind = 'trace'\nfile = '{}'\n"
                     "rounds = {}\n", checkers ? "" : "invariants = []\n", recording, rounds);
}

Figure imports(const Effort& effort) {
  const std::string scratch = fmt::format("/tmp/mmulab-bench.{}", getpid());
  const std::string log = scratch + ".log", out = scratch + ".mmt";
  const std::uint64_t lines = effort.accesses(20'000'000);
  write_lackey(log, lines);
  std::vector<double> ratios, bare, whole;
  for (std::uint32_t round = 0; round < effort.rounds; ++round) {
    bare.push_back(bare_loop(log));
    whole.push_back(import(log, out));
    ratios.push_back(bare.back() / whole.back());
  }
  std::remove(log.c_str());
  std::remove(out.c_str());
  return {"lackey-import", median(ratios), "x", Target{Bound::at_least, 0.4},
          fmt::format("{:.1f} M lines/s, bare loop {:.1f}", static_cast<double>(lines) / median_of(whole) / 1e6,
                      static_cast<double>(lines) / median_of(bare) / 1e6)};
}

/// Sixteen geometries of which half forget much; or the first of them.
double count_seconds(bool many) {
  static const config::Schema schema = lab::schema();
  std::vector<config::Values> points;
  for (const char* ways : {"2", "4"})
    for (const char* sets : {"2", "4", "8", "16", "32", "64", "128", "256"})
      if (many || points.empty())
        points.push_back(config::load_file(schema, MMULAB_CONFIGS_DIR "/traces/x86-compile.toml",
                                           {fmt::format("machine.x86.dtlb_4k_ways={}", ways),
                                            fmt::format("machine.x86.stlb_sets={}", sets)}));
  const double started = processor_seconds();
  const lab::Counted counted = lab::count(points);
  MMULAB_ASSERT(counted.points.size() == points.size(), "every geometry has been counted");
  return processor_seconds() - started;
}

Figure counts(const Effort& effort) {
  std::vector<double> ratios, one, all;
  for (std::uint32_t round = 0; round < effort.rounds; ++round) {
    one.push_back(count_seconds(false));
    all.push_back(count_seconds(true));
    ratios.push_back(all.back() / one.back());
  }
  return {"trace-count", median(ratios), "x", Target{Bound::at_most, 3},
          fmt::format("16 geometries of x86 in one pass against one: {:.2f} s and {:.2f} s", median_of(all),
                      median_of(one))};
}

Figure memory(const Effort& effort) {
  const std::uint64_t rounds = effort.tiny ? 2 : 8;
  const std::uint64_t once = peak_kibibytes(replay_text(1, true)), often = peak_kibibytes(replay_text(rounds, true));
  return {"trace-memory", static_cast<double>(often) / 1024, "MiB", Target{Bound::at_most, 64},
          fmt::format("peak resident set of a process that replays the compile {} times over; once: {:.1f} MiB", rounds,
                      static_cast<double>(once) / 1024)};
}

}  // namespace

std::vector<Figure> traces(const Effort& effort) {
  std::vector<double> rates, decoded, ratios, replayed;
  const std::uint64_t rounds = effort.tiny ? 1 : 3;
  std::uint64_t total = 0;
  for (std::uint32_t round = 0; round < effort.rounds; ++round) {
    std::uint64_t accesses = 0, data = 0;
    const double alone = decode([](const std::uint64_t*, std::size_t) {}, accesses);
    PlainLoop loop;
    const double plain = decode([&](const std::uint64_t* words, std::size_t count) {
      for (std::size_t i = 0; i < count; ++i) {
        if ((words[i] & trace::fetch_bit) != 0) continue;
        loop.access(trace::address_of(words[i]) >> 12);
        ++data;
      }
    }, total);
    MMULAB_ASSERT(loop.digest() != 0, "the plain loop has looked something up");
    decoded.push_back(static_cast<double>(accesses) / alone / 1e6);
    const Timed timed = run(replay_text(rounds, true));
    replayed.push_back(static_cast<double>(data * rounds) / timed.seconds / 1e6);
    rates.push_back(static_cast<double>(data) / plain / 1e6);
    ratios.push_back(replayed.back() / rates.back());
  }
  return {imports(effort),
          counts(effort),
          {"trace-decode", median(decoded), "M/s", {}, "accesses of the shipped compile, unpacked and decoded"},
          {"trace-replay", median(ratios), "x", Target{Bound::at_least, 0.2},
           fmt::format("the compile {} times over, calls, faults and checkers included: {:.1f} M accesses/s, plain "
                       "loop {:.1f}", rounds, median(replayed), median(rates))},
          memory(effort)};
}

}  // namespace mmulab::bench
