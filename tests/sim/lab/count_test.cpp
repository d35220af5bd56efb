// SPDX-License-Identifier: MIT
// `trace count`: its counts are those of simple simulators of every structure, on both shipped recordings and on random
// streams, and those of one geometry do not depend on which others share the pass.
#include "sim/lab/count.h"

#include <filesystem>

#include <unistd.h>

#include "models/machine/config.h"
#include "models/radix/counted_mmu.h"
#include "models/x86/params.h"
#include "sim/config/load.h"
#include "sim/lab/schema.h"
#include "tests/sim/lab/recorded_story.h"
#include "tests/support/catch.h"
#include "workloads/trace/copy.h"
#include "workloads/trace/replay.h"

namespace mmulab::test {
namespace {

const std::string folder = MMULAB_SOURCE_DIR "/configs/traces/";
const std::vector<std::string> recordings = {"compile", "interpreter"};

/// The beginning of each task of a shipped recording, and all its calls.
class Cut {
 public:
  explicit Cut(const std::string& recording)
      : file_((std::filesystem::temp_directory_path() / ("mmulab-cut-" + std::to_string(::getpid()))).string()) {
    trace::TraceFile whole(folder + recording + ".mmt");
    trace::CopyOptions options;
    options.accesses = 30'000;
    trace::Writer writer(file_, 1);
    trace::copy(whole, options, writer);
  }
  ~Cut() { std::filesystem::remove(file_); }
  Cut(const Cut&) = delete;
  Cut& operator=(const Cut&) = delete;
  [[nodiscard]] const std::string& file() const { return file_; }

