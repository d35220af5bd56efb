// SPDX-License-Identifier: MIT
// The fuzz driver: feeds inputs to one target in child processes for so many seconds. An input fails if it ends its
// child in any way but by itself (an assertion of ours, a signal, an exception), or holds it up for 20 s. A failing
// input is printed with its number; the same seed and number make it again.
//
//   fuzz_driver TARGET SECONDS CONFIGS [SEED [FIRST]]     TARGET: configuration | scenario | large | sweep
//
// configuration: any bytes are values or diagnostics. scenario: what is accepted is built and run for some cycles.
// large: the same with any size that the schema allows; slow, and needs some GiB of memory. sweep: axes and the texts
// of points, changed byte by byte.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <random>

#include "sim/config/load.h"
#include "sim/lab/build.h"
#include "sim/lab/run.h"
#include "sim/lab/schema.h"
#include "sim/sweep/axis.h"
#include "sim/sweep/point_record.h"
#include "tests/fuzz/input.h"

namespace mmulab::fuzz {
namespace {

/// What the parent can read when a child is gone.
struct Progress {
  std::uint64_t number = 0;
  std::uint64_t accepted = 0;
};

struct Options {
  std::string target;
  std::string configs;
  std::uint64_t seed = 1;
  std::chrono::steady_clock::time_point end;
};

constexpr unsigned hang_seconds = 20;
constexpr std::uint64_t inputs_per_child = 200;

bool try_configuration(const config::Schema& schema, const Input& input, const config::SearchPath& search) {
  const config::Values values = config::load_text(schema, "fuzz.toml", input.text, input.overrides, search);
  return values.contains("machine.arch");
}

bool try_scenario(const config::Schema& schema, Input input, const config::SearchPath& search) {
  input.overrides.emplace_back("sim.max_cycles=30000");
  const config::Values values = config::load_text(schema, "fuzz.toml", input.text, input.overrides, search);
  static_cast<void>(lab::run(values, "fuzz.toml", {}));
  return true;
}

/// A few bytes of it others, gone, or there twice.
std::string changed(Random& random, std::string text) {
  static const std::string likely = "=,.&*+0123456789'\"[]{} x";
  for (std::uint64_t n = random.below(6); n > 0 && !text.empty(); --n) {
    const std::size_t at = random.below(text.size());
    const bool any = random.below(4) == 0;
    const char other = any ? static_cast<char>(random.below(256)) : likely[random.below(likely.size())];
    if (random.below(3) == 0) text.erase(at, 1 + random.below(3));
    else if (random.below(2) == 0) text.insert(at, 1, other);
    else text[at] = other;
  }
  return text;
}

bool try_axis(Random& random) {
  static const std::vector<std::string> axes = {
      "strategy = per-pte, linux-modern", "machine.cores=1..64*2 & machine.sockets=64..70", "a=0..9223372036854775807",
      "a=1..9223372036854775807*2", "a=[1, 2], 'b,c', {x = 1}", "a=1..1000000000000+7 & b=1..2"};
  const sweep::Axis axis = sweep::parse_axis(sweep::in_option("--vary", changed(random, random.one_of(axes))));
  bool good = true;
  for (const sweep::Term& term : axis.terms) {
    good = good && term.values.contains(term.values.at(0));
    good = good && term.values.contains(term.values.at(axis.size() - 1));
  }
  if (!good) _exit(97);
  return true;
}

bool try_point(Random& random) {
  sweep::PointRecord record;
  record.hash = "0123";
  record.parameters = {{"strategy", "per-pte"}, {"sim.seed", "1"}};
  record.result = R"({"a":[1,2,{"b":null}]})";
  const std::string text = sweep::to_text(record);
  const std::string other = changed(random, text);
  const std::string back = sweep::to_text(sweep::read_point(other, "p.json"));
  if (back != text) _exit(96);
  return true;
}

bool try_sweep(const Options& options, std::uint64_t number) {
  Random random(options.seed ^ (number * 0x9e3779b97f4a7c15ULL));
  return random.below(2) == 0 ? try_axis(random) : try_point(random);
}

[[noreturn]] void work(const Options& options, const Corpus& corpus, const config::Schema& schema,
                       Progress& progress) {
  const config::SearchPath search({options.configs});
  const bool runs = options.target != "configuration";
  const bool tame = options.target == "scenario";
  for (std::uint64_t n = 0; n < inputs_per_child && std::chrono::steady_clock::now() < options.end; ++n) {
    alarm(hang_seconds);
    try {
      if (options.target == "sweep") {
        progress.accepted += try_sweep(options, progress.number) ? 1U : 0U;
        ++progress.number;
        continue;
      }
      const Input input = corpus.input(options.seed, progress.number, tame);
      const bool accepted = runs ? try_scenario(schema, input, search) : try_configuration(schema, input, search);
      progress.accepted += accepted ? 1U : 0U;
    } catch (const config::Error& error) {
      if (error.problems().empty() || error.problems().front().message.empty()) _exit(98);
    }
    ++progress.number;
  }
  _exit(0);
}

void describe_failure(const Corpus& corpus, const Options& options, const Progress& progress, int status) {
  const Input input = corpus.input(options.seed, progress.number, options.target == "scenario");
  std::cout << "FAILED: input " << progress.number << " of seed " << options.seed << ", wait status " << status
            << (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ? " (hangs)" : "") << "\n";
  for (const std::string& text : input.overrides) std::cout << "  --set '" << text << "'\n";
  std::cout << "----\n" << input.text << "----\n";
}

int drive(const Options& options, std::uint64_t first) {
  const config::Schema schema = lab::schema();
  const Corpus corpus(options.configs, schema);
  void* shared = mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return 2;
  auto& progress = *new (shared) Progress;
  progress.number = first;
  int failures = 0;
  while (std::chrono::steady_clock::now() < options.end && failures < 8) {
    std::cout.flush();
    const pid_t child = fork();
    if (child < 0) return 2;
    if (child == 0) work(options, corpus, schema, progress);
    int status = 0;
    waitpid(child, &status, 0);
    if (status == 0) continue;
    describe_failure(corpus, options, progress, status);
    ++failures;
    ++progress.number;
  }
  std::cout << options.target << ": seed " << options.seed << ", " << progress.number - first << " inputs of "
            << corpus.size() << " documents, " << progress.accepted << " accepted, " << failures << " failures\n";
  return failures == 0 && progress.accepted > 0 ? 0 : 1;
}

}  // namespace
}  // namespace mmulab::fuzz

// libsystemc refers to sc_main even when its main() is not used.
extern "C" int sc_main(int, char**) { return 2; }

int main(int argc, char** argv) {
  using namespace mmulab::fuzz;
  if (argc < 4) return 2;
  Options options;
  options.target = argv[1];
  options.end = std::chrono::steady_clock::now() + std::chrono::seconds(std::atoi(argv[2]));
  options.configs = argv[3];
  options.seed = argc > 4 ? std::strtoull(argv[4], nullptr, 10) : std::random_device{}();
  return drive(options, argc > 5 ? std::strtoull(argv[5], nullptr, 10) : 0);
}
