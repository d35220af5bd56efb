// SPDX-License-Identifier: MIT
// What record_test.py records: eight pages that two threads write, a child that writes half of them again and protects
// one, and their end. Without an argument it ends with 0, else with 3.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <thread>

namespace {

constexpr std::size_t page_bytes = 4096;
constexpr std::size_t pages = 8;

void write_every_other(volatile char* bytes, std::size_t first) {
  for (std::size_t p = first; p < pages; p += 2) bytes[p * page_bytes] = 1;
}

}  // namespace

int main(int argc, char**) {
  void* map = mmap(nullptr, pages * page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED) return 1;
  auto* bytes = static_cast<volatile char*>(map);
  std::thread other(write_every_other, bytes, 1);
  write_every_other(bytes, 0);
  other.join();
  const pid_t child = fork();
  if (child < 0) return 1;
  if (child == 0) {
    write_every_other(bytes, 0);
    _exit(mprotect(map, page_bytes, PROT_READ) == 0 ? 0 : 1);
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0) return 1;
  if (munmap(map, pages * page_bytes) != 0) return 1;
  return argc > 1 ? 3 : 0;
}
