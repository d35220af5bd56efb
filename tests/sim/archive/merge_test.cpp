// SPDX-License-Identifier: MIT
#include "sim/archive/merge.h"

#include <algorithm>
#include <fstream>
#include <random>

#include "sim/archive/database.h"
#include "sim/archive/schema.h"
#include "sim/archive/writer.h"
#include "tests/sim/archive/results_folder.h"
#include "tests/support/catch.h"

namespace mmulab::archive {
namespace {

using test::complaint_of;
using test::MadeUp;
using test::ResultsFolder;
using test::twelve;

std::string sole_text(const std::string& file, const std::string& query) {
  Database archive(file, Database::Mode::read);
  Statement statement(archive, query);
  return statement.step() ? statement.text(0) : "nothing";
}

std::string point_name(const ResultsFolder& folder, const std::string& sweep) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.file(sweep + "/points")))
    if (entry.is_regular_file()) return std::filesystem::relative(entry.path(), folder.file("")).string();
  return "";
}

TEST_CASE("What a sweep measured stands in the tables and views") {
  const ResultsFolder folder;
  const std::string db = folder.file("a.db");
  const auto report = merge({folder.sweep("S", twelve())}, db, Versions::one);
  CHECK(report.runs == 12);
  CHECK(report.remarks.empty());
  CHECK(sole_text(db, "SELECT count(*) FROM runs WHERE verb = 'run' AND status = 'ran' AND verdict = 'clean'") == "12");
  CHECK(sole_text(
            db, "SELECT group_concat(mean) FROM (SELECT mean FROM means WHERE metric = 'ipi.sent' ORDER BY setting)") ==
        "22.0,22.0,82.0,82.0");
  CHECK(sole_text(db, "SELECT value FROM observations JOIN runs ON id = run WHERE metric = 'call.munmap.latency.mean' "
                      "AND strategy = 'per-pte' AND seed = 2 ORDER BY value") == "251");
  CHECK(sole_text(db, "SELECT unit FROM observations WHERE metric = 'call.munmap.latency.p50'") == "cycles");
  CHECK(sole_text(db, "SELECT description FROM metrics WHERE name = 'call.munmap.latency'") ==
        "how long, \"all in all\"");
  CHECK(sole_text(db, "SELECT setting FROM settings ORDER BY setting") == "machine.cores=2 strategy=linux-modern");
  CHECK(sole_text(db, "SELECT group_concat(number) FROM points") == "1,2,3,4,5,6,7,8,9,10,11,12");
  CHECK(sole_text(db, "SELECT axes FROM sweeps") == "[\"strategy\",\"machine.cores\",\"sim.seed\"]");
  CHECK(sole_text(db, "SELECT count(*) FROM failures") == "0");
  CHECK(sole_text(db, "PRAGMA integrity_check") == "ok");
  CHECK(sole_text(db, "PRAGMA user_version") == std::to_string(schema_version));
}

TEST_CASE("The goals and assumptions of a check are archived, and stay so from archive to archive") {
  const ResultsFolder folder;
  const std::string proof = folder.write("proof.json", test::proof_json());
  merge({proof}, folder.file("a.db"), Versions::one);
  merge({folder.file("a.db")}, folder.file("b.db"), Versions::one);
  CHECK(folder.read("a.db") == folder.read("b.db"));
  const std::string db = folder.file("b.db");
  CHECK(sole_text(db, "SELECT group_concat(goal || ' ' || reached || ' ' || vacuous) FROM goals") ==
        "copy-meets-store 0 1,refault-meets-pending 7 0");
  CHECK(sole_text(db, "SELECT group_concat(number || ' ' || assumption) FROM assumptions") ==
        "1 memory model: sc,2 hardware agents: none");
  CHECK(sole_text(db, "SELECT value FROM observations WHERE metric = 'goal.refault-meets-pending'") == "7");
  CHECK(sole_text(db, "PRAGMA integrity_check") == "ok");
}

