// SPDX-License-Identifier: MIT
#include "sim/sweep/store.h"

#include <filesystem>

#include "sim/config/diagnostic.h"
#include "tests/support/catch.h"
#include "tests/support/folder.h"

namespace mmulab::sweep {
namespace {

using test::Folder;

using State = Found::State;

SweepRecord sweep(const std::string& plan = "one\ntwo\n") {
  SweepRecord r;
  r.hash = plan;
  r.plan = plan;
  r.verb = "run";
  r.version = "1";
  r.axes = {"strategy"};
  r.points = 2;
  return r;
}

PointRecord point(char digit) {
  PointRecord r;
  r.hash = std::string(32, digit);
  r.result = "{}";
  return r;
}

void put(Store& store, const PointRecord& record) { store.put(record.hash, to_text(record)); }

TEST_CASE("A point that was put is found by the next sweep that resumes, whole or not at all") {
  const Folder folder;
  const std::string place = folder.file("out");
  {
    Store store(place, sweep(), Begin::anew, {});
    put(store, point('a'));
    PointRecord failed = point('b');
    failed.status = PointStatus::failed;
    put(store, failed);
    store.log({failed.hash, failed.number, failed.status, failed.exit_code}, 0.5);
  }
  CHECK_THROWS_WITH(Store(place, sweep(), Begin::anew, {}), Catch::Contains("holds a sweep already"));
  const Store store(place, sweep(), Begin::resume, {});
  CHECK(store.changes().empty());
  CHECK(store.find(std::string(32, 'a')).state == State::kept);
  CHECK(store.find(std::string(32, 'b')).state == State::failed);
  CHECK(store.find(std::string(32, 'c')).state == State::missing);
  const std::string file = place + "/" + point_file(std::string(32, 'a'));
  std::filesystem::resize_file(file, 20);
  const Found cut = store.find(std::string(32, 'a'));
  CHECK(cut.state == State::damaged);
  CHECK_THAT(cut.record.reason, Catch::Contains("byte 20: it is cut short"));
  std::filesystem::create_directories(place + "/points/cc");
  std::filesystem::copy_file(place + "/" + point_file(std::string(32, 'b')),
                             place + "/" + point_file(std::string(32, 'c')));
  CHECK(store.find(std::string(32, 'c')).state == State::damaged);
  CHECK(logged_seconds(place) == std::vector<double>{0.5});
}

TEST_CASE("A changed plan is told apart, and what was there stays") {
  const Folder folder;
  const std::string place = folder.file("out");
  {
    Store store(place, sweep(), Begin::anew, {});
    put(store, point('a'));
  }
  SweepRecord other = sweep("one\n2\n");
  other.points = 3;
  CHECK_THROWS_WITH(Store(place, other, Begin::anew, {}), Catch::Contains("of another plan"));
  const Store store(place, other, Begin::resume, {});
  CHECK(store.changes() ==
        std::vector<std::string>{"points: 2 before, 3 now", "the plan's line 2: `two` before, `2` now"});
  CHECK(store.find(std::string(32, 'a')).state == State::kept);
}

/// As `point`, of a plan and with a content.
PointRecord point_of(char digit, char content, char plan) {
  PointRecord r = point(digit);
  r.content = std::string(32, content);
  r.plan = std::string(32, plan);
  return r;
}

SweepRecord sweep_of(char plan) {
  SweepRecord r = sweep(std::string(1, plan));
  r.hash = std::string(32, plan);
  return r;
}

TEST_CASE("Once the plan has changed, a result is found by its content under whatever name it has") {
  const Folder folder;
  const std::string place = folder.file("out");
  const std::string content(32, '1');
  {
    Store store(place, sweep_of('d'), Begin::anew, {});
    put(store, point_of('a', '1', 'd'));
    put(store, point_of('b', '2', 'd'));
    PointRecord failed = point_of('c', '3', 'd');
    failed.status = PointStatus::failed;
    put(store, failed);
  }
  CHECK_FALSE(had_another_plan(place));
  CHECK_FALSE(Store(place, sweep_of('d'), Begin::resume, {}).find_content(content));
  {
    Store store(place, sweep_of('e'), Begin::resume, {});
    CHECK(had_another_plan(place));
    REQUIRE(store.find_content(content));
    CHECK(store.find_content(content)->hash == std::string(32, 'a'));
    CHECK_FALSE(store.find_content(std::string(32, '3')));
    CHECK_FALSE(store.find_content(std::string(32, '4')));
    put(store, point_of('f', '1', 'e'));
  }
  const PointIndex index(place, std::string(32, 'e'));
  CHECK(index.with_content(content) == std::vector<std::string>{std::string(32, 'a'), std::string(32, 'f')});
  CHECK(index.is_superseded(std::string(32, 'a')));
  CHECK_FALSE(index.is_superseded(std::string(32, 'f')));
  CHECK_FALSE(index.is_superseded(std::string(32, 'b')));
  // What is damaged behind its head is no result.
  for (const char digit : {'a', 'f'})
    std::filesystem::resize_file(place + "/" + point_file(std::string(32, digit)), 250);
  const Store shard(place, sweep_of('e'), Begin::resume, {2, 3});
  CHECK_FALSE(shard.find_content(content));
}

TEST_CASE("Two sweeps do not work in one folder at once, and two shards do") {
  const Folder folder;
  const std::string place = folder.file("out");
  {
    const Store store(place, sweep(), Begin::anew, {});
    CHECK_THROWS_WITH(Store(place, sweep(), Begin::resume, {}), Catch::Contains("another sweep runs in"));
    CHECK_THROWS_WITH(Store(place, sweep(), Begin::anew, (Shard{1, 2})), Catch::Contains("another sweep runs in"));
  }
  const std::string shared = folder.file("shared");
  const Store one(shared, sweep(), Begin::anew, {1, 2});
  const Store two(shared, sweep(), Begin::anew, {2, 2});
  CHECK_THROWS_WITH(Store(shared, sweep(), Begin::resume, (Shard{2, 2})), Catch::Contains("runs shard 2/2"));
  CHECK_THROWS_WITH(Store(shared, sweep("else"), Begin::anew, (Shard{1, 3})), Catch::Contains("of another plan"));
}

TEST_CASE("A shard that has begun before asks for resume") {
  const Folder folder;
  const std::string place = folder.file("out");
  { const Store store(place, sweep(), Begin::anew, {1, 2}); }
  CHECK_THROWS_WITH(Store(place, sweep(), Begin::anew, (Shard{1, 2})), Catch::Contains("holds a sweep already"));
  CHECK_NOTHROW(Store(place, sweep(), Begin::resume, (Shard{1, 2})));
}

TEST_CASE("What a killed sweep leaves under temporary names goes away with the next one") {
  const Folder folder;
  folder.write("out/lock", "");
  folder.write("out/tmp/whole.abcdef", "half");
  const Store store(folder.file("out"), sweep(), Begin::resume, {});
  CHECK(std::filesystem::is_empty(folder.file("out/tmp")));
}

TEST_CASE("A folder that holds something else, is a file, or cannot be written is refused") {
  const Folder folder;
  folder.write("other/thesis.tex", "");
  folder.write("file", "");
  CHECK_THROWS_WITH(Store(folder.file("other"), sweep(), Begin::resume, {}), Catch::Contains("holds no sweep"));
  CHECK_THROWS_WITH(Store(folder.file("file"), sweep(), Begin::anew, {}), Catch::Contains("is no folder"));
  CHECK_THROWS_WITH(Store(folder.file("file/below"), sweep(), Begin::anew, {}), Catch::Contains("cannot write"));
  CHECK_THROWS_WITH(Store("/proc/sweep", sweep(), Begin::anew, {}), Catch::Contains("cannot write"));
  std::filesystem::create_directories(folder.file("empty"));
  CHECK_NOTHROW(Store(folder.file("empty"), sweep(), Begin::anew, {}));
}

TEST_CASE("A sweep's own record that is damaged is written again when it resumes") {
  const Folder folder;
  const std::string place = folder.file("out");
  {
    Store store(place, sweep(), Begin::anew, {});
    put(store, point('a'));
  }
  std::filesystem::resize_file(place + "/sweep.json", 30);
  CHECK_THROWS_WITH(Store(place, sweep(), Begin::anew, {}), Catch::Contains("sweep.json: byte 30: it is cut short"));
  { CHECK(Store(place, sweep(), Begin::resume, {}).changes().size() == 1); }
  CHECK(Store(place, sweep(), Begin::resume, {}).changes().empty());
}

}  // namespace
}  // namespace mmulab::sweep
