// SPDX-License-Identifier: MIT
#include "sim/results/report.h"

#include <sstream>

#include <fmt/format.h>

#include "sim/results/json.h"
#include "tests/sim/results/golden.h"
#include "tests/sim/results/sample_results.h"

namespace mmulab {
namespace {

std::string without_colors(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\033') i = text.find('m', i);
    else plain += text[i];
  }
  return plain;
}

std::size_t widest(const std::string& text) {
  std::istringstream lines(text);
  std::size_t widest = 0;
  for (std::string line; std::getline(lines, line);) widest = std::max(widest, columns_of(line));
  return widest;
}

std::string verdict_of(RunVerdict verdict, RunEnd end, std::uint64_t total = 0) {
  RunResult r = samples::quiet();
  r.verdict = verdict;
  r.end = end;
  r.violations_total = total;
  if (total != 0) r.violations = {samples::duplicate()};
  r.invariants = {
      {"one-view", verdict == RunVerdict::vacuous ? InvariantStatus::vacuous : InvariantStatus::clean, 3, 0}};
  const std::string text = report(r);
  const auto from = text.find("\n\n") + 2;
  return text.substr(from, text.find("\n\n", from) - from);
}

TEST_CASE("The report of a violated run tells everything there is") {
  check_golden("refault.txt", report(samples::refault()));
}

TEST_CASE("The report of a run without anything to tell is short") {
  check_golden("quiet.txt", report(samples::quiet()));
}

TEST_CASE("No line of a report is wider than 100 columns, whatever the numbers") {
  RunResult r = samples::refault();
  auto& latency = r.stats->histogram({"call.unmap_mapping.latency", "cycles", ""});
  for (std::uint64_t i = 0; i < 1000; ++i) latency.add(9'999'000'000 + i * 1000);
  r.stats->counter({"memory.a_rather_long_name_of_a_counter", "bytes", std::string(90, 'd')}).add(1ULL << 40);
  CHECK(widest(report(r)) <= text_width);
}

TEST_CASE("Colors change no character of the text") {
  CHECK(without_colors(report(samples::refault(), config::Color::On)) == report(samples::refault()));
  CHECK(report(samples::refault(), config::Color::On) != report(samples::refault()));
}

TEST_CASE("The verdict line says what was found and why the run ended") {
  CHECK(verdict_of(RunVerdict::clean, RunEnd::finished) ==
        "CLEAN  no invariant was violated, 3 judgements in all; every task had ended at cycle 5000 (2.500 us)");
  CHECK(verdict_of(RunVerdict::clean, RunEnd::until) ==
        "CLEAN  no invariant was violated, 3 judgements in all; stopped at cycle 5000 (2.500 us) as --until\n  "
        "asked");
  CHECK(verdict_of(RunVerdict::vacuous, RunEnd::finished) ==
        "VACUOUS  never came up: one-view; every task had ended at cycle 5000 (2.500 us)");
  CHECK(verdict_of(RunVerdict::undecided, RunEnd::limit) ==
        "UNDECIDED  no violation until then, 3 judgements; cut by a limit of the configuration at cycle 5000\n"
        "  (2.500 us)");
  CHECK(verdict_of(RunVerdict::undecided, RunEnd::deadlock) ==
        "UNDECIDED  no violation until then, 3 judgements; nobody could go on after cycle 5000 (2.500 us)");
  CHECK(verdict_of(RunVerdict::undecided, RunEnd::schedule) ==
        "UNDECIDED  no violation until then, 3 judgements; the schedule ends without its violation, at cycle\n"
        "  5000 (2.500 us)");
  CHECK(verdict_of(RunVerdict::interrupted, RunEnd::interrupted, 2) ==
        "INTERRUPTED  2 violations: no-duplicate-hpte D1 (expected); interrupted at cycle 5000 (2.500 us)");
}

TEST_CASE("What was expected and is missing, and what was not expected, are both named") {
  RunResult r = samples::refault();
  r.as_expected = false;
  r.expectations = {{"no-duplicate-hpte", "D2", "mprotect rehashes"}};
  r.violations[0].expected = false;
  const std::string judged = report(r, config::Color::Off, Expectations::judged);
  CHECK_THAT(judged, Catch::Contains("Not what the scenario expects:\n"
                                     "  missing: no-duplicate-hpte D2 (mprotect rehashes)\n"
                                     "  unexpected: no-duplicate-hpte D1\n"));
  CHECK_THAT(judged, !Catch::Contains("expected because"));
}

TEST_CASE("Without --expect a difference from what the scenario expects is a remark, without a color") {
  RunResult r = samples::quiet();
  r.as_expected = false;
  r.expectations = {{"no-duplicate-hpte", "D1", "late flush"}};
  const std::string remark =
      "\nThe scenario expects no-duplicate-hpte D1 (late flush); with strategy ppc64-2.6.20 it did not occur.\n";
  CHECK_THAT(report(r), Catch::Contains(remark) && !Catch::Contains("Not what"));
  CHECK_THAT(report(r, config::Color::On), Catch::Contains(remark));
  CHECK_THAT(report(r, config::Color::On, Expectations::judged), Catch::Contains("31m") && !Catch::Contains(remark));
  r.violations = {samples::duplicate()};
  r.violations[0].class_id = "D2";
  r.violations[0].expected = false;
  CHECK_THAT(report(r), Catch::Contains("\nThe scenario does not expect no-duplicate-hpte D2; with strategy "
                                        "ppc64-2.6.20 it occurred.\n"));
}

/// One violation a page, of the same sentence.
std::vector<Violation> on_pages(std::size_t pages, const std::string& sentence) {
  std::vector<Violation> violations;
  for (std::size_t i = 0; i < pages; ++i) {
    violations.push_back(samples::duplicate());
    violations.back().va = VirtAddr{0x1000 * (i + 1)};
    violations.back().message = fmt::format(sentence, i + 1);
  }
  return violations;
}

std::size_t times(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST_CASE("Violations that differ in numbers alone are one story and a list of pages") {
  RunResult r = samples::refault();
  r.violations = on_pages(3, "two entries for page 0x{:x} when munmap returned");
  std::string text = report(r);
  CHECK(times(text, "\n     1  cycle 47 802") == 1);
  CHECK_THAT(text, Catch::Contains("\n   and 2 more of the same class: va 0x2000, 0x3000\n"));
  CHECK_THAT(text, Catch::Contains("page 0x1 when munmap") && !Catch::Contains("page 0x2"));
  r.violations[1].message = "two entries for page 0x2 when mprotect returned";
  text = report(r);
  CHECK(times(text, "\n     1  cycle 47 802") == 2);
  CHECK_THAT(text, Catch::Contains("\n   and 1 more of the same class: va 0x3000\n"));
  r.violations = on_pages(12, "two entries for page 0x{:x}");
  CHECK_THAT(report(r), Catch::Contains("and 11 more of the same class: va 0x2000, 0x3000, 0x4000, 0x5000, 0x6000, "
                                        "0x7000, 0x8000, 0x9000,\n     ...\n"));
}

TEST_CASE("A report tells at most four stories and names the others, JSON has all") {
  RunResult r = samples::refault();
  r.violations = on_pages(6, "{}");
  for (std::size_t i = 0; i < r.violations.size(); ++i) r.violations[i].class_id = fmt::format("D{}", i + 1);
  const std::string text = report(r);
  CHECK(times(text, "\n     1  cycle 47 802") == 4);
  CHECK_THAT(text, Catch::Contains("\nWithout its story (--json has it): no-duplicate-hpte D5 at cycle 48213, "
                                   "no-duplicate-hpte D6 at\n  cycle 48213\n"));
  CHECK(times(to_json(r), "\"story\"") == 6);
  r.violations.resize(4);
  CHECK_THAT(report(r), !Catch::Contains("Without its story"));
}

TEST_CASE("What counted nothing takes three lines at most, and the rest is a number") {
  RunResult r = samples::refault();
  for (int i = 0; i < 60; ++i) r.stats->counter({fmt::format("idle.counter_{:02}", i), "1", ""});
  const std::string text = report(r);
  const auto from = text.find("Nothing counted: call: fork; flush: context_switch; idle: counter_00, counter_01,");
  REQUIRE(from != std::string::npos);
  const std::string told = text.substr(from, text.find("\n\n", from) - from);
  CHECK(times(told, "\n") == 2);
  // A name is 12 columns with its comma and space. Three follow the head's 57 columns, eight the second line's indent
  // of two, and five leave room for the 29 of " and 44 more (--json has all)".
  CHECK(times(told, "counter_") == 16);
  CHECK_THAT(told, Catch::EndsWith("counter_15; and 44 more (--json has all)"));
}

TEST_CASE("Violations that are counted but not kept are not forgotten") {
  RunResult r = samples::refault();
  r.violations_total = 1001;
  CHECK_THAT(report(r), Catch::Contains("\n1 000 more are counted but not told.\n"));
}

}  // namespace
}  // namespace mmulab
