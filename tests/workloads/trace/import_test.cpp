// SPDX-License-Identifier: MIT
// What importers make of logs, as these tools write them, and what they say about logs that nobody wrote.
#include <zlib.h>

#include "tests/support/catch.h"
#include "tests/workloads/trace/shelf.h"
#include "workloads/trace/copy.h"
#include "workloads/trace/import.h"

using namespace mmulab;
using namespace mmulab::trace;
using namespace mmulab::trace::test;

namespace {

std::string strace(const Folder& folder, const std::string& text) {
  Writer writer(folder.file("s.mmt"), 1);
  import_strace(folder.with("s.log", text), writer);
  return folder.file("s.mmt");
}
std::string strace_says(const std::string& text) {
  const Folder folder;
  return message([&] { strace(folder, text); });
}
bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

const std::string lackey_head =
    "==70== Lackey, an example Valgrind tool\n==70== Command: ./a\n==70== Parent PID: 3\n==70== \n"
    "--70--   SCHED[1]:  acquired lock (thread_wrapper(starting new thread))\n"
    "--70--   SCHED[1]: entering VG_(scheduler)\n";

std::string lackey(const Folder& folder, const std::vector<std::string>& texts) {
  std::vector<std::string> files;
  for (const std::string& text : texts) files.push_back(folder.with("l" + std::to_string(files.size()), text));
  Writer writer(folder.file("l.mmt"), 1);
  import_lackey(files, {}, writer);
  return folder.file("l.mmt");
}

std::string champsim_record(std::uint64_t ip, std::uint64_t load, std::uint64_t store) {
  std::string record(64, '\0');
  for (unsigned i = 0; i < 8; ++i) {
    record[i] = static_cast<char>(ip >> 8 * i);
    record[16 + i] = static_cast<char>(store >> 8 * i);
    record[32 + i] = static_cast<char>(load >> 8 * i);
  }
  return record;
}

}  // namespace

TEST_CASE("A log of strace becomes calls, with processes, threads and what was unfinished put together") {
  const Folder folder;
  const std::string trace = strace(folder,
      "10 16:56:34.843566 execve(\"./t\", [\"./t\"], 0x7ffec0fa3c30 /* 37 vars */) = 0\n"
      "10 16:56:34.843953 brk(NULL)         = 0x557e4b278000\n"
      "10 16:56:34.844750 mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7fb286811000\n"
      "10 16:56:34.844794 access(\"a, b) = 0\", R_OK) = -1 ENOENT (No such file or directory)\n"
      "10 16:56:34.8 brk(0x557e4b299000) = 0x557e4b299000\n"
      "10 16:56:34.9 clone3({flags=CLONE_VM|CLONE_THREAD, stack=0x7fb285e20000} => {parent_tid=[11]}, 88) = 11\n"
      "11 16:56:34.9 madvise(0x7fb286811000, 4096, MADV_DONTNEED <unfinished ...>\n"
      "10 16:56:34.9 mprotect(0x7fb286811000, 4097, PROT_READ) = 0\n"
      "11 16:56:34.9 <... madvise resumed>) = 0\n"
      "11 16:56:34.9 +++ exited with 0 +++\n"
      "10 16:56:35.0 clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLD, child_tidptr=0x7fb286621a10) = 12\n"
      "10 16:56:35.0 wait4(-1,  <unfinished ...>\n"
      "12 16:56:35.0 mremap(0x7fb286811000, 4096, 8192, MREMAP_MAYMOVE) = 0x7fb286900000\n"
      "12 16:56:35.0 exit_group(3)     = ?\n"
      "12 16:56:35.0 +++ exited with 3 +++\n"
      "10 16:56:35.0 <... wait4 resumed>NULL, 0, NULL) = 12\n"
      "10 16:56:35.0 --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=12} ---\n"
      "10 16:56:35.0 vfork( <unfinished ...>\n"
      "13 16:56:35.1 execve(\"/bin/true\", [\"true\"], 0x7ffe <unfinished ...>\n"
      "10 16:56:35.1 <... vfork resumed>) = 13\n"
      "13 16:56:35.1 <... execve resumed>) = 0\n"
      "10 16:56:35.2 munmap(0x7fb286811000, 8192) = 0\n");
  CHECK(calls_of(trace, 0) ==
        "execve mmap:7fb286811000+2000 brk:557e4b278000+0>557e4b299000+0 clone:1 mprotect:7fb286811000+2000 fork:2 "
        "wait:2 vfork:3 munmap:7fb286811000+2000");
  CHECK(calls_of(trace, 1) == "madvise:7fb286811000+1000 exit");
  CHECK(calls_of(trace, 2) == "mremap:7fb286811000+1000>7fb286900000+2000 exit");
  CHECK(calls_of(trace, 3) == "execve");
}

