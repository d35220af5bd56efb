// SPDX-License-Identifier: MIT
#include <algorithm>
#include <ostream>

#include <fmt/format.h>

#include "sim/cli/common_options.h"
#include "sim/cli/topics.h"
#include "sim/cli/verb.h"
#include "sim/config/nearest.h"
#include "sim/lab/schema.h"

namespace mmulab::cli {
namespace {

const Topic& find_topic(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& topic : topics()) {
    if (topic.name == name) return topic;
    names.push_back(topic.name);
  }
  throw config::Error(
      config::diagnose({}, "there is no topic `" + name + "` to list", config::suggestion(name, names)));
}

void print(const std::vector<Item>& items, std::ostream& out) {
  std::size_t width = 0;
  for (const auto& item : items) width = std::max(width, item.name.size());
  for (const auto& item : items)
    out << (item.help.empty() ? item.name : fmt::format("{:<{}}  {}", item.name, width, item.help)) << '\n';
}

int list(const Arguments& arguments, Streams& streams) {
  std::vector<Item> items;
  if (arguments.positionals().empty())
    for (const auto& topic : topics()) items.push_back({topic.name, topic.help});
  else items = find_topic(arguments.positionals().front()).items(lab::schema());
  print(items, streams.out);
  return exit_clean;
}

}  // namespace

Verb list_verb() {
  Verb verb;
  verb.name = "list";
  verb.help = "List what there is to choose from";
  verb.details =
      "  mmulab list                           the topics\n"
      "  mmulab list strategies                the strategies, one line each\n";
  add_plugin(verb.options.operands("[TOPIC]", 0, 1));
  verb.act = list;
  return verb;
}

}  // namespace mmulab::cli
