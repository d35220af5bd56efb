// SPDX-License-Identifier: MIT
// Whatever is fed in, the answer is values or diagnostics: never a crash, a hang or another exception.
#include "tests/sim/config/sample.h"

#include <sys/stat.h>
#include <unistd.h>

#include <random>

#include "tests/support/catch.h"

using namespace mmulab::config;

namespace {

std::string random_bytes(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i) bytes += static_cast<char>(random() & 0xFF);
  return bytes;
}

std::string repeat(const std::string& piece, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += piece;
  return text;
}

std::string refusal_of_file(const std::string& file) {
  try {
    (void)load_file(sample::schema(), file);
    return {};
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("A file that cannot be read is refused with the reason") {
  const sample::Folder folder(sample::Files{{"secret.toml", "a = 1"}});
  CHECK(refusal_of_file(folder.file("none.toml")) ==
        "error: cannot read " + folder.file("none.toml") + ": there is no such file\n");
  CHECK_THAT(refusal_of_file(folder.path()), Catch::Contains("it is a directory"));
  CHECK_THAT(refusal_of_file(""), Catch::Contains("there is no such file"));
  CHECK_THAT(refusal_of_file(folder.file("secret.toml/x")), Catch::Contains("cannot read"));
  CHECK_THAT(refusal_of_file(std::string(5000, 'x')), Catch::Contains("cannot read"));
  if (geteuid() != 0) {
    chmod(folder.file("secret.toml").c_str(), 0);
    CHECK_THAT(refusal_of_file(folder.file("secret.toml")), Catch::Contains("Permission denied"));
  }
}

TEST_CASE("A file that has no end is refused at 16 MiB") {
  CHECK_THAT(refusal_of_file("/dev/zero"), Catch::Contains("larger than 16 MiB"));
}

TEST_CASE("An empty file is a configuration in which the required keys are missing") {
  CHECK_THAT(sample::problems(""), Catch::Contains("missing key `arch`"));
}

TEST_CASE("Malformed text is refused with a place") {
  for (const std::string text :
       {"[[;", "[[", "[", "a", "a =", "= 1", "a = [", "a = {", "a = '", "a = \"\"\"", "[a]\n[a]",
        "a = 1\na = 2", "\xff\xfe", "a = '\xc3\x28'", "a = 1 b = 2", "a = 0x", "a = 1979-99-99"})
    CHECK_THAT(sample::problems(text), Catch::Contains(" --> lab.toml:"));
  CHECK_THAT(sample::problems(std::string("a = 1\0b = 2", 11)), Catch::Contains(" --> lab.toml:"));
  CHECK_THAT(sample::problems(std::string("\0", 1)), Catch::Contains(" --> lab.toml:"));
}

TEST_CASE("A megabyte of random bytes is refused quickly and briefly") {
  for (unsigned seed = 0; seed < 4; ++seed) {
    const auto text = sample::problems(random_bytes(1 << 20, seed));
    CHECK_THAT(text, Catch::StartsWith("error: "));
    CHECK(text.size() < 2000);
  }
}

TEST_CASE("Ten thousand short random texts are all answered") {
  std::mt19937 random(7);
  const std::string alphabet = "[]{}=.,'\"\\\n #ab01-+_eE:TZ\t\xc3\xa4\x80";
  for (int i = 0; i < 10000; ++i) {
    std::string text;
    for (auto length = random() % 40; length > 0; --length) text += alphabet[random() % alphabet.size()];
    (void)sample::problems(text);
  }
  SUCCEED();
}

TEST_CASE("Deep nesting is refused, not followed down the stack") {
  CHECK_THAT(sample::problems("a = " + repeat("[", 100000)), Catch::StartsWith("error: "));
  CHECK_THAT(sample::problems("a = " + repeat("{a=", 100000)), Catch::StartsWith("error: "));
  CHECK_THAT(sample::problems(repeat("a.", 400000) + "a = 1"), Catch::Contains("more than 64 levels deep"));
  CHECK_THAT(sample::problems("[" + repeat("'a'.", 400000) + "a]"),
             Catch::Contains("more than 64 levels deep"));
  CHECK_THAT(sample::problems("machine.arch='x86'", {repeat("a.", 100000) + "b=1"}),
             Catch::StartsWith("error: "));
  CHECK_THAT(sample::problems("machine.arch='x86'", {"sim.seed=" + repeat("[", 100000)}),
             Catch::StartsWith("error: "));
}

TEST_CASE("A very long line is shown only around the mistake") {
  const auto text =
      sample::problems("machine.arch = 'x86'\nstrategy.reclaim = '" + std::string(1 << 20, 'a') + "'\nx=1");
  CHECK(text.size() < 400);
  const auto wide = sample::problems("machine = { arch = 'x86', " + std::string(100000, 'a') + " = 1 }");
  CHECK_THAT(wide, Catch::Contains("unknown key"));
}

TEST_CASE("Thousands of mistakes in one file are all reported in reasonable time") {
  std::string text = "machine.arch = 'x86'\n";
  for (int i = 0; i < 5000; ++i) text += "key" + std::to_string(i) + " = 1\n";
  CHECK(sample::problems(text).size() > 5000);
}