 private:
  std::string file_;
};

config::Values loaded(const std::string& scenario, const config::Overrides& overrides) {
  static const config::Schema schema = lab::schema();
  return config::load_file(schema, folder + scenario + ".toml", overrides);
}

std::uint32_t number(const config::Values& v, const std::string& key) {
  return static_cast<std::uint32_t>(v.integer(key));
}
Shape shape(const config::Values& v, const std::string& array) {
  return {number(v, array + "_sets"), number(v, array + "_ways")};
}

std::unique_ptr<ReferenceMmu> reference_x86(const config::Values& v) {
  ReferenceRadix::Shapes s;
  const std::string x86 = "machine.x86.";
  s.dtlb = shape(v, x86 + "dtlb_4k"), s.itlb = shape(v, x86 + "itlb_4k"), s.stlb = shape(v, x86 + "stlb");
  s.walk[0] = shape(v, x86 + "psc_pde"), s.walk[1] = shape(v, x86 + "psc_pdpte");
  s.walk[2] = shape(v, x86 + "psc_pml4e");
  const std::map<std::string, Policy> policies = {
      {"lru", Policy::lru}, {"fifo", Policy::fifo}, {"random", Policy::random}, {"tree", Policy::tree}};
  const std::map<std::string, Levels> levels = {
      {"independent", Levels::independent}, {"inclusive", Levels::inclusive}, {"exclusive", Levels::exclusive}};
  s.policy = policies.at(v.text(x86 + "tlb_replacement"));
  s.levels = levels.at(v.text(x86 + "tlb_levels"));
  s.cores = number(v, "machine.cores");
  return std::make_unique<ReferenceRadix>(s);
}

std::unique_ptr<ReferenceMmu> reference_ppc64(const config::Values& v) {
  ReferenceHashed::Shapes s;
  const std::string ppc64 = "machine.ppc64.";
  s.derat = shape(v, ppc64 + "derat"), s.ierat = shape(v, ppc64 + "ierat"), s.tlb = shape(v, ppc64 + "tlb");
  s.slb_entries = number(v, ppc64 + "slb_entries");
  s.groups = v.integer(ppc64 + "pteg_count");
  s.seed = v.integer("sim.seed");
  s.cores = number(v, "machine.cores");
  return std::make_unique<ReferenceHashed>(s);
}

/// niagara2 with a data TLB of one structure, as given, and "1x64 8K 4M" for fetches.
std::unique_ptr<ReferenceMmu> reference_sparc64(const config::Values& v, Shape dtlb, Policy policy) {
  ReferenceTsb::Shapes s;
  s.dtlb = dtlb;
  s.itlb = {1, 64};
  s.data_policy = policy;
  s.entries_first = number(v, "kernel.sparc64.tsb_entries_first");
  s.entries_max = number(v, "kernel.sparc64.tsb_entries_max");
  s.cores = number(v, "machine.cores");
  return std::make_unique<ReferenceTsb>(s);
}

std::map<std::string, std::uint64_t> by_name(const std::vector<StructureCount>& counts) {
  std::map<std::string, std::uint64_t> named;
  for (const StructureCount& count : counts) named[count.name] = count.value;
  return named;
}

struct Case {
  config::Values values;
  std::unique_ptr<ReferenceMmu> reference;
};

/// All cases share one pass. Returns the sum of each count, to see that something was counted.
std::map<std::string, std::uint64_t> agree(const std::vector<Case>& cases, const std::string& recording) {
  std::vector<config::Values> points;
  std::vector<ReferenceMmu*> listeners;
  for (const Case& c : cases) points.push_back(c.values), listeners.push_back(c.reference.get());
  const lab::Counted counted = lab::count(points);
  const auto options = trace::survey_options(points.front(), table_geometry(points.front()));
  const StoryTotals story = tell(recording, options, listeners);
  const trace::CountTotals& t = counted.totals;
  CHECK(t.loads == story.loads);
  CHECK(t.stores == story.stores);
  CHECK(t.fetches == story.fetches);
  CHECK(t.faults == story.faults);
  CHECK(t.changes == story.copies);
  CHECK(t.first_stores == story.first_stores);
  CHECK(t.invalidations == story.invalidations);
  CHECK(t.flushes == story.flushes);
  CHECK(t.switches == story.switches);
  std::map<std::string, std::uint64_t> sum;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    INFO("geometry " << i);
    CHECK(by_name(counted.points[i]) == cases[i].reference->counts);
    CHECK(by_name(lab::count({points[i]}).points.front()) == cases[i].reference->counts);
    for (const auto& [name, value] : cases[i].reference->counts) sum[name] += value;
  }
  return sum;
}

config::Overrides with(const std::string& file, std::initializer_list<const char*> more) {
  config::Overrides overrides{"workload.file=" + file};
  overrides.insert(overrides.end(), more.begin(), more.end());
  return overrides;
}

std::vector<Case> x86_cases(const std::string& name, const std::string& file) {
  std::vector<Case> cases;
  const auto add = [&](const config::Overrides& overrides) {
    config::Values values = loaded("x86-" + name, overrides);
    auto reference = reference_x86(values);
    cases.push_back({std::move(values), std::move(reference)});
  };
  for (const char* policy : {"lru", "fifo", "tree", "random"})
    for (const char* levels : {"independent", "inclusive", "exclusive"}) {
      config::Overrides small = with(file, {"workload.fetches=pages", "machine.x86.dtlb_4k_sets=2",
                                            "machine.x86.itlb_4k_sets=2", "machine.x86.stlb_sets=8",
                                            "machine.x86.stlb_ways=4", "machine.x86.psc_pde_sets=1",
                                            "machine.x86.psc_pde_ways=2", "machine.x86.psc_pdpte_ways=1"});
      small.push_back(std::string("machine.x86.tlb_replacement=") + policy);
      small.push_back(std::string("machine.x86.tlb_levels=") + levels);
      add(small);
    }
  add(with(file, {"workload.fetches=pages"}));
  return cases;
}

std::vector<Case> ppc64_cases(const std::string& name, const std::string& file) {
  std::vector<Case> cases;
  const auto add = [&](const config::Overrides& overrides) {
    config::Values values = loaded("ppc64-" + name, overrides);
    auto reference = reference_ppc64(values);
    cases.push_back({std::move(values), std::move(reference)});
  };
  add(with(file, {"workload.fetches=pages"}));
  add(with(file, {"workload.fetches=pages", "machine.ppc64.pteg_count=16", "machine.ppc64.tlb_sets=16",
                  "machine.ppc64.derat_sets=4", "machine.ppc64.slb_entries=3", "sim.seed=5"}));
  return cases;
}

std::vector<Case> sparc64_cases(const std::string& name, const std::string& file) {
  std::vector<Case> cases;
  const auto add = [&](Shape dtlb, Policy policy, const char* written) {
    config::Overrides overrides = with(file, {"workload.fetches=pages", "machine.sparc64.itlb=[\"1x64 8K 4M\"]",
                                             "kernel.sparc64.tsb_entries_first=64"});
    overrides.push_back(std::string("machine.sparc64.dtlb=[\"") + written + "\"]");
    config::Values values = loaded("sparc64-" + name, overrides);
    auto reference = reference_sparc64(values, dtlb, policy);
    cases.push_back({std::move(values), std::move(reference)});
  };
  add({1, 128}, Policy::lru, "1x128 8K 4M");
  add({1, 16}, Policy::random, "1x16 8K 4M random");
  add({1, 8}, Policy::fifo, "1x8 8K 4M fifo");
  add({1, 32}, Policy::tree, "1x32 8K 4M tree");
  return cases;
}

/// What was counted over both recordings: nothing stays at nothing.
class Occurrences {
 public:
  void add(const std::string& architecture, const std::map<std::string, std::uint64_t>& sum) {
    for (const auto& [name, value] : sum) sums_[architecture + " " + name] += value;
  }
  void check() const {
    for (const auto& [name, value] : sums_) {
      INFO(name);
      CHECK(value > 0);
    }
  }

