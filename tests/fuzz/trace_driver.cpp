// SPDX-License-Identifier: MIT
// Fuzzing of traces, as tests/fuzz/driver.cpp does it: inputs by (seed, number), in child processes. An input fails if
// it ends its child in any way but by itself, or holds it up for 20 s.
//
//   trace_driver TARGET SECONDS CONFIGS [SEED [FIRST]]     TARGET: strace | lackey | champsim | file | replay |
//                                                       count
//
// The first three are logs of these tools, changed at random; file is a trace with changed bytes; replay makes whole
// traces of calls that no program would make, and runs them for some cycles; count takes such traces in their own
// order.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iostream>

#include "sim/config/load.h"
#include "sim/lab/count.h"
#include "sim/lab/run.h"
#include "sim/lab/schema.h"
#include "tests/fuzz/input.h"
#include "workloads/trace/copy.h"
#include "workloads/trace/import.h"

namespace mmulab::fuzz {
namespace {

using namespace trace;

constexpr unsigned hang_seconds = 20;
constexpr std::uint64_t inputs_per_child = 200;

const std::string strace_log =
    "10 execve(\"./t\", [\"./t\"], 0x7ffec0fa3c30) = 0\n"
    "10 brk(NULL) = 0x557e4b278000\n10 brk(0x557e4b299000) = 0x557e4b299000\n"
    "10 mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7fb286811000\n"
    "10 clone3({flags=CLONE_VM|CLONE_THREAD, stack=0x7fb285e20000} => {parent_tid=[11]}, 88) = 11\n"
    "11 madvise(0x7fb286811000, 4096, MADV_DONTNEED <unfinished ...>\n"
    "10 mprotect(0x7fb286811000, 4096, PROT_READ) = 0\n11 <... madvise resumed>) = 0\n11 +++ exited with 0 +++\n"
    "10 vfork( <unfinished ...>\n13 execve(\"/bin/true\", [\"true\"], 0x7ffe) = 0\n10 <... vfork resumed>) = 13\n"
    "13 mremap(0x7fb286811000, 4096, 8192, MREMAP_MAYMOVE) = 0x7fb286900000\n13 +++ exited with 3 +++\n"
    "10 wait4(-1, NULL, 0, NULL) = 13\n10 munmap(0x7fb286811000, 8192) = 0\n";

const std::string lackey_log =
    "==70== Lackey, an example Valgrind tool\n==70== Command: ./a\n==70== Parent PID: 3\n"
    "--70--   SCHED[1]:  acquired lock (thread_wrapper(starting new thread))\nI  04001000,3\n S 1fff000718,8\n"
    "SYSCALL[70,1](9) sys_mmap ( 0x0, 8192, 3, 34, 4294967295, 0 ) --> [pre-success] Success(0x5000000) \n"
    " L 05000000,8\n M 05001008,4\n"
    "SYSCALL[70,1](56) sys_clone ( 3d0f00, 0x522bf70, 0x522c990, 0x522c990, 0x522c6c0 ) --> Success(0x48) \n"
    "--70--   SCHED[2]:  acquired lock (thread_wrapper(starting new thread))\n L 05000010,8\n"
    "SYSCALL[70,2](28) sys_madvise ( 0x5000000, 4096, 4 ) --> [async] ... \n"
    "SYSCALL[70,2](28) ... [async] --> Success(0x0) \nSYSCALL[70,2](60) exit( 0 ) --> [pre-success] Success(0x0) \n"
    "--70--   SCHED[1]:  acquired lock (x)\n"
    "SYSCALL[70,1](58) sys_fork ( )   fork: process 70 created child 72\n --> [pre-success] Success(0x48) \n"
    "SYSCALL[70,1](61) sys_wait4 ( 4294967295, 0x0, 0, 0x0 ) --> Success(0x48) \n"
    "SYSCALL[70,1](11) sys_munmap ( 0x5000000, 8192 )[sync] --> Success(0x0) \n";

/// A file of this driver's, whose children name it by their parent.
std::string scratch(pid_t driver, const char* what) {
  return "/tmp/mmulab-fuzz-" + std::to_string(driver) + "." + what;
}
std::string scratch(const char* what) { return scratch(getppid(), what); }

std::string changed(Random& random, std::string text) {
  static const std::vector<std::string> pieces = {"0xffffffffffffffff", "18446744073709551615", "\n", ",", "(", ")",
                                                  "-1", "4294967296", " <unfinished ...>", "0", "Success(",
                                                  "SCHED[9]", "\"", "strace: Process 14 attached\n", "[pid 10] "};
  for (std::uint64_t n = random.below(12); n != 0 && !text.empty(); --n) {
    const std::size_t at = random.below(text.size());
    switch (random.below(6)) {
      case 0: text[at] = static_cast<char>(random.next()); break;
      case 1: text.erase(at, 1 + random.below(8)); break;
      case 2: text.insert(at, random.one_of(pieces)); break;
      case 3: text.insert(at, text.substr(random.below(text.size()), random.below(200))); break;
      case 4: text.resize(at); break;
      default: text[at] = static_cast<char>('0' + random.below(10)); break;
    }
  }
  return text;
}

std::string bytes_of(const std::string& name) {
  std::ifstream in(name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void write(const std::string& name, const std::string& text) { std::ofstream(name, std::ios::binary) << text; }

/// Calls and accesses at a few places, so that they meet.
void write_wild(Random& random, const std::string& name) {
  Writer writer(name, 1);
  const std::uint64_t tasks = 1 + random.below(6);
  for (std::uint32_t t = 0; t < tasks; ++t) writer.add_task(t, t);
  const auto place = [&] {
    return (random.below(16) == 0 ? random.below(address_end >> 12) : 0x10000 + random.below(64)) << 12;
  };
  const auto length = [&] { return (random.below(40) == 0 ? random.below(1U << 20) : random.below(24)) << 12; };
  std::uint32_t made = 1;
  for (std::uint64_t n = random.below(120); n != 0; --n) {
    TaskBuffer* buffer = &writer.turn_to(TaskNo{static_cast<std::uint32_t>(random.below(made))});
    for (std::uint64_t left = random.below(30); left != 0; --left) {
      writer.make_room(*buffer);
      buffer->access(static_cast<unsigned>(random.below(3)), place() + random.below(4096));
    }
    TraceCall call;
    call.kind = static_cast<CallKind>(random.below(trace::call_kinds));
    call.flags = static_cast<std::uint32_t>(random.below(512));
    call.first = place();
    call.to = place();
    call.length = length();
    call.to_length = length();
    if (call.kind == CallKind::brk) call.length = 0;
    if (creates(call.kind) && random.below(20) != 0) {
      if (made == tasks) continue;
      call.child = TaskNo{made++};
    } else {
      call.child = TaskNo{static_cast<std::uint32_t>(random.below(tasks))};
    }
    if (call.kind == CallKind::exit && random.below(4) != 0) continue;
    if (call.kind != CallKind::none) writer.call(call);
  }
  writer.finish(static_cast<std::uint32_t>(random.below(80)));
}

void import_changed(const std::string& target, Random& random) {
  const std::string log = scratch("log"), out = scratch("mmt");
  if (target == "champsim") {
    std::string records(64 * (1 + random.below(20)), '\0');
    for (std::size_t at = 0; at < records.size(); ++at)
      records[at] = static_cast<char>(at % 8 < 6 && random.below(4) == 0 ? random.next() : 0);
    write(log, changed(random, records));
  } else {
    write(log, changed(random, target == "strace" ? strace_log : lackey_log));
  }
  Writer writer(out, 1);
  if (target == "strace") import_strace(log, writer);
  else if (target == "lackey") import_lackey({log}, {}, writer);
  else import_champsim({log}, {}, writer);
  TraceFile file(out);
  static_cast<void>(describe(file));
}

void try_one(const std::string& target, const config::SearchPath& search, Random& random) {
  const std::string out = scratch("mmt");
  if (target != "file" && target != "replay" && target != "count") return import_changed(target, random);
  write_wild(random, out);
  if (target == "file") {
    write(out, changed(random, bytes_of(out)));
    TraceFile file(out);
    static_cast<void>(describe(file));
    return;
  }
  static const std::vector<std::string> machines = {
      "machine = 'skylake'\nkernel = 'modern'\nstrategy = 'linux-modern'\n",
      "machine = 'ppc970'\nkernel = '2.6.22'\nstrategy = 'ppc64-2.6.22'\n",
      "machine = 'niagara2'\nkernel = 'modern'\nstrategy = 'sparc64-2013'\n"};
  static const std::vector<std::string> fetches = {"none", "pages", "all"};
  const std::string text = random.one_of(machines) + "[workload]\nkind = 'trace'\nfile = '" + out + "'\nfetches = '" +
                           random.one_of(fetches) + "'\nrounds = " + std::to_string(1 + random.below(2)) +
                           "\n[sim]\nmax_cycles = 300000\n";
  const config::Values values = config::load_text(lab::schema(), "fuzz.toml", text, {}, search);
  if (target == "count") static_cast<void>(lab::count({values, values}));
  else static_cast<void>(lab::run(values, "fuzz.toml", {}));
}

struct Progress {
  std::uint64_t number = 0, accepted = 0;
};

int drive(const std::string& target, const std::string& configs, std::chrono::steady_clock::time_point end,
          std::uint64_t seed, Progress& progress) {
  const config::SearchPath search({configs});
  while (std::chrono::steady_clock::now() < end) {
    const pid_t child = fork();
    if (child == 0) {
      for (std::uint64_t n = 0; n < inputs_per_child && std::chrono::steady_clock::now() < end; ++n) {
        alarm(hang_seconds);
        Random random(seed * 1'000'003 + progress.number);
        try {
          try_one(target, search, random);
          ++progress.accepted;
        } catch (const config::Error& error) {
          if (error.problems().empty() || error.problems().front().message.empty()) _exit(98);
        }
        ++progress.number;
      }
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (status == 0) continue;
    std::cout << "FAILED: input " << progress.number << " of seed " << seed << ", wait status " << status << "\n";
    return 1;
  }
  std::cout << progress.number << " inputs of seed " << seed << ", " << progress.accepted << " accepted\n";
  return progress.number == 0 ? 1 : 0;
}

}  // namespace
}  // namespace mmulab::fuzz

// libsystemc refers to sc_main even when its main() is not used.
extern "C" int sc_main(int, char**) { return 2; }

int main(int count, char** words) {
  using namespace mmulab::fuzz;
  if (count < 4) return 2;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(std::stoul(words[2]));
  const std::uint64_t seed = count > 4 ? std::stoull(words[4]) : static_cast<std::uint64_t>(std::time(nullptr));
  void* shared = mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  auto* progress = new (shared) Progress;
  if (count > 5) progress->number = std::stoull(words[5]);
  const int result = drive(words[1], words[3], end, seed, *progress);
  for (const char* what : {"log", "mmt"}) std::remove(scratch(getpid(), what).c_str());
  return result;
}