TEST_CASE("Time stamps and names of tasks may be written in any of strace's ways") {
  for (const char* front : {"", "7 ", "[pid     7] ", "     0.000123 ", "7 1700000000.123456 ", "[pid 7] 16:56:34 ",
                            "7      +0.000041 "}) {
    const Folder folder;
    INFO(front);
    CHECK(calls_of(strace(folder, std::string(front) + "munmap(0x1000, 4096) = 0"), 0) == "munmap:1000+1000");
  }
}

TEST_CASE("What strace prints on a terminal names tasks only while there are several, and is interrupted by itself") {
  // As strace 6.1 printed it: a thread, a vfork, a fork.
  const std::string told =
      "execve(\"./t\", [\"./t\"], 0x7ffec0fa3c30 /* 37 vars */) = 0\n"
      "clone3({flags=CLONE_VM|CLONE_THREAD, stack=0x7fb285e20000}strace: Process 11 attached\n"
      " => {parent_tid=[11]}, 88) = 11\n"
      "[pid    11] munmap(0x11000, 4096 <unfinished ...>\n"
      "[pid    10] munmap(0x10000, 4096 <unfinished ...>\n"
      "[pid    11] <... munmap resumed>)       = 0\n"
      "[pid    10] <... munmap resumed>)       = 0\n"
      "[pid    11] exit(0)                     = ?\n"
      "[pid    11] +++ exited with 0 +++\n"
      "munmap(0x12000, 4096)                   = 0\n"
      "vfork(strace: Process 12 attached\n"
      " <unfinished ...>\n"
      "[pid    12] execve(\"/bin/true\", [\"true\"], 0x7ffe <unfinished ...>\n"
      "[pid    10] <... vfork resumed>)        = 12\n"
      "[pid    12] <... execve resumed>)       = 0\n"
      "[pid    10] wait4(-1,  <unfinished ...>\n"
      "[pid    12] +++ exited with 0 +++\n"
      "<... wait4 resumed>NULL, 0, NULL)       = 12\n"
      "clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLDstrace: Process 13 attached\n"
      ", child_tidptr=0x7f1ddf61fa10) = 13\n"
      "[pid    13] munmap(0x13000, 4096)       = 0\n"
      "[pid    10] exit_group(0)               = ?\n"
      "[pid    10] +++ exited with 0 +++\n"
      "munmap(0x14000, 4096)                   = 0\n"
      "+++ exited with 0 +++\n";
  const auto expect = [](const std::string& text) {
    const Folder folder;
    const std::string trace = strace(folder, text);
    CHECK(calls_of(trace, 0) ==
          "execve clone:1 munmap:10000+1000 munmap:12000+1000 vfork:2 wait:2 fork:3 exit");
    CHECK(calls_of(trace, 1) == "munmap:11000+1000 exit");
    CHECK(calls_of(trace, 2) == "execve exit");
    CHECK(calls_of(trace, 3) == "munmap:13000+1000 munmap:14000+1000 exit");
    TraceFile file(trace);
    const TraceInfo info = describe(file);
    CHECK(info.tasks.at(0).pid == 10);
    CHECK(info.tasks.at(1).tid == 11);
    CHECK(info.tasks.at(1).pid == 10);
    CHECK(info.tasks.at(3).pid == 13);
  };
  expect(told);
  std::string quiet = told;  // -q
  for (const char* said : {"strace: Process 11 attached\n", "strace: Process 12 attached\n",
                           "strace: Process 13 attached\n"})
    quiet.erase(quiet.find(said), std::string(said).size());
  expect(quiet);
}

