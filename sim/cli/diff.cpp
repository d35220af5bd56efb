// SPDX-License-Identifier: MIT
#include <cmath>
#include <ostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/archive/difference.h"
#include "sim/archive/opened.h"
#include "sim/cli/common_options.h"
#include "sim/cli/json_output.h"
#include "sim/cli/verb.h"

namespace mmulab::cli {
namespace {

using archive::Change;
using archive::Difference;

/// "5%" or "0.05" -> 0.05
std::optional<double> limit_of(const Arguments& arguments) {
  const auto given = arguments.text("fail-over");
  if (!given) return {};
  const bool percent = !given->empty() && given->back() == '%';
  const std::string digits = percent ? given->substr(0, given->size() - 1) : *given;
  std::size_t used = 0;
  double value = -1;
  try {
    if (digits.find_first_not_of("0123456789.") == std::string::npos) value = std::stod(digits, &used);
  } catch (const std::exception&) {
    used = 0;
  }
  if (used == 0 || used != digits.size())
    throw config::Error(
        config::diagnose({}, "option `--fail-over` needs a part such as 5% or 0.05, found `" + *given + "`"));
  return percent ? value / 100 : value;
}

std::string percent(double part) {
  return std::isinf(part) ? (part > 0 ? "from 0" : "to less than 0") : fmt::format("{:+.2f}%", 100 * part);
}

std::string change_line(const Change& c) {
  const double base = std::abs(c.mean_a);
  std::string line = fmt::format("{:<40} {:>14.6g} {:>14.6g}", c.metric, c.mean_a, c.mean_b);
  line += fmt::format("  {:>10}", base == 0 ? "from 0" : percent(c.change.mean / base));
  if (!c.change.known) return line + "  no repeats";
  if (base != 0) line += fmt::format("  {} to {}", percent(c.change.low / base), percent(c.change.high / base));
  return line + fmt::format("  n={},{}{}", c.runs_a, c.runs_b, c.paired ? " paired" : "");
}

void list(std::ostream& out, const char* title, const std::vector<std::string>& names) {
  constexpr std::size_t shown = 10;
  for (std::size_t i = 0; i < names.size() && i < shown; ++i) out << title << names[i] << '\n';
  if (names.size() > shown) out << title << names.size() - shown << " more\n";
}

void print(const Difference& d, std::size_t shown, std::ostream& out) {
  for (const auto& v : d.verdicts)
    out << fmt::format("verdict {}: {} before, {} now{}\n", v.verdict, v.runs_a, v.runs_b,
                       v.setting.empty() ? "" : " of " + v.setting);
  list(out, "only before: ", d.only_a);
  list(out, "only now: ", d.only_b);
  if (!d.real.empty())
    out << fmt::format("{:<40} {:>14} {:>14}  {:>10}  interval\n", "metric", "before", "now", "change");
  for (std::size_t i = 0; i < d.real.size() && i < shown; ++i) {
    if (!d.real[i].setting.empty() && (i == 0 || d.real[i - 1].setting != d.real[i].setting))
      out << d.real[i].setting << '\n';
    out << change_line(d.real[i]) << '\n';
  }
  if (d.real.size() > shown) out << fmt::format("and {} more (--json has all)\n", d.real.size() - shown);
  out << fmt::format("{} compared: {} equal, {} within noise, {} changed\n", d.compared, d.equal, d.within_noise,
                     d.real.size());
  if (d.without_repeats != 0)
    out << fmt::format("{} of them without repeats: every difference counts; sweep several seeds\n", d.without_repeats);
}

std::string to_json(const Difference& d) {
  nlohmann::ordered_json json;
  json["schema"] = "mmulab.difference/1";
  json["compared"] = d.compared;
  json["equal"] = d.equal;
  json["within_noise"] = d.within_noise;
  json["only_a"] = d.only_a;
  json["only_b"] = d.only_b;
  json["verdicts"] = nlohmann::ordered_json::array();
  for (const auto& v : d.verdicts)
    json["verdicts"].push_back({{"setting", v.setting}, {"verdict", v.verdict}, {"a", v.runs_a}, {"b", v.runs_b}});
  json["changes"] = nlohmann::ordered_json::array();
  for (const Change& c : d.real)
    json["changes"].push_back({{"setting", c.setting}, {"metric", c.metric}, {"unit", c.unit}, {"a", c.mean_a},
                               {"b", c.mean_b}, {"low", c.change.low}, {"high", c.change.high},
                               {"repeated", c.change.known}, {"paired", c.paired}, {"runs_a", c.runs_a},
                               {"runs_b", c.runs_b}});
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

int diff(const Arguments& arguments, Streams& streams) {
  const auto limit = limit_of(arguments);
  const JsonOutput json(arguments.text("json"));
  archive::Opened a({arguments.positionals()[0]});
  archive::Opened b({arguments.positionals()[1]});
  const Difference found = difference(a.database(), b.database(), {arguments.all("metric")});
  std::ostream& talk = json.talk(streams);
  constexpr std::size_t shown = 40;
  print(found, shown, talk);
  const bool fails = limit && exceeds(found, *limit);
  if (fails) talk << fmt::format("{} --fail-over {}\n", found.compared == 0 ? "nothing to hold against" : "more than",
                                *arguments.text("fail-over"));
  if (json.wanted()) json.write(to_json(found), streams);
  return fails ? exit_violated : exit_clean;
}

}  // namespace

Verb diff_verb() {
  Verb verb;
  verb.name = "diff";
  verb.help = "Say what changed from one set of results to another, and how surely";
  verb.details =
      "  mmulab diff before.json after.json                     two results\n"
      "  mmulab diff main.db branch.db --fail-over 5%           exits 1 if anything changed by more, for certain\n"
      "  mmulab diff main.db OUT --metric 'call.*.latency.p50'  fewer metrics, narrower intervals\n\n"
      "Runs that differ in the seed alone are repeats. Intervals hold with 95 % for all metrics together; a change "
      "counts\n"
      "if its interval does not hold 0, and exceeds --fail-over if the whole interval does. So does another verdict, "
      "and\n"
      "what one side lacks, and nothing at all to compare. docs/ci.md has a recipe, docs/archive.md the arithmetic.\n";
  verb.details += results_explained;
  add_json(verb.options.operands("RESULTS RESULTS", 2, 2));
  verb.options.text("fail-over", "PART", "Exit 1 on a change of more than this part, such as 5%")
      .texts("metric", "PATTERN", "Only metrics like this (* and ?); may be repeated");
  verb.act = diff;
  return verb;
}

}  // namespace mmulab::cli