TEST_CASE("A comparison is the runs that it holds") {
  const ResultsFolder folder;
  Comparison comparison;
  comparison.title = comparison.file = "made up";
  comparison.version = "0.1.0";
  const MadeUp one, other{"linux-modern", 1, 2, 7};
  for (const MadeUp& each : {one, other}) {
    ComparisonPoint& point = comparison.points.emplace_back();
    point.strategy = each.strategy;
    point.outcome = PointOutcome::ran;
    point.json = test::json_of(each);
  }
  comparison.points.emplace_back().reason = "it is not for this machine";
  merge({folder.write("all.json", to_json(comparison))}, folder.file("a.db"), Versions::one);
  const std::string first = folder.write("one.json", test::json_of(one));
  merge({first, folder.write("other.json", test::json_of(other))}, folder.file("b.db"), Versions::one);
  CHECK(folder.read("a.db") == folder.read("b.db"));
  comparison.points.erase(comparison.points.begin(), comparison.points.begin() + 2);
  const std::string none = folder.write("none.json", to_json(comparison));
  CHECK_THAT(complaint_of([&] { merge({none}, folder.file("c.db"), Versions::one); }),
             Catch::Contains("none.json: no run of the comparison came to its end"));
  const std::string odd = folder.write("odd.json", "{\"schema\":\"mmulab.comparison/1\",\"points\":[1]}");
  CHECK_THAT(complaint_of([&] { merge({odd}, folder.file("c.db"), Versions::one); }),
             Catch::Contains("odd.json: not as"));
}

TEST_CASE("The order of merging, and how often, changes no byte of an archive") {
  const ResultsFolder folder;
  auto runs = twelve();
  const std::string whole = folder.sweep("S", runs);
  const std::string single =
      folder.write("one.json", test::json_of({"hook-pair", 9, 4, 1, {5}, "0.1.0", RunVerdict::violated}));
  std::reverse(runs.begin(), runs.end());
  const std::string other = folder.sweep("R", {runs[0], runs[5]});
  const auto merged = [&](const std::string& name, const std::vector<std::vector<std::string>>& turns) {
    for (const auto& paths : turns) merge(paths, folder.file(name), Versions::one);
    return folder.read(name);
  };
  const std::string at_once = merged("a.db", {{whole, single, other}});
  CHECK(at_once.size() > 10'000);
  CHECK(merged("a.db", {{whole}, {whole, single}}) == at_once);
  CHECK(merged("b.db", {{single}, {other}, {whole}}) == at_once);
  CHECK(merged("c.db", {{whole}, {other}}) != at_once);
  CHECK(merged("d.db", {{folder.file("c.db"), single}}) == at_once);
  CHECK(merged("e.db", {{folder.file("d.db")}, {folder.file("b.db"), folder.file("c.db")}}) == at_once);
}

TEST_CASE("An archive of thousands of pages has the same bytes whichever way it grew") {
  const ResultsFolder folder;
  std::vector<MadeUp> runs;
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) runs.push_back({"per-pte", seed, 2, seed, {seed, 100 + seed % 7}});
  const std::string whole = folder.sweep("S", runs);
  std::string half = folder.file("half.db");
  merge({whole}, folder.file("a.db"), Versions::one);
  for (const auto& entry : std::filesystem::directory_iterator(folder.file("S/points")))
    if (entry.path().filename().string() < "80")
      std::filesystem::rename(entry.path(), folder.file("kept-" + entry.path().filename().string()));
  merge({whole}, half, Versions::one);
  for (const auto& entry : std::filesystem::directory_iterator(folder.file("")))
    if (entry.path().filename().string().rfind("kept-", 0) == 0)
      std::filesystem::rename(entry.path(), folder.file("S/points/" + entry.path().filename().string().substr(5)));
  merge({whole}, half, Versions::one);
  merge({half}, folder.file("copy.db"), Versions::one);
  const std::string direct = folder.read("a.db");
  CHECK(direct.size() > 200 * 4096);
  CHECK(folder.read("half.db") == direct);
  CHECK(folder.read("copy.db") == direct);
}

TEST_CASE("What is missing is said, and is there once it is merged") {
  const ResultsFolder folder;
  folder.sweep("S", twelve());
  const std::string gone = point_name(folder, "S");
  const std::string text = folder.read(gone);
  std::filesystem::remove(folder.file(gone));
  const auto report = merge({folder.file("S")}, folder.file("a.db"), Versions::one);
  CHECK(report.runs == 11);
  REQUIRE(report.remarks.size() == 1);
  CHECK_THAT(report.remarks.front(), Catch::Contains("11 of 12 points"));
  folder.write(gone, text);
  CHECK(merge({folder.file("S")}, folder.file("a.db"), Versions::one).remarks.empty());
  merge({folder.file("S")}, folder.file("b.db"), Versions::one);
  CHECK(folder.read("a.db") == folder.read("b.db"));
}