TEST_CASE("What strace prints on a terminal is refused where it does not say whose it is, or does not go on") {
  const std::string two = "1 clone(flags=SIGCHLD) = 2\n1 clone(flags=SIGCHLD) = 3\n";
  CHECK(has(strace_says(two + "munmap(0x1000, 4096) = 0\n"), "line 3: whose line this is, of 3 tasks"));
  CHECK(has(strace_says("brk(NULL) = 0x1000\nvfork(strace: Process 2 attached\n"), "line 3: the call that was"));
}

TEST_CASE("Flags without names are refused, flags with both are understood") {
  CHECK(has(strace_says("1 mmap(NULL, 8192, 0x3, 0x22, -1, 0) = 0x1000\n"), "line 1: `0x3` gives no names"));
  CHECK(has(strace_says("1 mmap(NULL, 8192, PROT_READ, 0x22, -1, 0) = 0x1000\n"), "line 1: `0x22` gives no names"));
  CHECK(has(strace_says("1 brk(0) = 0x1000\n1 mprotect(0x1000, 4096, 0x1) = 0\n"), "line 2: `0x1` gives no names"));
  CHECK(has(strace_says("1 madvise(0x1000, 4096, 0x4) = 0\n"), "line 1: `0x4` gives no names"));
  CHECK(has(strace_says("1 clone(child_stack=NULL, flags=0x1200011, tls=0x0) = 2\n"), "`0x1200011` gives no names"));
  CHECK(has(strace_says("1 clone3({flags=0x3d0f00, stack=0x7f}, 88) = 2\n"), "`0x3d0f00` gives no names"));
  const Folder folder;
  const std::string trace = strace(folder,
      "1 mmap(NULL, 8192, 0x3 /* PROT_READ|PROT_WRITE */, 0x22 /* MAP_PRIVATE|MAP_ANONYMOUS */, -1, 0) = 0x1000\n"
      "1 clone(child_stack=NULL, flags=0x10100 /* CLONE_VM|CLONE_THREAD */, tls=0x0) = 2\n"
      "1 vfork() = 3\n");
  CHECK(calls_of(trace, 0) == "mmap:1000+2000 clone:1 vfork:2");
}

TEST_CASE("What is wrong with a log of strace is said with its line") {
  CHECK(has(strace_says("1 munmap(0x1000, 4096) = 0\nhello\n"), "line 2: this is no line"));
  CHECK(has(strace_says("1 munmap(0x1000, 4096"), "line 1: `munmap` has no end"));
  CHECK(has(strace_says("1 munmap(zwei, 4096) = 0\n"), "line 1: argument 1 is no number"));
  CHECK(has(strace_says("1 munmap(0x1001, 4096) = 0\n"), "line 1: munmap at 0x1001"));
  CHECK(has(strace_says("1 munmap(0xfffffffffffff000, 8192) = 0\n"), "beyond user space"));
  CHECK(has(strace_says("1 mmap(NULL, 18446744073709551615, PROT_NONE, MAP_PRIVATE, -1, 0) = 0x1000\n"),
            "beyond user space"));
  CHECK(has(strace_says("1 <... munmap resumed>) = 0\n"), "resumes, which was not unfinished"));
  CHECK(has(strace_says(""), "no call of strace's"));
  CHECK(has(strace_says(std::string(3 << 20, 'x')), "more than a MiB"));
}

