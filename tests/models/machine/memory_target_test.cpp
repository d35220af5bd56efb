// SPDX-License-Identifier: MIT
// A user's own TLM-2.0 memory target, selected by configuration: banked DRAM in which a line of the open row comes
// sooner than one of another row. The cycles of a whole run follow it, by an amount derived by hand.
#include <tlm_utils/simple_target_socket.h>

#include <array>

#include "models/machine/tlm_memory_target.h"
#include "sim/config/load.h"
#include "sim/lab/run.h"
#include "sim/lab/schema.h"
#include "sim/timed/core_module.h"
#include "tests/support/catch.h"

namespace mmulab {
namespace {

constexpr std::uint64_t row_bytes = 8192;
constexpr std::size_t banks = 4;
constexpr Cycles open_row{40};

/// What the targets of this process have served.
struct Served {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
};
Served served;

/// Rows are spread over the banks; each bank keeps its last row open.
struct BankedMemory : sc_core::sc_module, MemoryTarget {
  BankedMemory(const sc_core::sc_module_name& name, const MemoryTargetOptions& options)
      : sc_module(name), closed_row(options.latency) {
    target.register_b_transport(this, &BankedMemory::b_transport);
    open.fill(~std::uint64_t{0});
  }
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
    const std::uint64_t row = payload.get_address() / row_bytes;
    std::uint64_t& in_bank = open[row % banks];
    const bool hit = in_bank == row;
    in_bank = row;
    ++(hit ? served.hits : served.misses);
    delay += sc_core::sc_time(static_cast<double>((hit ? open_row : closed_row).raw()), sc_core::SC_NS);
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }
  tlm::tlm_target_socket<>& socket() override { return target; }
  tlm_utils::simple_target_socket<BankedMemory> target{"target"};
  Cycles closed_row;
  std::array<std::uint64_t, banks> open{};
};

void register_banked_memory() {
  if (memory_targets().find_if_any("banked") != nullptr) return;
  memory_targets().add("banked", "open rows in four banks", [](const MemoryTargetOptions& options) {
    return std::make_shared<BankedMemory>("banked_memory", options);
  });
}

RunResult run_one_cpu(const std::string& model, std::uint64_t latency) {
  const std::string text = R"(kernel = "2.6.22"
strategy = "generic-2.6.22"
[machine]
preset = "core2"
sockets = 1
cores = 1
[workload]
kind = "unmap"
threads = 1
pages = 16
)";
  const config::SearchPath search({std::string(MMULAB_SOURCE_DIR) + "/configs"});
  return lab::run(
      config::load_text(lab::schema(), "memory.toml", text,
                        {"machine.memory.model=" + model, "machine.memory.latency=" + std::to_string(latency)},
                        search),
      "memory.toml", {});
}

std::uint64_t counter(const RunResult& result, const char* name) {
  return result.stats->find(name)->counter->value();
}

TEST_CASE("A memory target that a user registers answers with its own latencies") {
  register_banked_memory();
  fresh_systemc_kernel();
  MemorySystem memory(Topology{}, "banked", {Cycles{200}, 64});
  const auto read = [&](std::uint64_t address) { return memory.access(CoreId{0}, PhysAddr{address}, false); };
  CHECK(read(0) == Cycles{200});              // opens row 0 of bank 0
  CHECK(read(64) == open_row);                // the same row
  CHECK(read(row_bytes) == Cycles{200});      // row 1 lies in bank 1
  CHECK(read(128) == open_row);               // so row 0 is still open
  CHECK(read(4 * row_bytes) == Cycles{200});  // row 4 takes its place in bank 0
  CHECK(read(0) == Cycles{200});
}

TEST_CASE("A target chosen by configuration changes the cycles of a run by what its rows save") {
  register_banked_memory();
  const RunResult flat = run_one_cpu("flat", 250);
  served = {};
  const RunResult banked = run_one_cpu("banked", 250);
  // With one cpu nothing overlaps: every line that no cache has delays the run by its whole latency. Each hit in an
  // open row takes 40 cycles in place of 250, each miss the same 250; the step order stays what it was.
  REQUIRE(served.hits > 0);
  REQUIRE(served.misses > 0);
  CHECK(served.hits + served.misses == counter(flat, "line.memory"));
  CHECK(flat.steps == banked.steps);
  CHECK((flat.end_cycle - banked.end_cycle).raw() == served.hits * (250 - open_row.raw()));
  CHECK(counter(flat, "memory.latency") - counter(banked, "memory.latency") ==
        served.hits * (250 - open_row.raw()));
}

TEST_CASE("Memory statistics: lines times latency, whatever the latency is") {
  const RunResult slow = run_one_cpu("flat", 400);
  const RunResult fast = run_one_cpu("flat", 100);
  const std::uint64_t lines = counter(slow, "memory.reads") + counter(slow, "memory.writes");
  CHECK(lines == counter(slow, "line.memory"));
  CHECK(counter(slow, "memory.latency") == 400 * lines);
  CHECK((slow.end_cycle - fast.end_cycle).raw() == 300 * lines);
  // One core: nobody to get a line from, nobody to wait for.
  for (const char* none : {"line.same_socket", "line.cross_socket", "line.queued"})
    CHECK(counter(slow, none) == 0);
}

TEST_CASE("A memory target that does not exist is the user's error, with its place and the nearest name") {
  CHECK_THROWS_WITH(run_one_cpu("flta", 250), Catch::Contains("there is no memory target `flta`") &&
                                                  Catch::Contains("did you mean `flat`?"));
}

}  // namespace
}  // namespace mmulab