TEST_CASE("Points that are damaged are named, all of them, and the archive stays as it was") {
  const ResultsFolder folder;
  const std::string db = folder.file("a.db");
  merge({folder.sweep("S", {MadeUp{}})}, db, Versions::one);
  const std::string before = folder.read("a.db");
  folder.sweep("T", twelve());
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.file("T/points")))
    if (entry.is_regular_file()) names.push_back(entry.path().string());
  const std::string first = std::filesystem::relative(names[0], folder.file("")).string();
  const std::string second = std::filesystem::relative(names[1], folder.file("")).string();
  const std::string whole = folder.read(first);
  std::string changed = folder.read(second);
  changed[changed.size() / 2] ^= 1;
  folder.write(second, changed);
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, whole.size() / 2, whole.size() - 1}) {
    folder.write(first, whole.substr(0, size));
    const std::string complaint = complaint_of([&] { merge({folder.file("T")}, db, Versions::one); });
    CHECK_THAT(complaint, Catch::Contains(names[0]));
    CHECK_THAT(complaint, Catch::Contains(names[1]));
    CHECK(folder.read("a.db") == before);
  }
  std::size_t left = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.file("")))
    left += entry.is_regular_file() ? 1U : 0U;
  CHECK(left == 1);
}

TEST_CASE("A point under another's name, and two results of one point, are refused") {
  const ResultsFolder folder;
  folder.sweep("S", {MadeUp{}});
  const std::string name = point_name(folder, "S");
  const std::string moved = "S/points/00/00112233445566778899aabbccddeeff.json";
  folder.write(moved, folder.read(name));
  CHECK_THAT(complaint_of([&] { merge({folder.file("S")}, folder.file("a.db"), Versions::one); }),
             Catch::Contains("it is the point ") && Catch::Contains(moved));
  std::filesystem::remove(folder.file(moved));
  MadeUp other;
  other.ipis = 6;
  folder.sweep("T", {other});
  CHECK_THAT(complaint_of([&] { merge({folder.file("S"), folder.file("T")}, folder.file("a.db"), Versions::one); }),
             Catch::Contains("different results of one point"));
  merge({folder.file("S")}, folder.file("a.db"), Versions::one);
  CHECK_THAT(complaint_of([&] { merge({folder.file("T")}, folder.file("a.db"), Versions::one); }),
             Catch::Contains("different results of one point"));
}

TEST_CASE("Two versions come together only when they are asked to") {
  const ResultsFolder folder;
  MadeUp newer;
  newer.version = "0.2.0";
  folder.sweep("S", {MadeUp{}});
  folder.sweep("T", {newer});
  const auto both = [&](Versions versions) {
    return complaint_of([&] { merge({folder.file("S"), folder.file("T")}, folder.file("a.db"), versions); });
  };
  CHECK_THAT(both(Versions::one), Catch::Contains("0.1.0") && Catch::Contains("0.2.0"));
  CHECK_FALSE(std::filesystem::exists(folder.file("a.db")));
  CHECK(both(Versions::several) == "none");
  CHECK(sole_text(folder.file("a.db"), "SELECT count(DISTINCT version) FROM metrics") == "2");
  merge({folder.file("S")}, folder.file("b.db"), Versions::one);
  CHECK_THAT(complaint_of([&] { merge({folder.file("T")}, folder.file("b.db"), Versions::one); }),
             Catch::Contains("0.2.0"));
}

