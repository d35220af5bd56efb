// SPDX-License-Identifier: MIT
#include "bench/figure.h"

#include <algorithm>

#include <fmt/format.h>

namespace mmulab::bench {

std::string line_of(const Figure& figure) {
  std::string target = "no target";
  if (figure.target)
    target = fmt::format("{} {:g}: {}", figure.target->bound == Bound::at_least ? "at least" : "at most",
                         figure.target->value, figure.met() ? "met" : "MISSED");
  return fmt::format("{:<18} {:>8.3f} {:<6} {:<22} {}", figure.name, figure.value, figure.unit, target, figure.detail);
}

std::string json_of(const std::vector<Figure>& figures) {
  std::string text = "[";
  for (const Figure& figure : figures) {
    text += text.size() == 1 ? "\n" : ",\n";
    text += fmt::format(R"(  {{"name": "{}", "value": {:.4f}, "unit": "{}", "target": )", figure.name, figure.value,
                        figure.unit);
    if (figure.target)
      text += fmt::format(R"({{"{}": {:g}}})", figure.target->bound == Bound::at_least ? "at_least" : "at_most",
                          figure.target->value);
    else
      text += "null";
    text += fmt::format(R"(, "finished": {}, "met": {}, "detail": "{}"}})", figure.finished, figure.met(),
                        figure.detail);
  }
  return text + "\n]\n";
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[(values.size() - 1) / 2];
}

}  // namespace mmulab::bench
