// SPDX-License-Identifier: MIT
#include <algorithm>

#include <fmt/format.h>

#include "workloads/generator_parts.h"
#include "workloads/script_parser.h"

namespace mmulab::workload {
namespace {

constexpr Rights read_only{false, false};
constexpr Rights read_write{true, false};

std::string numbered(const char* name, std::uint32_t n) { return name + std::to_string(n); }

/// One region for each caller, all laid out before the first task.
std::vector<std::uint32_t> add_own_regions(Draft& draft, const GeneratorOptions& options) {
  std::vector<std::uint32_t> regions;
  for (std::uint32_t t = 0; t < options.threads; ++t) {
    regions.push_back(add_region(draft, numbered("heap", t), options.pages));
    draft.regions.back().straddle = options.straddle;
  }
  return regions;
}

std::vector<std::uint32_t> cpus_of(const config::Values& values, std::uint32_t cpus, Problems& problems) {
  std::vector<std::uint32_t> list;
  for (const std::uint64_t cpu : values.integers("workload.cpus")) {
    if (cpu >= cpus)
      problems.add(values.position("workload.cpus"), fmt::format("there is no cpu {}", cpu),
                   fmt::format("this machine's cpus are 0 to {}", cpus - 1));
    list.push_back(static_cast<std::uint32_t>(std::min<std::uint64_t>(cpu, cpus - 1)));
  }
  for (std::uint32_t cpu = 0; list.empty() || (values.integers("workload.cpus").empty() && cpu < cpus); ++cpu)
    list.push_back(cpu);
  return list;
}

GeneratorOptions options_of(const config::Values& values, std::uint32_t cpus, std::uint64_t seed,
                            Problems& problems) {
  GeneratorOptions options;
  options.cpus = cpus_of(values, cpus, problems);
  options.threads = static_cast<std::uint32_t>(values.integer("workload.threads"));
  if (options.threads == 0) options.threads = static_cast<std::uint32_t>(options.cpus.size());
  options.bystanders = static_cast<std::uint32_t>(values.integer("workload.bystanders"));
  options.pages = values.integer("workload.pages");
  options.straddle = values.flag("workload.straddle");
  if (options.straddle && options.pages < 2)
    problems.add(values.position("workload.straddle"), "one page cannot lie on both sides of a border");
  for (const std::uint64_t size : values.integers("workload.call_pages"))
    options.call_pages.push_back(std::min(size, options.pages));
  if (options.call_pages.empty()) options.call_pages.push_back(options.pages);
  options.rounds = values.integer("workload.rounds");
  options.warm_up_rounds = values.integer("workload.warmup_rounds");
  options.pattern = pattern_named(values.text("workload.pattern"));
  options.visits = values.integer("workload.visits");
  options.touches = static_cast<std::uint32_t>(values.integer("workload.touches_per_page"));
  options.store_percent = static_cast<std::uint32_t>(values.integer("workload.store_percent"));
  options.calls = values.texts("workload.calls");
  options.seed = seed;
  return options;
}

}  // namespace

void generate_unmap(const GeneratorOptions& options, Draft& draft) {
  const auto heaps = add_own_regions(draft, options);
  const std::uint32_t shared = options.bystanders == 0 ? 0 : add_region(draft, "shared", options.pages);
  for (std::uint32_t t = 0; t < options.threads; ++t) {
    OperationList round(options, draft);
    for (const std::uint64_t size : options.call_pages) {
      round.think();
      round.access(heaps[t]);
      round.call(OperationKind::munmap, heaps[t], 0, options.pages, size);
      round.call(OperationKind::mmap, heaps[t], 0, options.pages);
    }
    add_task(draft, options, numbered("unmapper", t), t, round);
  }
  add_bystanders(draft, options, shared);
}

void generate_mprotect(const GeneratorOptions& options, Draft& draft) {
  const auto heaps = add_own_regions(draft, options);
  const std::uint32_t shared = options.bystanders == 0 ? 0 : add_region(draft, "shared", options.pages);
  for (std::uint32_t t = 0; t < options.threads; ++t) {
    OperationList round(options, draft);
    for (const std::uint64_t size : options.call_pages) {
      round.think();
      round.access(heaps[t]);
      round.mprotect(heaps[t], 0, options.pages, read_only, size);
      round.each(OperationKind::load, heaps[t], 0, options.pages);
      round.mprotect(heaps[t], 0, options.pages, read_write, size);
    }
    add_task(draft, options, numbered("protector", t), t, round);
  }
  add_bystanders(draft, options, shared);
}

void generate_fork(const GeneratorOptions& options, Draft& draft) {
  std::vector<std::uint32_t> heaps;
  for (std::uint32_t t = 0; t < options.threads; ++t) {
    heaps.push_back(add_region(draft, numbered("heap", t), options.pages, t));
    draft.regions.back().straddle = options.straddle;
  }
  GeneratorOptions once = options;
  once.rounds = 1;
  once.warm_up_rounds = 0;
  for (std::uint32_t t = 0; t < options.threads; ++t) {
    OperationList child(options, draft);
    child.access(heaps[t]);
    const std::uint32_t child_task = add_task(draft, once, numbered("child", t), t + 1, child, t);
    OperationList round(options, draft);
    round.think();
    round.access(heaps[t]);
    round.fork(child_task);
    round.access(heaps[t]);
    add_task(draft, options, numbered("parent", t), t, round, t);
  }
  for (std::uint32_t b = 0; b < options.bystanders; ++b) {
    OperationList round(options, draft);
    round.think();
    round.access(heaps[b % options.threads]);
    add_task(draft, options, numbered("bystander", b), options.threads + b, round, b % options.threads);
  }
}

void draft_generator(const config::Values& values, std::uint32_t cpus, std::uint64_t seed, Draft& draft,
                     Problems& problems) {
  const GeneratorOptions options = options_of(values, cpus, seed, problems);
  const std::string& kind = values.text("workload.kind");
  if (kind == "unmap") generate_unmap(options, draft);
  else if (kind == "fork") generate_fork(options, draft);
  else if (kind == "mprotect") generate_mprotect(options, draft);
  else generate_mixed(options, draft);
  // Whatever is wrong with the whole is the kind's fault, to the user.
  for (TaskDraft& task : draft.tasks) task.at = task.cpu_at = values.position("workload.kind");
  for (RegionDraft& region : draft.regions) region.at = values.position("workload.pages");
}

}  // namespace mmulab::workload
