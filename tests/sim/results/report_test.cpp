// SPDX-License-Identifier: MIT
#include "sim/results/report.h"

#include <sstream>

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
  CHECK(verdict_of(RunVerdict::interrupted, RunEnd::interrupted, 2) ==
        "INTERRUPTED  2 violations: no-duplicate-hpte D1 (expected); interrupted at cycle 5000 (2.500 us)");
}

TEST_CASE("What was expected and is missing, and what was not expected, are both named") {
  RunResult r = samples::refault();
  r.as_expected = false;
  r.expectations = {{"no-duplicate-hpte", "D2", "mprotect rehashes"}};
  r.violations[0].expected = false;
  CHECK_THAT(report(r), Catch::Contains("Not what the scenario expects:\n"
                                        "  missing: no-duplicate-hpte D2 (mprotect rehashes)\n"
                                        "  unexpected: no-duplicate-hpte D1\n"));
  CHECK_THAT(report(r), !Catch::Contains("expected because"));
}

TEST_CASE("Violations that are counted but not kept are not forgotten") {
  RunResult r = samples::refault();
  r.violations_total = 1001;
  CHECK_THAT(report(r), Catch::Contains("\n1 000 more are counted but not told.\n"));
}

}  // namespace
}  // namespace mmulab
