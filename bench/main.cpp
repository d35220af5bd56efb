// SPDX-License-Identifier: MIT
// Times the assembled laboratory: mmulab_bench [NAME...] [--json FILE] [--check] [--tiny] [--rounds N]. A
// measurement, not a test: it exits with 0 whatever the figures are, with --check with 1 if a target is missed,
// with 2 on wrong usage.
#include <algorithm>
#include <cstring>
#include <fstream>
#include <iostream>
#include <stdexcept>

#include "bench/child.h"
#include "bench/figure.h"
#include "sim/config/diagnostic.h"

namespace mmulab::bench {
namespace {

struct Options {
  std::vector<std::string> names;
  std::string json;
  bool check = false;
  Effort effort;
};

Options options_of(const std::vector<std::string>& arguments) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    const bool takes_value = word == "--json" || word == "--rounds";
    if (takes_value && i + 1 == arguments.size()) throw std::invalid_argument(word + " needs a value");
    if (word == "--json") options.json = arguments[++i];
    else if (word == "--rounds") options.effort.rounds = static_cast<std::uint32_t>(std::stoul(arguments[++i]));
    else if (word == "--check") options.check = true;
    else if (word == "--tiny") options.effort = {true, 1};
    else options.names.push_back(word);
  }
  if (options.effort.rounds == 0) throw std::invalid_argument("--rounds is at least 1");
  for (const std::string& name : options.names)
    if (std::none_of(entries().begin(), entries().end(), [&](const Entry& e) { return e.name == name; })) {
      std::string known;
      for (const Entry& entry : entries()) known += std::string("\n  ") + entry.name + ": " + entry.help;
      throw std::invalid_argument("there is no benchmark " + name + "; there are" + known);
    }
  return options;
}

bool chosen(const Options& options, const Entry& entry) {
  return options.names.empty() ||
         std::find(options.names.begin(), options.names.end(), entry.name) != options.names.end();
}

int measure(const Options& options) {
  std::vector<Figure> figures;
  for (const Entry& entry : entries()) {
    if (!chosen(options, entry)) continue;
    for (Figure& figure : entry.run(options.effort)) {
      std::cout << line_of(figure) << std::endl;
      figures.push_back(std::move(figure));
    }
  }
  if (!options.json.empty() && !(std::ofstream(options.json) << json_of(figures)))
    throw std::invalid_argument("cannot write " + options.json);
  const bool met = std::all_of(figures.begin(), figures.end(), [](const Figure& f) { return f.met(); });
  return options.check && !met ? 1 : 0;
}

}  // namespace
}  // namespace mmulab::bench

int main(int argc, char** argv) {
  using namespace mmulab::bench;
  try {
    if (argc == 2 && std::strcmp(argv[1], child_argument) == 0) return be_child();
    return measure(options_of({argv + 1, argv + argc}));
  } catch (const std::invalid_argument& error) {
    std::cerr << "bench: " << error.what() << '\n';
    return 2;
  } catch (const mmulab::config::Error& error) {
    std::cerr << "bench: " << error.what() << '\n';
    return 4;
  }
}
// libsystemc refers to sc_main even when its main() is not used.
extern "C" int sc_main(int, char**) { return 4; }
