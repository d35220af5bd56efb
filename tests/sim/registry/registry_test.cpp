// SPDX-License-Identifier: MIT
#include "sim/registry/registry.h"

#include "tests/support/catch.h"

namespace {

struct Animal {
  virtual ~Animal() = default;
  [[nodiscard]] virtual std::string sound() const = 0;
};
struct Dog : Animal {
  [[nodiscard]] std::string sound() const override { return "woof"; }
};
struct Cat : Animal {
  [[nodiscard]] std::string sound() const override { return "meow"; }
};

mmulab::Registry<Animal> animals() {
  mmulab::Registry<Animal> registry("animal");
  registry.add("dog", "barks", [] { return std::make_unique<Dog>(); });
  registry.add("cat", "purrs", [] { return std::make_unique<Cat>(); });
  return registry;
}

}  // namespace

TEST_CASE("What is registered can be made by its name") {
  CHECK(animals().find("dog").make()->sound() == "woof");
  CHECK(animals().find("cat").help == "purrs");
}

TEST_CASE("Entries are listed in the order of their names, not of registration") {
  CHECK(animals().names() == std::vector<std::string>{"cat", "dog"});
  const auto registry = animals();
  CHECK(registry.entries().front()->name == "cat");
}

TEST_CASE("A misspelt name is refused with the nearest one") {
  try {
    (void)animals().find("dgo");
    FAIL("nothing was refused");
  } catch (const mmulab::config::Error& error) {
    CHECK(std::string(error.what()) == "error: there is no animal `dgo`\n  = help: did you mean `dog`?\n");
  }
  CHECK(animals().find_if_any("dgo") == nullptr);
}

TEST_CASE("Registering one name twice is a mistake of ours") {
  auto registry = animals();
  CHECK_THROWS_AS(registry.add("dog", "again", [] { return std::make_unique<Dog>(); }),
                  mmulab::config::Misuse);
}
