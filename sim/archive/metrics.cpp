// SPDX-License-Identifier: MIT
#include "sim/archive/metrics.h"

#include <algorithm>

#include <fnmatch.h>

#include "sim/config/diagnostic.h"
#include "sim/config/nearest.h"

namespace mmulab::archive {

std::set<std::string> metric_names(Database& archive) {
  std::set<std::string> names;
  Statement all(archive, "SELECT DISTINCT metric FROM observations");
  while (all.step()) names.insert(all.text(0));
  return names;
}

bool fits(const std::string& name, const std::vector<std::string>& patterns) {
  return patterns.empty() || std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
           return fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
         });
}

void refuse_metric(const std::string& pattern, const std::set<std::string>& names) {
  const std::string near = config::nearest(pattern, {names.begin(), names.end()});
  throw config::Error(config::diagnose({}, "no result has the metric `" + pattern + "`",
                                       near.empty() ? "`mmulab export` without --metric writes all that there are"
                                                    : "did you mean `" + near + "`?"));
}

void require_metrics(const std::vector<std::string>& patterns, const std::set<std::string>& names) {
  for (const std::string& pattern : patterns)
    if (std::none_of(names.begin(), names.end(), [&](const std::string& name) { return fits(name, {pattern}); }))
      refuse_metric(pattern, names);
}

}  // namespace mmulab::archive
