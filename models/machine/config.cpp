// SPDX-License-Identifier: MIT
#include "models/machine/config.h"

#include <numeric>

namespace mmulab {
namespace {

using config::Confidence;

constexpr std::uint64_t cpus_max = 1024;

/// A TLB key has room for page numbers of 44 bits.
constexpr std::uint64_t page_bits_max = 44;

void tables_make_sense(const config::Values& values, const config::Complain& complain) {
  const auto& bits = values.integers("machine.table_bits");
  if (bits.size() < 2 || bits.size() > TableGeometry::levels_max)
    complain("machine.table_bits", "a page table has 2 to 5 levels",
             "give one number of index bits a level, leaf first");
  const std::uint64_t sum = std::accumulate(bits.begin(), bits.end(), std::uint64_t{0});
  if (sum > page_bits_max)
    complain("machine.table_bits", "page numbers would have " + std::to_string(sum) + " bits",
             "the levels' bits add up to at most 44");
}

void one_machine_holds(const config::Values& values, const config::Complain& complain) {
  if (!values.contains("machine")) return;
  const std::uint64_t cpus =
      values.integer("machine.sockets") * values.integer("machine.cores") * values.integer("machine.threads");
  if (cpus > cpus_max)
    complain("machine.cores", "the machine has " + std::to_string(cpus) + " cpus",
             "sockets x cores x threads is at most 1024");
}

}  // namespace

void describe_machine(config::Schema& schema) {
  auto machine = schema.section("machine", "The simulated hardware").presets("machines");
  machine.choice("arch", {"x86", "ppc64", "sparc64", "tagged"}).required().help("Architecture of the MMU");
  machine.integer("sockets").default_to(1).range(1, 64).help("Sockets of the machine");
  machine.integer("cores").default_to(2).range(1, 1024).help("Cores of a socket");
  machine.integer("threads").default_to(1).range(1, 8).help("Hardware threads of a core, each a cpu to the kernel");
  machine.integer("frequency_mhz")
      .default_to(2000)
      .range(1, 10000)
      .unit("MHz")
      .help("Core clock; converts ns to cycles");
  machine.integer("page_shift").default_to(12).range(12, 16).unit("bits").help("log2 of the base page size in bytes");
  machine.integers("table_bits").default_to_integers({9, 9, 9, 9}).range(1, 16).help(
      "Index bits of each page-table level, leaf first");

  auto line = schema.section("machine.line", "Cache lines and the cost of sharing them");
  line.integer("bytes").default_to(64).range(64, 128).unit("bytes").help("Size of a cache line, 64 or 128");
  line.constant("same_socket")
      .default_to(60)
      .range(1, 100000)
      .unit("cycles")
      .help("A line from another core of the socket")
      .source(Confidence::Medium, "hardware.md 1.4, ballpark of 40-80 ns round trip");
  line.constant("cross_socket")
      .default_to(200)
      .range(1, 100000)
      .unit("cycles")
      .help("A line from another socket")
      .source(Confidence::Medium, "hardware.md 1.4, ballpark of 100-300 ns round trip");

  line.constant("same_socket_ns").range(1, 100000).help("The same in nanoseconds; takes the place of the cycles");
  line.constant("cross_socket_ns").range(1, 100000).help("The same in nanoseconds; takes the place of the cycles");

  auto memory = schema.section("machine.memory", "Memory behind the caches");
  memory.text("model").default_to("flat").help("Which TLM-2.0 memory target answers");
  memory.constant("latency").default_to(250).range(1, 1000000).unit("cycles").help("A line that no cache holds").source(
      Confidence::Medium, "hardware.md 6.1");

  auto ipi = schema.section("machine.ipi", "Interprocessor interrupts");
  ipi.constant("send")
      .default_to(100)
      .range(1, 1000000)
      .unit("cycles")
      .help("The sender's register write, for each target")
      .source(Confidence::Low, "hardware.md 6.1");
  ipi.constant("one_way")
      .default_to(1200)
      .range(1, 1000000)
      .unit("cycles")
      .help("From the write to the target's pending bit")
      .source(Confidence::Low, "hardware.md 6.1");
  ipi.constant("cross_socket").default_to(600).range(0, 1000000).unit("cycles").help("Added between sockets").source(
      Confidence::Low, "hardware.md 6.1");
  schema.rule(one_machine_holds);
  schema.rule(tables_make_sense);
  schema.rule([](const config::Values& values, const config::Complain& complain) {
    const std::uint64_t bytes = values.integer("machine.line.bytes");
    if (bytes != 64 && bytes != 128) complain("machine.line.bytes", "a cache line has 64 or 128 bytes", "");
  });
}

TableGeometry table_geometry(const config::Values& values) {
  const auto& bits = values.integers("machine.table_bits");
  std::array<unsigned, TableGeometry::levels_max> level_bits{};
  for (std::size_t level = 0; level < bits.size(); ++level) level_bits[level] = static_cast<unsigned>(bits[level]);
  const auto shift = static_cast<unsigned>(values.integer("machine.page_shift"));
  // Of all architectures only ppc64 has several sizes here: 16 MiB, and 4 KiB within pages of 64 KiB.
  OtherSizes sizes;
  if (values.text("machine.arch") == "ppc64") sizes = {24 - shift, shift - 12};
  return {PageShift{shift}, level_bits, bits.size(), sizes};
}

Topology topology(const config::Values& values) {
  Topology t;
  t.sockets = static_cast<std::uint32_t>(values.integer("machine.sockets"));
  t.cores_per_socket = static_cast<std::uint32_t>(values.integer("machine.cores"));
  t.threads_per_core = static_cast<std::uint32_t>(values.integer("machine.threads"));
  return t;
}

/// A constant that may be given in cycles, or under its name with _ns in nanoseconds; converted once, rounding up.
static Cycles cycles_or_ns(const config::Values& values, const std::string& path) {
  if (values.contains(path + "_ns"))
    return cycles_of_ns(values.integer(path + "_ns"), values.integer("machine.frequency_mhz"));
  return Cycles{values.integer(path)};
}

LineCosts line_costs(const config::Values& values) {
  LineCosts costs;
  costs.line_bytes = static_cast<std::uint32_t>(values.integer("machine.line.bytes"));
  costs.same_socket = cycles_or_ns(values, "machine.line.same_socket");
  costs.cross_socket = cycles_or_ns(values, "machine.line.cross_socket");
  return costs;
}

IpiCosts ipi_costs(const config::Values& values) {
  return {Cycles{values.integer("machine.ipi.one_way")}, Cycles{values.integer("machine.ipi.cross_socket")}};
}

MemoryTargetOptions memory_options(const config::Values& values) {
  return {Cycles{values.integer("machine.memory.latency")},
          static_cast<std::uint32_t>(values.integer("machine.line.bytes"))};
}

}  // namespace mmulab
