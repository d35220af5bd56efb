// SPDX-License-Identifier: MIT
// The file format: what is written is read, whatever is damaged is named by its byte.
#include <algorithm>

#include "tests/support/catch.h"
#include "tests/workloads/trace/shelf.h"
#include "workloads/random.h"
#include "workloads/trace/copy.h"

using namespace mmulab;
using namespace mmulab::trace;
using namespace mmulab::trace::test;

namespace {

std::uint64_t digest(const TraceCall& call) {
  return call.first + 3 * call.length + 5 * call.to + 7 * call.to_length + 11 * static_cast<std::uint64_t>(call.kind);
}

/// Accesses of several tasks in turns, with calls among them; returns what was told.
std::vector<Read> write_sample(const std::string& name, std::uint64_t accesses, std::uint32_t tasks) {
  Writer writer(name, 1);
  std::vector<Read> told;
  for (std::uint32_t t = 0; t < tasks; ++t) writer.add_task(100 + t, 100);
  for (std::uint64_t n = 0; n < accesses;) {
    const TaskNo task{static_cast<std::uint32_t>(workload::draw(7, n) % tasks)};
    Read read;
    read.task = task;
    TaskBuffer* buffer = &writer.turn_to(task);
    for (std::uint64_t left = 1 + workload::draw(8, n) % 3000; left != 0 && n < accesses; --left, ++n) {
      const std::uint64_t far = workload::draw(9, n);
      const std::uint64_t address = (n % 100 == 0 ? far % address_end : 0x7f0000000000 + far % 65536);
      const std::uint64_t word = address | (far >> 60 == 1 ? store_bit : far >> 60 == 2 ? fetch_bit : 0);
      writer.make_room(*buffer);
      buffer->access_word(word);
      read.words.push_back(word);
    }
    if (workload::draw(10, n) % 3 == 0) {
      read.call.kind = CallKind::mremap;
      read.call.first = workload::draw(11, n) % (address_end / 2) / 4096 * 4096;
      read.call.length = 4096 * (n % 50);
      read.call.to = workload::draw(12, n) % (address_end / 2);
      read.call.to_length = n;
      writer.call(read.call);
    }
    told.push_back(std::move(read));
  }
  writer.finish(5);
  return told;
}

}  // namespace

