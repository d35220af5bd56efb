// SPDX-License-Identifier: MIT
#include "models/ppc64/config.h"

#include <fstream>
#include <sstream>

#include "models/machine/config.h"
#include "models/mm/config.h"
#include "sim/config/load.h"
#include "tests/models/ppc64/ppc64_fixture.h"

namespace mmulab {
namespace {

/// A preset's text as the table that it stands for.
config::Values machine(const std::string& name) {
  std::ifstream file(std::string(MMULAB_SOURCE_DIR) + "/configs/machines/" + name + ".toml");
  REQUIRE(file.good());
  std::ostringstream text;
  text << "[kernel]\nversion = \"2.6.22\"\n[machine]\n";
  for (std::string line; std::getline(file, line);)
    text << (line.rfind('[', 0) == 0 ? "[machine." + line.substr(1) : line) << '\n';
  config::Schema schema;
  describe_machine(schema);
  describe_kernel(schema);
  describe_ppc64(schema);
  return config::load_text(schema, name, text.str());
}

TEST_CASE("The shipped ppc64 machines load, and each is what its name says") {
  const Ppc64Params native = ppc64_params(machine("ppc970"));
  CHECK_FALSE(native.lockless_tlbie);
  CHECK(native.tlb.entries() == 1024);
  CHECK(native.pteg_count == 2048);
  const Ppc64Params power8 = ppc64_params(machine("power8"));
  CHECK(power8.lockless_tlbie);
  CHECK_FALSE(power8.one_tlbie_at_a_time);
  CHECK(power8.tlb.sets == 512);
  const Ppc64Params tiny = ppc64_params(machine("ppc64-tiny"));
  CHECK(tiny.pteg_count == 4);
  CHECK(tiny.multiple_match == MultipleMatch::either);
}

TEST_CASE("Every cost that a ppc64 step names has a value in every shipped machine") {
  for (const char* name : {"ppc970", "power8", "ppc64-tiny"}) {
    CostTable costs;
    const config::Values values = machine(name);
    const auto set = [&](const std::string& cost, Cycles cycles) { costs.set(cost, cycles); };
    kernel_costs(values, set);
    ppc64_costs(values, set);
    for (const Label* label : Label::all())
      if (label->name().rfind("ppc64.", 0) == 0) {
        INFO(name << " " << label->name() << " needs " << label->cost());
        CHECK(costs.has(label->cost()));
      }
  }
}

TEST_CASE("The steps of a hash fault that inserts add up to the published 900 cycles") {
  const config::Values v = machine("ppc970");
  const auto c = [&](const char* name) { return v.integer(std::string("machine.ppc64.cost.") + name); };
  // Four levels: the root, three tables above the pte's.
  const std::uint64_t sum = c("hash_fault_entry") + 4 * c("hash_walk_level") + v.integer("kernel.cost.pte_read") +
                            c("cpumask_read") + c("pte_lock") + c("pteg_scan") + c("hpte_lock") + c("hpte_store") +
                            c("hpte_publish") + c("set_pte") + c("hash_fault_return");
  CHECK(sum >= 880);
  CHECK(sum <= 920);
}
}  // namespace
}  // namespace mmulab
