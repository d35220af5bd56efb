// SPDX-License-Identifier: MIT
#include "tests/sim/config/sample.h"

#include <cstdlib>

#include "tests/support/catch.h"

using namespace mmulab::config;

namespace {

const sample::Files files = {
    {"machines/base.toml",
     "arch = 'x86'\ncores = 4\nwalk_cycles = { value = 5, confidence = 'high', source = 's' }\n"},
    {"machines/wide.toml", "preset = 'base'\ncores = 16\n[x86]\npcid = false\n"},
    {"machines/left.toml", "preset = 'right'\n"},
    {"machines/right.toml", "preset = 'left'\n"},
    {"machines/self.toml", "preset = 'self'\n"},
    {"machines/wrong.toml", "arch = 'x86'\ncoers = 1\n"},
    {"machines/broken.toml", "arch = \n"},
    {"machines/folder.toml/x", ""},
};

Values read(const sample::Folder& folder, const std::string& text, const Overrides& overrides = {}) {
  return load_text(sample::schema(), "lab.toml", text, overrides, SearchPath({folder.path()}));
}

std::string problems(const sample::Folder& folder, const std::string& text) {
  return sample::problems(text, {}, SearchPath({folder.path()}));
}

}  // namespace

TEST_CASE("Defaults lie under the chain of presets, under the file, under the overrides") {
  const sample::Folder folder(files);
  const auto values = read(folder, "[machine]\npreset = 'wide'\nipi_ns = 7\n", {"machine.optional=1"});
  CHECK(values.text("machine.arch") == "x86");                 // base
  CHECK(values.integer("machine.cores") == 16);                // wide over base
  CHECK_FALSE(values.flag("machine.x86.pcid"));                // wide over default
  CHECK(values.integer("machine.ipi_ns") == 7);                // the file over default
  CHECK(values.integer("machine.optional") == 1);              // the override
  CHECK(values.origin("machine.sizes") == "default");
  CHECK_THAT(values.origin("machine.cores"),
             Catch::StartsWith("preset wide (") && Catch::EndsWith("wide.toml:2)"));
  CHECK(values.text("machine.name") == "wide");
}

TEST_CASE("A preset named by a string alone stands for its whole table") {
  const sample::Folder folder(files);
  const auto values = read(folder, "machine = 'base'");
  CHECK(values.integer("machine.cores") == 4);
  CHECK(values.text("machine.name") == "base");
}

TEST_CASE("A constant is replaced whole: a new number does not keep the old citation") {
  const sample::Folder folder(files);
  const auto values = read(folder, "machine = { preset = 'base', walk_cycles = 6 }");
  CHECK(values.constant("machine.walk_cycles").value == 6);
  CHECK(values.constant("machine.walk_cycles").source.empty());
}

TEST_CASE("An unknown preset is refused where it is named, with the nearest and the list") {
  const sample::Folder folder(
      sample::Files{{"machines/base.toml", "arch = 'x86'"}, {"machines/wide.toml", "arch = 'x86'"}});
  CHECK(problems(folder, "machine = 'bsae'") == R"(error: there is no machine preset `bsae`
 --> lab.toml:1:11
  |
1 | machine = 'bsae'
  |           ^^^^^^
  = help: did you mean `base`? known: base, wide
)");
  CHECK_THAT(problems(folder, "strategy = 'x'\nmachine.arch = 'x86'"),
             Catch::Contains("there are none in the search path"));
  CHECK_THAT(problems(folder, "machine = '../machines/base'"), Catch::Contains("there is no machine preset"));
  CHECK_THAT(problems(folder, "machine = ''"), Catch::Contains("there is no machine preset"));
  CHECK_THAT(problems(folder, "machine.preset = 4"), Catch::Contains("`machine.preset`: expected a string"));
}

TEST_CASE("A missing preset does not hide the file's own mistakes, nor invent missing keys") {
  const sample::Folder folder(files);
  const auto text = problems(folder, "machine = 'none'\nsim.sede = 1\n");
  CHECK_THAT(text,
             Catch::Contains("there is no machine preset `none`") && Catch::Contains("unknown key `sede`"));
  CHECK_THAT(text, !Catch::Contains("missing key"));
}