TEST_CASE("What is written to a trace is read from it: accesses, calls and their order in each task") {
  const Folder folder;
  const std::string name = folder.file("a.mmt");
  const auto told = write_sample(name, 400'000, 5);
  const auto all = read_all(name);
  for (std::uint32_t t = 0; t < 5; ++t) {
    std::vector<std::uint64_t> words, read;
    std::vector<std::uint64_t> calls, read_calls;
    std::uint64_t epoch = 0;
    for (const Read& one : told) {
      if (raw(one.task) != t) continue;
      words.insert(words.end(), one.words.begin(), one.words.end());
      if (one.call.kind != CallKind::none) calls.push_back(digest(one.call) + words.size());
    }
    for (const Read& one : all) {
      if (raw(one.task) != t) continue;
      CHECK(one.epoch >= epoch);
      epoch = one.epoch;
      read.insert(read.end(), one.words.begin(), one.words.end());
      if (one.call.kind != CallKind::none) read_calls.push_back(digest(one.call) + read.size());
    }
    CHECK(words == read);
    CHECK(calls == read_calls);
  }
}

TEST_CASE("Epochs put the segments of all tasks back into the order in which they were told") {
  const Folder folder;
  const auto told = write_sample(folder.file("a.mmt"), 30'000, 3);
  auto all = read_all(folder.file("a.mmt"));
  std::stable_sort(all.begin(), all.end(), [](const Read& a, const Read& b) { return a.epoch < b.epoch; });
  std::vector<std::uint64_t> first, second;
  for (const Read& one : told) first.insert(first.end(), one.words.begin(), one.words.end());
  for (const Read& one : all) second.insert(second.end(), one.words.begin(), one.words.end());
  CHECK(first == second);
}

TEST_CASE("A stretch that fills several blocks keeps its epoch, so that in a copy, too, no task's epochs fall") {
  const Folder folder;
  {
    Writer writer(folder.file("a.mmt"), 1);
    const TaskNo task = writer.add_task(1, 1);
    for (const std::uint64_t accesses : {100U, 200'000U, 50'000U, 300U}) {
      TaskBuffer* buffer = &writer.turn_to(task);
      for (std::uint64_t n = 0; n < accesses; ++n) {
        writer.make_room(*buffer);
        buffer->access(0, 0x1000 + n * 8);
      }
      TraceCall call;
      call.kind = CallKind::munmap;
      call.first = call.length = 0x1000;
      writer.call(call);
    }
    writer.finish(1);
  }
  TraceFile whole(folder.file("a.mmt"));
  Writer writer(folder.file("b.mmt"), 1);
  CopyOptions options;
  options.from = 1'000;
  copy(whole, options, writer);
  for (const char* name : {"a.mmt", "b.mmt"}) {
    const auto all = read_all(folder.file(name));
    CHECK(all.size() > 4);
    for (std::size_t i = 1; i < all.size(); ++i)
      CHECK(all[i].epoch - all[i - 1].epoch == (all[i - 1].call.kind == CallKind::munmap ? 1 : 0));
  }
}

TEST_CASE("A trace that is cut short anywhere is refused with the byte") {
  const Folder folder;
  write_sample(folder.file("a.mmt"), 20'000, 2);
  const std::string whole = folder.bytes("a.mmt");
  for (std::size_t length = 0; length < whole.size(); length += 1 + length / 7) {
    const std::string cut = folder.with("cut.mmt", whole.substr(0, length));
    const std::string said = message([&] { read_all(cut); });
    INFO(length);
    CHECK((said.find("is no trace") != std::string::npos || said.find(", byte ") != std::string::npos));
  }
}

TEST_CASE("Any byte of a trace that is changed is noticed") {
  const Folder folder;
  write_sample(folder.file("a.mmt"), 3'000, 2);
  const std::string whole = folder.bytes("a.mmt");
  for (std::size_t at = 0; at < whole.size(); at += at < 200 || whole.size() - at < 100 ? 1U : 53U) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x10);
    INFO(at);
    CHECK_FALSE(message([&] { read_all(folder.with("b.mmt", changed)); }).empty());
  }
}

TEST_CASE("Blocks that are exchanged or left out are noticed, though each of them is whole") {
  const Folder folder;
  write_sample(folder.file("a.mmt"), 3'000, 2);
  const std::string whole = folder.bytes("a.mmt");
  const std::size_t first = whole.find("BLK1"), second = whole.find("BLK1", first + 1), end = whole.rfind("END1");
  REQUIRE(second < end);
  const std::string one = whole.substr(first, second - first), rest = whole.substr(second, end - second);
  const std::string head = whole.substr(0, first), tail = whole.substr(end);
  CHECK(message([&] { read_all(folder.with("b.mmt", head + one + rest + tail)); }).empty());
  for (const std::string& blocks : {rest + one, rest})
    CHECK(message([&] { read_all(folder.with("b.mmt", head + blocks + tail)); }).find("end mark") != std::string::npos);
}

TEST_CASE("A writer that is given up leaves nothing behind") {
  const Folder folder;
  { Writer writer(folder.file("a.mmt"), 1); }
  CHECK(folder.empty());
  CHECK(message([] { Writer writer("/nowhere/at/all.mmt", 1); }).find("cannot write") == 0);
}

TEST_CASE("A copy holds the same, cut copies keep all calls, and fetches can be left out") {
  const Folder folder;
  write_sample(folder.file("a.mmt"), 200'000, 4);
  const auto copied = [&](const std::string& name, const CopyOptions& options) {
    TraceFile from(folder.file("a.mmt"));
    Writer to(folder.file(name), 5);
    copy(from, options, to);
    return folder.file(name);
  };
  const std::string same = copied("b.mmt", {});
  CopyOptions options;
  options.from = 100;
  options.accesses = 1000;
  const std::string cut = copied("c.mmt", options);
  CopyOptions data;
  data.fetches = false;
  const std::string without = copied("d.mmt", data);
  for (std::uint32_t t = 0; t < 4; ++t) {
    const auto all = accesses_of(folder.file("a.mmt"), t);
    CHECK(accesses_of(same, t) == all);
    CHECK(accesses_of(cut, t) == std::vector<std::uint64_t>(all.begin() + 100, all.begin() + 1100));
    for (const std::string& copy : {same, cut, without})
      CHECK(calls_of(copy, t) == calls_of(folder.file("a.mmt"), t));
    const auto rest = accesses_of(without, t);
    CHECK(rest.size() == static_cast<std::size_t>(std::count_if(
                             all.begin(), all.end(), [](std::uint64_t word) { return (word & fetch_bit) == 0; })));
  }
}