TEST_CASE("What is no result is refused by name") {
  const ResultsFolder folder;
  const std::string db = folder.file("a.db");
  const auto refusal = [&](const std::string& path) {
    return complaint_of([&] { merge({path}, db, Versions::one); });
  };
  CHECK_THAT(refusal(folder.file("nothing")), Catch::Contains("there is no such file or folder"));
  CHECK_THAT(refusal(folder.write("x.json", "{")), Catch::Contains("x.json: byte 2: it is no JSON"));
  CHECK_THAT(refusal(folder.write("y.json", "{}")),
             Catch::Contains("y.json") && Catch::Contains("its schema is missing"));
  CHECK_THAT(refusal(folder.write("z.json", "{\"schema\":\"mmulab.run/1\"}")), Catch::Contains("z.json"));
  const std::string brackets(1'000'000, '[');
  CHECK_THAT(refusal(folder.write("deep.json", brackets)), Catch::Contains("deep.json: it nests too deeply"));
  std::string result = test::json_of({});
  result.insert(1, "\"deep\":" + brackets + std::string(brackets.size(), ']') + ",");
  CHECK_THAT(refusal(folder.write("rich.json", result)), Catch::Contains("rich.json: it nests too deeply"));
  std::filesystem::create_directory(folder.file("empty"));
  CHECK_THAT(refusal(folder.file("empty")), Catch::Contains("neither the folder of a sweep nor one with results"));
  const std::string good = folder.write("good.json", test::json_of({}));
  folder.write("a.db", "text");
  CHECK_THAT(refusal(good), Catch::Contains("it is there and no archive"));
  CHECK(folder.read("a.db") == "text");
}

TEST_CASE("Whatever is done to a result's text, it is read or refused") {
  const std::string whole = without_host(test::json_of({}), "whole");
  std::mt19937_64 random(1);
  unsigned read = 0, refused = 0;
  for (int n = 0; n < 20'000; ++n) {
    std::string text = whole;
    for (std::uint64_t changes = 1 + random() % 3; changes > 0; --changes) {
      const std::size_t at = random() % text.size();
      switch (random() % 4) {
        case 0: text[at] = static_cast<char>(random()); break;
        case 1: text.erase(at, 1 + random() % 40); break;
        case 2: text.insert(at, text.substr(random() % text.size(), 1 + random() % 40)); break;
        default: text[at] = "{}[]\",:0-"[random() % 9]; break;
      }
    }
    const std::string complaint = complaint_of([&] { static_cast<void>(rows_of(text, "x.json")); });
    ++(complaint == "none" ? read : refused);
    if (complaint != "none") CHECK_THAT(complaint, Catch::Contains("x.json"));
  }
  CHECK(read > 100);
  CHECK(refused > 10'000);
}

TEST_CASE("A statistic that lacks something, has it twice or of another kind is refused by its name") {
  const std::string whole = without_host(test::json_of({}), "whole");
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = whole;
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    text.replace(at, from.size(), to);
    return complaint_of([&] { static_cast<void>(rows_of(text, "x.json")); });
  };
  CHECK(changed("\"seed\":1", "\"seed\":2") == "none");
  CHECK_THAT(changed("\"p99\":300", "\"p98\":300"), Catch::Contains("the statistic `call.munmap.latency`"));
  CHECK_THAT(changed("\"value\":5", "\"value\":-5"), Catch::Contains("the statistic `ipi.sent`"));
  CHECK_THAT(changed("\"value\":5", "\"value\":\"5\""), Catch::Contains("the statistic `ipi.sent`"));
  CHECK_THAT(changed("\"value\":5", "\"value\":[5]"), Catch::Contains("the statistic `ipi.sent`"));
  CHECK_THAT(changed("\"kind\":\"counter\"", "\"kind\":\"conuter\""), Catch::Contains("the statistic `ipi.sent`"));
  CHECK_THAT(changed("\"call.munmap.latency\"", "\"ipi.sent\""), Catch::Contains("it has a statistic twice"));
  CHECK_THAT(changed("\"verdict\"", "\"vredict\""), Catch::Contains("verdict"));
}

TEST_CASE("Archives that are cut short, or another program's, are refused by name") {
  const ResultsFolder folder;
  merge({folder.sweep("S", twelve())}, folder.file("a.db"), Versions::one);
  const std::string whole = folder.read("a.db");
  for (const std::size_t size : {std::size_t{100}, std::size_t{4096}, whole.size() / 2}) {
    const std::string cut = folder.write("cut.db", whole.substr(0, size));
    CHECK_THAT(complaint_of([&] { merge({cut}, folder.file("b.db"), Versions::one); }), Catch::Contains("cut.db"));
    CHECK_FALSE(std::filesystem::exists(folder.file("b.db")));
  }
  {
    Database foreign(folder.file("foreign.db"), Database::Mode::make);
    foreign.execute("CREATE TABLE t(x)");
  }
  {
    Database claimed(folder.file("claimed.db"), Database::Mode::make);
    claimed.execute("PRAGMA application_id = " + std::to_string(application_id) + "; PRAGMA user_version = " +
                    std::to_string(schema_version));
    claimed.execute("CREATE TABLE runs(hash, version); INSERT INTO runs VALUES('a', 'b')");
  }
  CHECK_THAT(complaint_of([&] { merge({folder.file("claimed.db")}, folder.file("b.db"), Versions::one); }),
             Catch::Contains("claimed.db: no such table"));
  CHECK_THAT(complaint_of([&] { merge({folder.file("foreign.db")}, folder.file("b.db"), Versions::one); }),
             Catch::Contains("foreign.db: a database, but no archive of mmulab"));
}

