// SPDX-License-Identifier: MIT
#include "tests/sim/explore/tiny_scenarios.h"

#include <vector>

#include "sim/units/mix.h"

namespace mmulab::test {
namespace {

using Texts = std::vector<std::string>;

struct Machine {
  std::string name;
  Texts kernels;
  Texts strategies;
};

const std::vector<Machine>& machines() {
  static const std::vector<Machine> all = {
      {"x86-tiny", {"2.6.22", "modern"}, {"generic-2.6.22", "linux-modern", "per-pte"}},
      {"ppc64-tiny", {"2.6.20", "2.6.22"}, {"ppc64-2.6.20", "ppc64-2.6.22", "pre-unlock-hook", "per-pte"}},
      {"sparc64-tiny", {"2.6.22", "modern"}, {"sparc64-2.6.22", "sparc64-2013"}},
      {"tagged-tiny", {"modern"}, {"linux-modern", "per-pte"}},
  };
  return all;
}

class Draws {
 public:
  explicit Draws(std::uint64_t number) : key_(mix((number + 1) * 0x9e3779b97f4a7c15ULL)) {}
  std::uint64_t below(std::uint64_t n) { return mix(key_ + 0x632be59bd9b4e019ULL * ++count_) % n; }
  const std::string& pick(const Texts& texts) { return texts[below(texts.size())]; }

 private:
  std::uint64_t key_;
  std::uint64_t count_ = 0;
};

}  // namespace

std::string tiny_scenario(std::uint64_t number) {
  Draws draws(number);
  const Machine& machine = machines()[number % machines().size()];
  const std::uint64_t pages = 1 + draws.below(2);
  const Texts pages_named = pages == 1 ? Texts{"heap"} : Texts{"heap+0", "heap+1", "heap"};
  const Texts mild = {"load", "store", "load", "store", "touch"};
  const Texts harsh = {"dontneed", "clear_refs", "zero_read", "munmap"};
  std::string text = "machine = '" + machine.name + "'\nkernel = '" + draws.pick(machine.kernels) + "'\nstrategy = '" +
                     draws.pick(machine.strategies) + "'\n[workload]\nkind = 'script'\n[[workload.region]]\n" +
                     "name = 'heap'\npages = " + std::to_string(pages) + "\n";
  const bool warm = draws.below(4) != 0;
  const std::uint64_t harsh_task = draws.below(4);  // 2 and 3: none
  for (std::uint64_t task = 0; task < 2; ++task) {
    text += "[[workload.task]]\nname = 't" + std::to_string(task) + "'\ncpu = " + std::to_string(task) + "\n";
    if (warm) text += "warmup = ['" + draws.pick(mild) + " heap']\n";
    const std::string& verb = task == harsh_task ? draws.pick(harsh) : draws.pick(mild);
    text += "ops = ['" + verb + " " + draws.pick(pages_named) + "']\n";
  }
  return text;
}

}  // namespace mmulab::test
