// SPDX-License-Identifier: MIT
// docs/configuration.md is generated: run this test with UPDATE_SNAPSHOTS=1 to write it anew.
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "sim/config/load.h"
#include "sim/config/markdown.h"
#include "sim/config/printer.h"
#include "sim/lab/schema.h"
#include "tests/support/catch.h"

using namespace mmulab;

TEST_CASE("docs/configuration.md is what the schema says") {
  const std::string file = MMULAB_SOURCE_DIR "/docs/configuration.md";
  const std::string generated = config::markdown(lab::schema());
  if (std::getenv("UPDATE_SNAPSHOTS") != nullptr) std::ofstream(file) << generated;
  std::ostringstream committed;
  committed << std::ifstream(file).rdbuf();
  INFO("UPDATE_SNAPSHOTS=1 rewrites the file");
  CHECK(committed.str() == generated);
}

TEST_CASE("Every key says what it means") {
  const auto schema = lab::schema();
  for (const auto& path : schema.paths())
    if (const auto* key = schema.find_key(path)) CHECK((path + ": " + key->help) != path + ": ");
}

TEST_CASE("Every constant's default says where it is from and how sure it is") {
  const auto schema = lab::schema();
  unsigned constants = 0;
  for (const auto& path : schema.paths()) {
    const auto* key = schema.find_key(path);
    if (key == nullptr || key->kind != config::Kind::Constant || !key->initial) continue;
    ++constants;
    INFO(path);
    CHECK(key->confidence != config::Confidence::Unstated);
    CHECK_FALSE(key->source.empty());
  }
  CHECK(constants > 100);
}

TEST_CASE("Every default passes the checks that a given value must pass") {
  const auto schema = lab::schema();
  for (const auto& path : schema.paths()) {
    const auto* key = schema.find_key(path);
    if (key == nullptr || !key->initial) continue;
    const auto section = path.substr(0, path.size() - std::min(path.size(), key->name.size() + 1));
    if (schema.find_section(section)->repeated) continue;
    try {
      (void)config::load_text(schema, "defaults", path + " = " + config::literal(key->kind, *key->initial));
    } catch (const config::Error& error) {
      for (const auto& problem : error.problems())
        CHECK_THAT(problem.message, !Catch::Contains("`" + path + "`"));
    }
  }
}