 private:
  std::map<std::string, std::uint64_t> sums_;
};

void all_architectures(const std::string& name, const std::string& file, Occurrences& occurrences) {
  INFO(name);
  occurrences.add("x86", agree(x86_cases(name, file), file));
  occurrences.add("ppc64", agree(ppc64_cases(name, file), file));
  occurrences.add("sparc64", agree(sparc64_cases(name, file), file));
}

TEST_CASE("Simple simulators count the same in the beginning of both recordings") {
  Occurrences occurrences;
  for (const std::string& name : recordings) all_architectures(name, Cut(name).file(), occurrences);
  occurrences.check();
}

TEST_CASE("Simple simulators count the same in both recordings, to the last access", "[.nightly]") {
  Occurrences occurrences;
  for (const std::string& name : recordings) all_architectures(name, folder + name + ".mmt", occurrences);
  occurrences.check();
}

TEST_CASE("A simulator of a way less does not count the same") {
  const Cut cut("compile");
  const config::Overrides small = with(cut.file(), {"machine.x86.dtlb_4k_sets=1", "machine.x86.stlb_sets=2"});
  const config::Values values = loaded("x86-compile", small);
  config::Overrides less = small;
  less.push_back("machine.x86.dtlb_4k_ways=3");
  const auto reference = reference_x86(loaded("x86-compile", less));
  const lab::Counted counted = lab::count({values});
  tell(cut.file(), trace::survey_options(values, table_geometry(values)), {reference.get()});
  CHECK(by_name(counted.points.front()).at("dtlb.hits") != reference->counts.at("dtlb.hits"));
}

// ------------------------------------------------------------------------------------------------ one pass

TEST_CASE("Each geometry's counts in a pass of many are those of a pass of its own") {
  const Cut cut("interpreter");
  for (const char* architecture : {"x86", "ppc64", "sparc64"}) {
    const std::string name = architecture;
    std::vector<Case> cases = name == "x86"     ? x86_cases("interpreter", cut.file())
                              : name == "ppc64" ? ppc64_cases("interpreter", cut.file())
                                                : sparc64_cases("interpreter", cut.file());
    std::vector<config::Values> points;
    for (Case& c : cases) points.push_back(std::move(c.values));
    const lab::Counted together = lab::count(points);
    for (std::size_t i = 0; i < points.size(); ++i) {
      INFO(name << ", geometry " << i);
      const lab::Counted alone = lab::count({points[i]});
      CHECK(by_name(alone.points.front()) == by_name(together.points[i]));
      // A pass leaves out what all of its geometries can do without: not the same in both.
      CHECK(alone.totals.repeats >= together.totals.repeats);
    }
  }
}

// ------------------------------------------------------------------------------------------------ random streams

struct Both {
  std::map<std::string, std::uint64_t> model, reference;
};

/// Loads and stores to 4096 pages of two address spaces on two cores; now and then a page or a space is forgotten.
Both random_stream(Replacement replacement, radix::TlbLevels levels, const ReferenceRadix::Shapes& shapes,
                   std::uint64_t accesses) {
  X86Params p;
  p.dtlb_4k = {shapes.dtlb.sets, shapes.dtlb.ways};
  p.itlb_4k = {shapes.itlb.sets, shapes.itlb.ways};
  p.stlb = {shapes.stlb.sets, shapes.stlb.ways};
  p.replacement = replacement;
  p.levels = levels;
  StateRoom room(World::words_max);
  radix::CountedMmu model(room, Topology{1, 2, 1}, TableGeometry{PageShift{12}, {9, 9, 9, 9, 0}, 4}, p, true);
  ReferenceRadix reference(shapes);
  PageStream stream(accesses);
  std::map<std::pair<std::uint64_t, std::uint64_t>, bool> dirty;
  std::uint64_t state = 9;
  for (std::uint64_t n = 0; n < accesses; ++n) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    const std::uint64_t drawn = state >> 33;
    Told told;
    told.mm = drawn >> 12 & 1;
    told.task = static_cast<std::uint32_t>(told.mm);
    told.page = stream.next();
    told.fetch = drawn % 8 == 0;
    told.store = !told.fetch && drawn % 4 == 1;
    if (drawn % 997 == 0) {
      model.forget(MmId{told.mm}, VirtPage{told.page});
      reference.forget(told.mm, told.page);
    }
    if (drawn % 99'991 == 0) {
      model.forget_all(MmId{told.mm}, false);
      reference.forget_all(told.mm, false);
    }
    bool& is_dirty = dirty[{told.mm, told.page}];
    is_dirty = is_dirty || told.store;
    told.dirty = is_dirty;
    const std::uint64_t word = told.page | (told.store ? CountedMmu::store_bit : 0) |
                               (told.fetch ? CountedMmu::fetch_bit : 0) | (told.dirty ? CountedMmu::dirty_bit : 0);
    model.run(told.task, MmId{told.mm});
    model.access(&word, 1);
    reference.access(told);
  }
  return {by_name(model.counts()), reference.counts};
}