TEST_CASE("Presets that begin from one another are refused, not followed forever") {
  const sample::Folder folder(files);
  CHECK_THAT(problems(folder, "machine = 'left'"),
             Catch::Contains("machine presets form a cycle: left -> right -> left"));
  CHECK_THAT(problems(folder, "machine = 'self'"),
             Catch::Contains("machine presets form a cycle: self -> self"));
}

TEST_CASE("A mistake inside a preset is reported in the preset's file") {
  const sample::Folder folder(files);
  CHECK_THAT(problems(folder, "machine = 'wrong'"), Catch::Contains("unknown key `coers` in [machine]") &&
                                                        Catch::Contains("machines/wrong.toml:2:1"));
  CHECK_THAT(problems(folder, "machine = 'broken'"), Catch::Contains("machines/broken.toml:1:"));
  CHECK_THAT(problems(folder, "machine = 'folder'"), Catch::Contains("it is a directory"));
}

TEST_CASE("What the user wrote is reported before what a preset holds, wherever presets lie") {
  const sample::Folder folder(files);
  const auto order = [&](const std::string& name) {
    try {
      load_text(sample::schema(), name, "machine = 'wrong'\nsim.sede = 1\n", {"sim.seeed=1"},
                SearchPath({folder.path()}));
    } catch (const Error& error) {
      std::vector<SourceText::Role> roles;
      for (const auto& problem : error.problems()) roles.push_back(problem.role);
      return roles;
    }
    return std::vector<SourceText::Role>{};
  };
  using Role = SourceText::Role;
  const std::vector<Role> expected = {Role::File, Role::Override, Role::Preset};
  CHECK(order("~/lab.toml") == expected);  // sorts after the presets' absolute paths
  CHECK(order("/!/lab.toml") == expected);  // and before
}

TEST_CASE("Presets are found in folders beside the file and above it") {
  const sample::Folder folder(sample::Files{{"machines/near.toml", "arch = 'x86'\ncores = 3"},
                               {"scenarios/deep/lab.toml", "machine = 'near'"}});
  CHECK(load_file(sample::schema(), folder.file("scenarios/deep/lab.toml")).integer("machine.cores") == 3);
}

TEST_CASE("The folders of $MMULAB_CONFIG_PATH are searched in order") {
  const sample::Folder first(sample::Files{{"machines/one.toml", "arch = 'x86'\ncores = 1"}});
  const sample::Folder second(
      sample::Files{{"machines/one.toml", "cores = 2"}, {"machines/two.toml", "preset = 'one'"}});
  setenv("MMULAB_CONFIG_PATH", (first.path() + "::" + second.path()).c_str(), 1);
  const auto search = SearchPath::standard();
  unsetenv("MMULAB_CONFIG_PATH");
  CHECK(load_text(sample::schema(), "lab.toml", "machine = 'two'", {}, search).integer("machine.cores") == 1);
}

TEST_CASE("A preset can be built in, and a file of the same name wins") {
  auto schema = sample::schema();
  schema.add_preset("strategies", "plugged", "batch = 7");
  const std::string text = "machine.arch = 'x86'\nstrategy = 'plugged'";
  CHECK(load_text(schema, "lab.toml", text).integer("strategy.batch") == 7);
  const sample::Folder folder(sample::Files{{"strategies/plugged.toml", "batch = 8"}});
  CHECK(load_text(schema, "lab.toml", text, {}, SearchPath({folder.path()})).integer("strategy.batch") == 8);
  CHECK_THROWS_AS(schema.add_preset("strategies", "plugged", ""), Misuse);
}

TEST_CASE("A preset's file can be checked alone, without the rest of a configuration") {
  const sample::Folder folder(sample::Files{{"strategies/good.toml", "batch = 7"},
                                            {"strategies/bad.toml", "btach = 7"},
                                            {"machines/half.toml", "cores = 2"}});
  CHECK_NOTHROW(load_preset_file(sample::schema(), "strategies", folder.file("strategies/good.toml")));
  CHECK_THROWS_AS(load_preset_file(sample::schema(), "strategies", folder.file("strategies/bad.toml")),
                  Error);
  CHECK_THROWS_AS(load_preset_file(sample::schema(), "machines", folder.file("machines/half.toml")), Error);
}
