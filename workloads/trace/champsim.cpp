// SPDX-License-Identifier: MIT
// ChampSim's input_instr (inc/trace_instruction.h): ip, is_branch, branch_taken, 2 destination and 4 source registers,
// 2 addresses stored to, 4 loaded from; 64 bytes, little-endian, no header, a 0 for no address.
#include <array>

#include <fmt/format.h>

#include "workloads/trace/byte_source.h"
#include "workloads/trace/import.h"
#include "workloads/trace/recorder.h"

namespace mmulab::trace {
namespace {

constexpr std::size_t record_bytes = 64, records = 4096;
constexpr std::size_t loads_at = 32, loads = 4, stores_at = 16, stores = 2;

std::size_t fill(ByteSource& source, std::vector<char>& buffer) {
  std::size_t got = 0;
  while (got < buffer.size()) {
    const std::size_t more = source.read(buffer.data() + got, buffer.size() - got);
    if (more == 0) break;
    got += more;
  }
  return got;
}

std::uint64_t word(const char* at) {
  std::uint64_t value = 0;
  FieldReader(reinterpret_cast<const std::uint8_t*>(at)).get(value);
  return value;
}

void record(Recorder& recorder, const char* at, bool fetches) {
  if (fetches) recorder.access(2, word(at));
  for (std::size_t i = 0; i < loads; ++i)
    if (const std::uint64_t va = word(at + loads_at + 8 * i); va != 0) recorder.access(0, va);
  for (std::size_t i = 0; i < stores; ++i)
    if (const std::uint64_t va = word(at + stores_at + 8 * i); va != 0) recorder.access(1, va);
}

}  // namespace

ImportNotes import_champsim(const std::vector<std::string>& files, const ImportOptions& options, Writer& writer) {
  Place place;
  place.unit = "byte";
  Recorder recorder(writer, place);
  std::vector<char> buffer(record_bytes * records);
  for (std::uint32_t n = 0; n < files.size(); ++n) {
    place.file = &files[n];
    place.at = 0;
    const auto source = ByteSource::open(files[n]);
    recorder.act(recorder.begin(n + 1, n + 1));
    for (std::size_t got = buffer.size(); got == buffer.size();) {
      got = fill(*source, buffer);
      for (std::size_t at = 0; at + record_bytes <= got; at += record_bytes, place.at += record_bytes)
        record(recorder, buffer.data() + at, options.fetches);
      if (got % record_bytes != 0)
        place.fail(fmt::format("the last record has {} of 64 bytes", got % record_bytes), "the file is cut short");
    }
    if (place.at == 0) place.fail("there is no record");
  }
  recorder.finish();
  return {};
}

}  // namespace mmulab::trace