TEST_CASE("Whatever is done to an archive's bytes, it is read or refused") {
  const ResultsFolder folder;
  merge({folder.sweep("S", twelve())}, folder.file("a.db"), Versions::one);
  const std::string whole = folder.read("a.db");
  std::mt19937_64 random(2);
  unsigned refused = 0;
  for (int n = 0; n < 300; ++n) {
    std::string changed = whole;
    for (int change = 0; change < 4; ++change)
      changed[100 + random() % (whole.size() - 100)] = static_cast<char>(random());
    const std::string file = folder.write("changed.db", changed);
    const std::string complaint = complaint_of([&] {
      Writer writer(":memory:");
      gather({file}, writer, Versions::several);
    });
    if (complaint == "none") continue;
    ++refused;
    CHECK_THAT(complaint, Catch::Contains("changed.db"));
  }
  CHECK(refused > 10);
}

TEST_CASE("A result that did not run is a row with its reason") {
  const ResultsFolder folder;
  folder.sweep("S", {MadeUp{}});
  auto point = test::point_of({"hook-pair", 1, 2, 0, {}, "0.1.0", RunVerdict::clean}, 2, config::hash_text("sweep S"));
  point.status = sweep::PointStatus::failed;
  point.exit_code = 4;
  point.reason = "killed by signal 11";
  point.complaint = "some text";
  point.result.clear();
  folder.write("S/" + sweep::point_file(point.hash), to_text(point));
  const std::string db = folder.file("a.db");
  merge({folder.file("S")}, db, Versions::one);
  CHECK(sole_text(db, "SELECT reason FROM failures") == "killed by signal 11");
  CHECK(sole_text(db, "SELECT status || exit_code || stderr FROM runs WHERE verdict IS NULL") == "failed4some text");
}

TEST_CASE("A point that failed gives way to its result, in whatever order they are merged") {
  const ResultsFolder folder;
  folder.sweep("S", twelve());
  const std::string name = point_name(folder, "S");
  const std::string good = folder.read(name);
  auto point = sweep::read_point(good, name);
  point.status = sweep::PointStatus::failed;
  point.exit_code = 4;
  point.reason = "ran out of its time";
  point.result.clear();
  const auto fails = [&](const std::string& complaint, const std::string& db) {
    point.complaint = complaint;
    folder.write(name, to_text(point));
    merge({folder.file("S")}, folder.file(db), Versions::one);
  };
  fails("one", "one.db");
  fails("two", "two.db");
  merge({folder.file("one.db")}, folder.file("both.db"), Versions::one);
  merge({folder.file("two.db")}, folder.file("both.db"), Versions::one);
  merge({folder.file("two.db"), folder.file("one.db")}, folder.file("back.db"), Versions::one);
  CHECK(folder.read("both.db") == folder.read("back.db"));
  CHECK(sole_text(folder.file("both.db"), "SELECT count(*) FROM failures") == "1");
  folder.write(name, good);
  merge({folder.file("S")}, folder.file("good.db"), Versions::one);
  merge({folder.file("S")}, folder.file("both.db"), Versions::one);
  merge({folder.file("two.db"), folder.file("S")}, folder.file("back.db"), Versions::one);
  CHECK(folder.read("both.db") == folder.read("good.db"));
  CHECK(folder.read("back.db") == folder.read("good.db"));
  fails("three", "good.db");
  CHECK(folder.read("both.db") == folder.read("good.db"));
}

TEST_CASE("docs/archive.md shows the schema as it is") {
  std::ifstream page(MMULAB_SOURCE_DIR "/docs/archive.md");
  std::ostringstream text;
  text << page.rdbuf();
  CHECK_THAT(text.str(), Catch::Contains("```sql\n" + schema_text() + "```\n"));
}

}  // namespace
}  // namespace mmulab::archive
