// SPDX-License-Identifier: MIT
#include "sim/sweep/axis.h"

#include "sim/config/diagnostic.h"
#include "tests/support/catch.h"

namespace mmulab::sweep {
namespace {

using Texts = std::vector<std::string>;

Axis axis(const std::string& text) { return parse_axis(in_option("--vary", text)); }

Texts values(const Series& series) {
  Texts all;
  for (std::uint64_t i = 0; i < series.size(); ++i) all.push_back(series.at(i));
  return all;
}

Texts values(const std::string& text) { return values(axis("k=" + text).terms.front().values); }

std::string wrong(const std::string& text) {
  try {
    static_cast<void>(axis(text));
  } catch (const config::Error& error) {
    const auto& p = error.problems().front();
    return std::to_string(p.column) + "+" + std::to_string(p.width) + ": " + p.message;
  }
  return "nothing";
}

TEST_CASE("An axis lists values, steps through a range, or multiplies through one") {
  CHECK(values("a, b,c") == Texts{"a", "b", "c"});
  CHECK(values("3..6") == Texts{"3", "4", "5", "6"});
  CHECK(values("0..10+4") == Texts{"0", "4", "8"});
  CHECK(values("1..64*4") == Texts{"1", "4", "16", "64"});
  CHECK(values("3..50 * 3") == Texts{"3", "9", "27"});
  CHECK(values("5..5*2") == Texts{"5"});
  CHECK(values("2.6.20") == Texts{"2.6.20"});
  CHECK(values("[1, 2],[3]") == Texts{"[1, 2]", "[3]"});
  CHECK(values("'a,b',\"c & d\"") == Texts{"a,b", "c & d"});
}

TEST_CASE("A range to the largest number is neither spelled out nor overflows") {
  const Axis sum = axis("k=0..9223372036854775807");
  CHECK(sum.size() == std::uint64_t{1} << 63);
  CHECK(sum.terms.front().values.at(INT64_MAX) == "9223372036854775807");
  CHECK(values("1..9223372036854775807*3037000500").size() == 2);
  CHECK(axis("k=1..9223372036854775807*2").size() == 63);
  CHECK(axis("k=1..1000000000000").size() == 1'000'000'000'000);
}

TEST_CASE("A series knows what lies on it") {
  const Series sum = Series::stepped(2, 20, 6);
  CHECK(sum.contains("8"));
  CHECK_FALSE(sum.contains("9"));
  CHECK_FALSE(sum.contains("26"));
  CHECK_FALSE(sum.contains("x"));
  const Series product = Series::multiplied(3, 100, 3);
  CHECK(product.contains("81"));
  CHECK_FALSE(product.contains("80"));
  CHECK(Series::listed({"a"}).contains("a"));
}

TEST_CASE("Keys that go together have as many values") {
  const Axis pair = axis("a=1,2 & b = 4..8*2");
  REQUIRE(pair.terms.size() == 2);
  CHECK(pair.size() == 2);
  CHECK(pair.terms[1].key == "b");
  CHECK(pair.text() == "a=1,2 & b=4..8*2");
  CHECK(wrong("a=1,2 & b=1..3") == "9+6: `b` has 3 values, and `a`, which goes with it, 2");
  CHECK(wrong("a=1 & a=2") == "7+1: `a` stands here twice");
}

TEST_CASE("What is no axis is pointed at") {
  CHECK(wrong("") == "1+1: `` names no key and values");
  CHECK(wrong("cores") == "1+5: `cores` names no key and values");
  CHECK(wrong("=3") == "1+2: `=3` names no key and values");
  CHECK(wrong("k=") == "3+1: there is no value");
  CHECK(wrong("k=1,,2") == "5+1: a value is missing between commas");
  CHECK(wrong("k=1,2,1") == "7+1: the value 1 stands here twice");
  CHECK(wrong("k=a,'a'") == "5+3: the value 'a' stands here twice");
  CHECK(wrong("k=9..3") == "3+4: the range 9..3 is empty");
  CHECK(wrong("k=1..9+0") == "8+1: a step of 0 goes nowhere");
  CHECK(wrong("k=1..9*1") == "8+1: a factor must be at least 2");
  CHECK(wrong("k=0..9*2") == "3+6: multiples of 0 go nowhere");
  CHECK(wrong("k=1..") == "6+1: `` is no number from 0 to 2^63 - 1");
  CHECK(wrong("k=1..99999999999999999999") == "6+20: `99999999999999999999` is no number from 0 to 2^63 - 1");
  CHECK(wrong("k=1..2+3*4") == "8+3: `3*4` is no number from 0 to 2^63 - 1");
}

}  // namespace
}  // namespace mmulab::sweep
