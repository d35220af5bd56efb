// SPDX-License-Identifier: MIT
#include "tests/support/catch.h"

#include "sim/results/quantity.h"
#include "sim/results/text_table.h"

namespace mmulab {
namespace {

using Align = TextTable::Align;

TEST_CASE("Numbers are grouped by three digits") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1000) == "1 000");
  CHECK(grouped(1234567) == "1 234 567");
  CHECK(grouped(~std::uint64_t{0}) == "18 446 744 073 709 551 615");
}

TEST_CASE("Cycles become microseconds in integers, rounded half up, without overflow") {
  CHECK(microseconds(48213, 2000) == "24.107");  // 24.1065
  CHECK(microseconds(1, 2000) == "0.001");       // 0.0005
  CHECK(microseconds(1, 2001) == "0.000");
  CHECK(microseconds(1999999, 1000) == "1 999.999");
  CHECK(microseconds(2999, 3000) == "1.000");    // 0.99967 carries
  CHECK(microseconds(~std::uint64_t{0}, 1) == "18 446 744 073 709 551 615.000");
  CHECK(microseconds(5, 0) == "?");
  CHECK(short_microseconds(5, 2000) == "0.00");  // 0.0025
  CHECK(short_microseconds(19988, 2000) == "9.99");
  CHECK(short_microseconds(19999, 2000) == "10.0");
  CHECK(short_microseconds(1999999, 2000) == "1 000");
  CHECK(short_microseconds(2469000, 2000) == "1 235");  // 1234.5
}

TEST_CASE("Text is broken at spaces before column 100, and the rest hangs") {
  const std::string word(30, 'x');
  const std::string text = wrap(word + " " + word + " " + word + " " + word, 5, 3);
  CHECK(text == word + " " + word + " " + word + "\n   " + word);
  CHECK(wrap(word + " " + word + " " + word, 9, 3) == word + " " + word + "\n   " + word);  // 9 + 92 = 101
  CHECK(wrap(word + " " + word + " " + word, 8, 3) == word + " " + word + " " + word);      // 8 + 92 = 100
  CHECK(wrap("", 5, 3).empty());
  CHECK(wrap(std::string(200, 'y'), 0, 2) == std::string(200, 'y'));
}

TEST_CASE("Columns are as wide as they need to be, in code points, and rows end without spaces") {
  TextTable table({Align::left, Align::right, Align::left});
  table.add({"größe", "1", "a"});
  table.add({"b", "1 000", "" });
  table.add_note("about b");
  CHECK(table.render(Palette(config::Color::Off), 2) == "  größe      1  a\n  b      1 000\n      about b\n");
}

TEST_CASE("A row that would be too wide loses the end of its last text, never a number") {
  TextTable table({Align::left, Align::right, Align::left});
  table.add({"name", "123", std::string(120, 'd')});
  const std::string row = table.render(Palette(config::Color::Off), 2);
  CHECK(row == "  name  123  " + std::string(84, 'd') + "...\n");  // 13 + 84 + 3 = 100
}

TEST_CASE("No line ends inside a number") {
  const std::string word(88, 'x');
  CHECK(wrap("1234567" + word + " (1 092.099 us)", 0, 2) == "1234567" + word + "\n  (1 092.099 us)");  // "(1" would fit
  CHECK(wrap(word + " 12 345 678", 0, 2) == word + " 12 345 678");             // 88 + 11 = 99
  CHECK(wrap("x" + word + "x 12 345 678", 0, 2) == "x" + word + "x\n  12 345 678");
  CHECK(wrap(word + "xxxx cpu 1 22", 0, 2) == word + "xxxx cpu 1\n  22");  // two numbers: 22 is no group
}

TEST_CASE("The first column, which says what a row is about, is never cut") {
  TextTable table({Align::left, Align::left, Align::right});
  table.add({std::string(60, 'n'), std::string(60, 'd'), "1 000"});
  const std::string row = table.render(Palette(config::Color::Off), 0);
  CHECK(row == std::string(60, 'n') + "  " + std::string(28, 'd') + "...  1 000\n");  // 60 + 2 + 31 + 2 + 5 = 100
  TextTable hopeless({Align::left, Align::right});
  hopeless.add({std::string(99, 'n'), "1 000"});
  CHECK(hopeless.render(Palette(config::Color::Off), 0) == std::string(99, 'n') + "  1 000\n");
  CHECK_FALSE(hopeless.fits(0));
}

TEST_CASE("Only the palette colors, and only when it is told to") {
  CHECK(Palette(config::Color::Off).paint("x", Style::bad) == "x");
  CHECK(Palette(config::Color::On).paint("x", Style::plain) == "x");
  const std::string painted = Palette(config::Color::On).paint("x", Style::bad);
  CHECK(painted.front() == '\033');
  CHECK_THAT(painted, Catch::Contains("x"));
}

}  // namespace
}  // namespace mmulab