TEST_CASE("More tasks and mappings than Linux has are refused, in bounded memory") {
  std::string many;
  for (unsigned n = 1; n <= 70'000; ++n) many += std::to_string(n) + " exit_group(0) = ?\n";
  CHECK(has(strace_says(many), "more than 65536 tasks"));
  std::string maps;
  for (unsigned n = 1; n <= 70'000; ++n)
    maps += "1 mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 3, 0) = " + std::to_string(n * 8192ULL) + "\n";
  CHECK(has(strace_says(maps), "line 65531: more than 65530 mappings"));
}

TEST_CASE("A log of lackey becomes accesses and calls in their order, and threads by valgrind's scheduler") {
  const Folder folder;
  const std::string trace = lackey(folder, {lackey_head +
      "I  04001000,3\n S 1fff000718,8\n"
      "SYSCALL[70,1](9) sys_mmap ( 0x0, 8192, 3, 34, 4294967295, 0 ) --> [pre-success] Success(0x5000000) \n"
      " L 05000000,8\n M 05001008,4\n"
      "SYSCALL[70,1](56) sys_clone ( 3d0f00, 0x522bf70, 0x522c990, 0x522c990, 0x522c6c0 ) --> [pre-success] "
      "Success(0x48) --70--   SCHED[1]: releasing lock (VG_(vg_yield)) -> VgTs_Yielding\n"
      "--70--   SCHED[2]:  acquired lock (thread_wrapper(starting new thread))\n"
      " L 05000010,8\n"
      "SYSCALL[70,2](28) sys_madvise ( 0x5000000, 4096, 4 ) --> [async] ... \n"
      "--70--   SCHED[1]:  acquired lock (VG_(vg_yield))\n"
      " S 05000020,8\n"
      "SYSCALL[70,2](28) ... [async] --> Success(0x0) \n"
      "SYSCALL[70,2](60) exit( 0 ) --> [pre-success] Success(0x0) \n"
      "--70--   SCHED[1]:  acquired lock (x)\n"
      "SYSCALL[70,1](11) sys_munmap ( 0x5000000, 43931 )[sync] --> Failure(0x16) \n"
      "SYSCALL[70,1](11) sys_munmap ( 0x5000000, 8192 )[sync] --> Success(0x0) \n"});
  CHECK(calls_of(trace, 0) ==
        "mmap:4000000+100000 mmap:1fff000000+100000 mmap:5000000+2000 clone:1 munmap:5000000+2000 exit");
  CHECK(calls_of(trace, 1) == "madvise:5000000+1000 exit");
  CHECK(accesses_of(trace, 0) == std::vector<std::uint64_t>{0x4001000 | fetch_bit, 0x1fff000718 | store_bit, 0x5000000,
                                                           0x5001008 | store_bit, 0x5000020 | store_bit});
  CHECK(accesses_of(trace, 1) == std::vector<std::uint64_t>{0x5000010});
}

TEST_CASE("Files of lackey are put together by who created whom, in whatever order they are named") {
  const Folder folder;
  const std::string parent = lackey_head +
      " S 1fff000718,8\n"
      "SYSCALL[70,1](56) sys_clone ( 1200011, 0x0, 0x0, 0x4a29a10, 0x0 )   clone(fork): process 70 created child 71\n"
      " --> [pre-success] Success(0x47) --70--   SCHED[1]: releasing lock (VG_(vg_yield)) -> VgTs_Yielding\n"
      "SYSCALL[70,1](58) sys_fork ( )   fork: process 70 created child 72\n --> [pre-success] Success(0x48) \n"
      "SYSCALL[70,1](61) sys_wait4 ( 4294967295, 0x0, 0, 0x0 ) --> [async] ... \n"
      "SYSCALL[70,1](61) ... [async] --> Success(0x47) \n";
  const std::string child = "==71== Lackey, an example Valgrind tool\n==71== Command: ./a\n==71== Parent PID: 70\n"
                            " --> [pre-success] Success(0x0) \n L 1fff000718,8\n";
  std::string image = lackey_head + " L 04000000,8\n";
  for (std::size_t at = 0; (at = image.find("70==", at)) != std::string::npos; ++at) image.replace(at, 2, "72");
  image.replace(image.find("PID: 3"), 6, "PID: 70");
  const std::string trace = lackey(folder, {image, child, parent});
  CHECK(calls_of(trace, 0) == "mmap:1fff000000+100000 fork:1 fork:2 wait:1 exit");
  CHECK(calls_of(trace, 1) == "exit");
  CHECK(accesses_of(trace, 1) == std::vector<std::uint64_t>{0x1fff000718});
  CHECK(calls_of(trace, 2) == "execve mmap:4000000+100000 exit");
}

TEST_CASE("Two files of one process are refused") {
  const Folder folder;
  const std::string log = lackey_head + " L 04000000,8\n";
  CHECK(has(message([&] { lackey(folder, {log, log}); }), "l1` is of process 70, and so is `"));
}

TEST_CASE("What is wrong with a log of lackey is said with its line") {
  const auto says = [](const std::string& text) {
    const Folder folder;
    return message([&] { lackey(folder, {text}); });
  };
  CHECK(has(says("I  04001000,3\n"), "line 1: this is no log of lackey's"));
  CHECK(has(says(lackey_head + "I  0400100\n"), "line 7: this is no access"));
  CHECK(has(says(lackey_head + " S ,8\n"), "line 7: this is no access"));
  CHECK(has(says(lackey_head + "I \nI  0400100\n"), "line 8: this is no access"));
  CHECK(has(says(lackey_head + " S 10,8 \n"), "line 7: this is no access"));
  CHECK(has(says(lackey_head + "\n\n S ffffffffffffffff,8\n"), "line 9: 0xffffffffffffffff and"));
  CHECK(has(says(lackey_head + " S 11112222333344445555,8\n"), "line 7: this is no access"));
  CHECK(has(says(lackey_head + "SYSCALL[70,5](11) sys_munmap ( 0x5000000, 8192 )[sync] --> Success(0x0) \n"),
            "line 7: thread 5 has not begun"));
}

TEST_CASE("ChampSim's records are fetches, loads and stores, plain or packed, and must be whole") {
  const Folder folder;
  const std::string records = champsim_record(0x400000, 0x7fff0008, 0) + champsim_record(0x400004, 0, 0x10000010);
  const std::string packed = folder.file("c.gz");
  const gzFile out = gzopen(packed.c_str(), "wb");
  gzwrite(out, records.data(), static_cast<unsigned>(records.size()));
  gzclose(out);
  for (const std::string& file : {folder.with("c.bin", records), packed}) {
    Writer writer(folder.file("c.mmt"), 1);
    import_champsim({file}, {}, writer);
    CHECK(accesses_of(folder.file("c.mmt"), 0) ==
          std::vector<std::uint64_t>{0x400000 | fetch_bit, 0x7fff0008, 0x400004 | fetch_bit, 0x10000010 | store_bit});
  }
  const auto says = [&](const std::string& bytes) {
    return message([&] {
      Writer writer(folder.file("d.mmt"), 1);
      import_champsim({folder.with("d.bin", bytes)}, {}, writer);
    });
  };
  CHECK(has(says(records.substr(0, 100)), "byte 64: the last record has 36 of 64 bytes"));
  CHECK(has(says(""), "there is no record"));
  CHECK(has(says(records + champsim_record(~0ULL, 0, 0)), "byte 128: 0xffffffffffffffff"));
  CHECK(has(says(folder.bytes("c.gz").substr(0, 30)), "damaged or cut short"));
}
