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

/// Regions and tasks: one of the two may do something harsh.
std::string workload(Draws& draws, std::uint64_t pages) {
  const Texts pages_named = pages == 1 ? Texts{"heap"} : Texts{"heap+0", "heap+1", "heap"};
  const Texts mild = {"load", "store", "load", "store", "touch"};
  const Texts harsh = {"dontneed", "clear_refs", "zero_read", "munmap"};
  std::string text = "[workload]\nkind = 'script'\n[[workload.region]]\nname = 'heap'\npages = " +
                     std::to_string(pages) + "\n";
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

}  // namespace

std::string tiny_scenario(std::uint64_t number) {
  Draws draws(number);
  const Machine& machine = machines()[number % machines().size()];
  const std::uint64_t pages = 1 + draws.below(2);
  // One draw a statement: compilers differ in the order within one.
  const std::string strategy = draws.pick(machine.strategies);
  const std::string kernel = draws.pick(machine.kernels);
  return "machine = '" + machine.name + "'\nkernel = '" + kernel + "'\nstrategy = '" + strategy + "'\n" +
         workload(draws, pages);
}

std::string tiny_ppc64_scenario(std::uint64_t number) { return tiny_scenario(number * machines().size() + 1); }

std::string tiny_peers_scenario(std::uint64_t number) {
  Draws draws(number);
  const bool file = draws.below(3) != 0;
  const std::uint64_t pages = draws.below(4) == 0 ? 2 : 1;
  const Texts harsh =
      file ? Texts{"unmap_mapping", "unmap_mapping", "munmap"} : Texts{"dontneed", "clear_refs", "munmap"};
  const std::string kernel = draws.pick(machines()[1].kernels);
  const std::string strategy =
      draws.pick({"ppc64-2.6.20", "ctxsw-only", "ppc64-2.6.22", "pre-unlock-hook", "per-pte"});
  const auto on_some_pages = [&](const std::string& verb) {
    return verb + " " + (pages == 1 ? std::string("heap") : draws.pick({"heap+0", "heap+1", "heap"}));
  };
  const std::string first = draws.pick({"load", "load", "store"});
  const std::string warm_up = draws.below(4) != 0 ? "warmup = ['" + first + " heap']\n" : "";
  const std::string verb = draws.below(8) == 0 ? draws.pick(harsh) : draws.pick({"load", "store", "store"});
  const std::string alike = on_some_pages(verb);
  const std::string harsh_verb = draws.pick(harsh);
  const std::string other = draws.below(4) == 0 ? alike : on_some_pages(harsh_verb);
  // Who takes a file's pages away need not have mapped them.
  const bool elsewhere = other != alike && other.find("unmap_mapping") == 0;
  std::string text = "machine = { preset = 'ppc64-tiny', cores = 3 }\nkernel = '" + kernel + "'\nstrategy = '" +
                     strategy + "'\n[workload]\nkind = 'script'\n[[workload.region]]\nname = 'heap'\npages = " +
                     std::to_string(pages) + (file ? "\nkind = 'file_shared'\n" : "\n");
  for (unsigned task = 0; task < 3; ++task)
    text += "[[workload.task]]\nname = 't" + std::to_string(task) + "'\ncpu = " + std::to_string(task) + "\n" +
            (task == 0 && elsewhere ? "mm = 1\n" : warm_up) + "ops = ['" + (task == 0 ? other : alike) + "']\n";
  return text;
}

std::string tiny_walker_scenario(std::uint64_t number, bool waits) {
  Draws draws(number);
  const bool tagged = draws.below(3) == 0;
  const Texts faults = {"",
                        "",
                        "free_pages = 'immediately'\n",
                        "free_tables = 'immediately'\n",
                        "free_tables = 'before-flush'\n",
                        "free_pages = 'before-flush'\n",
                        "settle = 'none'\n"};
  const std::string levels = draws.below(3) == 0 ? "" : "table_bits = [2, 2]\n";
  const std::string machine = std::string("[machine]\npreset = '") + (tagged ? "tagged" : "x86") + "-tiny'\n" + levels;
  const std::string kernel = tagged || draws.below(2) == 0 ? "modern" : "2.6.22";
  const std::string strategy = kernel == "modern" ? draws.pick({"linux-modern", "per-pte"}) : "generic-2.6.22";
  const std::string fault = draws.pick(faults);
  const std::uint64_t pages = draws.below(4) == 0 ? 2 : 1;
  const std::string work = workload(draws, pages);
  // A pte that is cleared by a plain store, and a flush that does not wait for it.
  const std::string stores = waits && tagged && draws.below(4) != 0 ? "tagged.pte_clear_stores = true\n" : "";
  const std::string barrier = waits && tagged && draws.below(2) == 0 ? "tagged.barrier_before_asid = false\n" : "";
  return machine + "[kernel]\npreset = '" + kernel + "'\n" + stores + barrier + "[strategy]\npreset = '" + strategy +
         "'\n" + fault + work;
}

}  // namespace mmulab::test
