// SPDX-License-Identifier: MIT
#include "sim/config/printer.h"

#include "sim/config/hash.h"
#include "sim/config/markdown.h"
#include "tests/sim/config/sample.h"
#include "tests/support/catch.h"

using namespace mmulab::config;

namespace {

const std::string everything =
    "invariants = ['no-leak']\n[machine]\narch = 'x86'\nsizes = [1]\n"
    "walk_cycles = { value = 9, confidence = 'high', source = 'a \"b\" \\ c', note = 'n' }\n"
    "[[workload.task]]\nname = 'a'\n[[workload.task]]\nname = \"tab\\t\"\nsteps = ['x', 'y']\n";

TEST_CASE("A digest is that of XXH3, the same everywhere") {
  // The reference implementation's own check values for seed 0.
  CHECK(digest_text("") == "99aa06d3014798d86001c324468d497f");
  CHECK(digest_text(std::string(100'000, 'a')) != digest_text(std::string(99'999, 'a') + "b"));
}

}  // namespace

TEST_CASE("The expanded text names each value's origin") {
  const auto values = sample::read("machine.arch = 'x86'", {"machine.walk_cycles=4"});
  CHECK(to_toml(sample::schema(), values) == R"([machine]
arch = "x86"  # lab.toml:1
cores = 2  # default
sizes = [12, 21]  # default
walk_cycles = 4  # --set
ipi_ns = 500  # default

[machine.x86]
pcid = true  # default

[strategy]
batch = 0  # default

[sim]
seed = 1  # default
lookahead = true  # default
)");
}

TEST_CASE("The expanded text read back gives the same hash and the same text of values") {
  const auto schema = sample::schema();
  const auto values = sample::read(everything, {"machine.ipi_ns=12"});
  const auto again = sample::read(to_toml(schema, values));
  CHECK(again.config_hash() == values.config_hash());
  CHECK(canonical_text(schema, again) == canonical_text(schema, values));
  CHECK(again.constant("machine.walk_cycles").source == "a \"b\" \\ c");
  CHECK(again.tables("workload.task").at(1).text("name") == "tab\t");
}

TEST_CASE("The hash depends on values alone, not on how they were given") {
  const auto hash = sample::read("machine.arch = 'x86'").config_hash();
  CHECK(hash.size() == 32);
  CHECK(sample::read("sim.seed = 1\n[machine]\n# remark\ncores = 2\narch = \"x86\"\n").config_hash() == hash);
  CHECK(sample::read("", {"machine.arch=x86"}).config_hash() == hash);
  CHECK(sample::read("machine = {arch = 'x86', walk_cycles = {value = 30, source = 'elsewhere'}}")
            .config_hash() == hash);
}

TEST_CASE("Each value that may change results changes the hash") {
  const auto hash = sample::read("machine.arch = 'x86'").config_hash();
  for (const char* change : {"sim.seed=2", "machine.cores=3", "machine.optional=0", "machine.sizes=[12]",
                             "machine.x86.pcid=false", "invariants=[]", "workload.task=[{name='a'}]"})
    CHECK(sample::read("machine.arch = 'x86'", {change}).config_hash() != hash);
}

TEST_CASE("A host-only key does not change the hash") {
  CHECK(sample::read("machine.arch = 'x86'", {"sim.lookahead=false"}).config_hash() ==
        sample::read("machine.arch = 'x86'").config_hash());
}

TEST_CASE("The hash is FNV-1a of 128 bits, on every machine") {
  CHECK(hash_text("") == "6c62272e07bb014262b821756295c58d");
  CHECK(hash_text("a") == "d228cb696f1a8caf78912b704e4a8964");
  CHECK(hash_text("foobar") == "343e1662793c64bf6f0d3597ba446f18");
}

TEST_CASE("One section can be printed alone") {
  const auto values = sample::read("machine.arch = 'x86'");
  CHECK(to_toml(sample::schema(), values, "sim") ==
        "[sim]\nseed = 1  # default\nlookahead = true  # default\n");
}

TEST_CASE("The documentation has every key of the schema") {
  const auto schema = sample::schema();
  const auto text = markdown(schema);
  for (const auto& section : schema.sections())
    for (const auto& key : section.keys) CHECK_THAT(text, Catch::Contains("| `" + key + "` |"));
  CHECK_THAT(text, Catch::Contains("| `cores` | integer | cores | `2` | 1 to 1024 | Cores of a socket. |"));
  CHECK_THAT(text, Catch::Contains("Only when `machine.arch` is x86."));
}
