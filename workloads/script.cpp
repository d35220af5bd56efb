// SPDX-License-Identifier: MIT
#include "workloads/script.h"

#include <algorithm>

#include "workloads/script_parser.h"

namespace mmulab::workload {
namespace {

const std::vector<std::string> kinds = {"none", "anonymous", "file_shared", "file_private", "pfnmap"};

bool is_name(const std::string& text) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !text.empty() && plain(text[0]) && std::all_of(text.begin(), text.end(), [&](char c) {
    return plain(c) || (c >= '0' && c <= '9') || c == '-';
  });
}

template <class Named>
void check_name(const config::Values& table, const std::string& what, const std::vector<Named>& before,
                Problems& problems) {
  const std::string& name = table.text("name");
  if (!is_name(name))
    problems.add(table.position("name"), "`" + name + "` is no name", "letters, digits, _ and -, a letter first");
  if (find_named(before, name) != nobody)
    problems.add(table.position("name"), "there is a " + what + " `" + name + "` already");
}

void set_huge_pages(const config::Values& table, unsigned order, RegionDraft& region, Problems& problems) {
  if (!table.flag("huge_pages")) return;
  region.huge_order = order;
  if (order == 0) problems.add(table.position("huge_pages"), "this machine has no huge pages", "ppc64 has them");
  if (region.kind != VmaKind::anonymous || region.straddle)
    problems.add(table.position("huge_pages"), "only anonymous memory has huge pages, and it does not straddle");
  if (region.at_page && order != 0 && *region.at_page % (std::uint64_t{1} << order) != 0)
    problems.add(table.position("first_page"), "`" + region.name + "` does not begin at a border of huge pages",
                 "a huge page has " + std::to_string(std::uint64_t{1} << order) + " pages");
}

void add_region(const config::Values& table, unsigned huge_order, Draft& draft, Problems& problems) {
  check_name(table, "region", draft.regions, problems);
  RegionDraft region;
  region.name = table.text("name");
  region.at = table.position("name");
  const auto kind = std::find(kinds.begin(), kinds.end(), table.text("kind")) - kinds.begin();
  region.kind = static_cast<VmaKind>(kind);
  region.pages = table.integer("pages");
  const std::string& rights = table.text("rights");
  region.rights = {rights.find('w') != std::string::npos, rights.find('x') != std::string::npos};
  region.mm = static_cast<std::uint32_t>(table.integer("mm"));
  region.offset = table.integer("offset");
  region.straddle = table.flag("straddle");
  region.mapped = table.flag("mapped");
  region.shares_tables = table.flag("shares_tables");
  if (region.shares_tables && (region.kind != VmaKind::file_shared || region.straddle))
    problems.add(table.position("shares_tables"),
                 "only a shared mapping of a file shares page tables, and it does not straddle");
  if (table.contains("first_page")) region.at_page = table.integer("first_page");
  if (region.at_page && region.straddle)
    problems.add(table.position("straddle"), "`first_page` says already where `" + region.name + "` lies");
  if (region.straddle && region.pages < 2)
    problems.add(table.position("straddle"), "one page cannot lie on both sides of a border");
  set_huge_pages(table, huge_order, region, problems);
  if (region.kind == VmaKind::anonymous) {
    for (const char* key : {"file", "offset"})
      if (table.position(key).exists())
        problems.add(table.position(key), std::string("`") + key + "` is for regions that map a file, and `" +
                                              region.name + "` is anonymous");
  } else {
    region.file = draft.file(table.contains("file") ? table.text("file") : region.name);
    FileDraft& file = draft.files[region.file];
    file.pages = std::max(file.pages, region.offset + region.pages);
  }
  draft.regions.push_back(region);
}

void add_task(const config::Values& table, std::uint64_t rounds, Draft& draft, Problems& problems) {
  check_name(table, "task", draft.tasks, problems);
  TaskDraft task;
  task.name = table.text("name");
  task.at = table.position("name");
  // Numbers beyond are no cpu anyway, and stay none.
  task.cpu = static_cast<std::uint32_t>(std::min<std::uint64_t>(table.integer("cpu"), nobody));
  task.cpu_at = table.position("cpu");
  task.mm = static_cast<std::uint32_t>(table.integer("mm"));
  task.mm_at = table.position("mm");
  task.kthread = table.flag("kthread");
  if (task.kthread && task.mm_at.exists())
    problems.add(task.mm_at, "`" + task.name + "` is a kernel thread, which has no address space");
  task.rounds = table.contains("rounds") ? table.integer("rounds") : rounds;
  draft.tasks.push_back(task);
}

}  // namespace

void draft_script(const config::Values& values, unsigned huge_order, Draft& draft, Problems& problems) {
  const auto& tables = values.tables("workload.task");
  for (const auto& table : values.tables("workload.region")) add_region(table, huge_order, draft, problems);
  for (const auto& table : tables) add_task(table, values.integer("workload.rounds"), draft, problems);
  if (tables.empty())
    problems.add(values.position("workload.kind"), "a script has no task", "write [[workload.task]]");
  // Operations name tasks that come later, too.
  for (std::size_t t = 0; t < tables.size(); ++t) {
    draft.tasks[t].warm_up =
        parse_script({tables[t].texts("warmup"), tables[t].position("warmup")}, draft, problems);
    draft.tasks[t].body = parse_script({tables[t].texts("ops"), tables[t].position("ops")}, draft, problems);
  }
}

}  // namespace mmulab::workload
