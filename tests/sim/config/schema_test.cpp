// SPDX-License-Identifier: MIT
#include "sim/config/schema.h"

#include "sim/config/diagnostic.h"
#include "tests/support/catch.h"

using namespace mmulab::config;

TEST_CASE("A key declared twice is a mistake of ours") {
  Schema schema;
  schema.section("a").integer("b");
  CHECK_THROWS_AS(schema.section("a").flag("b"), Misuse);
  CHECK_THROWS_AS(schema.section("a.b"), Misuse);
  schema.section("a.c");
  CHECK_THROWS_AS(schema.section("a").flag("c"), Misuse);
}

TEST_CASE("Two layers may declare keys of one section") {
  Schema schema;
  schema.section("machine", "Hardware").integer("cores");
  schema.section("machine").integer("sockets");
  CHECK(schema.find_section("machine")->keys == std::vector<std::string>{"cores", "sockets"});
  CHECK(schema.find_section("machine")->help == "Hardware");
}

TEST_CASE("A constant's unit follows from the end of its name") {
  Schema schema;
  auto section = schema.section("m");
  section.constant("ipi_ns");
  section.constant("walk_cycles");
  section.constant("walk_steps").unit("steps");
  CHECK(schema.find_key("m.ipi_ns")->unit == "ns");
  CHECK(schema.find_key("m.walk_cycles")->unit == "cycles");
  CHECK(schema.find_key("m.walk_steps")->unit == "steps");
}

TEST_CASE("A schema keeps its declarations when it is moved") {
  Schema first;
  first.section("a.b").integer("c").default_to(3);
  const Schema second = std::move(first);
  REQUIRE(second.find_key("a.b.c") != nullptr);
  CHECK(second.find_key("a.b.c")->initial->integer == 3);
  CHECK(second.paths() == std::vector<std::string>{"a", "a.b", "a.b.c"});
}