void random_streams(std::uint64_t accesses) {
  ReferenceRadix::Shapes shapes;
  shapes.dtlb = {16, 4}, shapes.itlb = {8, 8}, shapes.stlb = {64, 8};
  shapes.walk[0] = {8, 4}, shapes.walk[1] = {1, 4}, shapes.walk[2] = {1, 2};
  shapes.cores = 2;
  const std::pair<Replacement, Policy> policies[] = {{Replacement::lru, Policy::lru}, {Replacement::fifo, Policy::fifo},
                                                     {Replacement::tree, Policy::tree},
                                                     {Replacement::random, Policy::random}};
  const std::pair<radix::TlbLevels, Levels> levels[] = {{radix::TlbLevels::independent, Levels::independent},
                                                        {radix::TlbLevels::inclusive, Levels::inclusive},
                                                        {radix::TlbLevels::exclusive, Levels::exclusive}};
  std::set<std::vector<std::uint64_t>> different;
  for (const auto& [replacement, policy] : policies)
    for (const auto& [model_levels, reference_levels] : levels) {
      shapes.policy = policy;
      shapes.levels = reference_levels;
      const Both both = random_stream(replacement, model_levels, shapes, accesses);
      CHECK(both.model == both.reference);
      for (const char* count : {"dtlb.hits", "stlb.data_hits", "walks.data", "itlb.hits", "walks.code"})
        CHECK(both.model.at(count) > accesses / 1000);
      different.insert({both.model.at("dtlb.hits"), both.model.at("stlb.data_hits"), both.model.at("walks.data")});
    }
  CHECK(different.size() == 12);
}

TEST_CASE("Four policies, two levels in three relations: counts of a random stream are those of simple simulators") {
  random_streams(200'000);
}

TEST_CASE("The same of ten million accesses", "[.nightly]") { random_streams(10'000'000); }

}  // namespace
}  // namespace mmulab::test
