// SPDX-License-Identifier: MIT
#include "sim/state/renaming.h"

#include "sim/units/assert.h"

namespace mmulab {
namespace {

template <class T>
std::vector<T> inverse(const std::vector<T>& names) {
  std::vector<T> back(names.size());
  for (std::uint32_t n = 0; n < names.size(); ++n) {
    MMULAB_ASSERT(names[n].raw() < names.size() && !back[names[n].raw()].exists(), "a name is given once");
    back[names[n].raw()] = T{n};
  }
  return back;
}

}  // namespace

Renaming::Renaming(const World& world, std::vector<CpuId> cpus, std::vector<TaskId> tasks)
    : cpus_(std::move(cpus)), tasks_(std::move(tasks)), cpus_back_(inverse(cpus_)), tasks_back_(inverse(tasks_)) {
  MMULAB_ASSERT(cpus_.size() <= cpus_max, "a mask of cpus is one word");
  for (const World::RegionInfo& info : world.regions()) list_words(info);
  number_.assign(world.size_words(), 0);
  for (std::uint32_t n = 0; n < words_.size(); ++n) number_[words_[n].from.raw()] = n + 1;
}

void Renaming::list_words(const World::RegionInfo& info) {
  if (info.holdings.empty() && info.namings.empty()) return;
  for (std::uint32_t record = 0; record < info.region.count(); ++record) {
    const std::uint32_t to = renamed_record(info, record);
    for (std::uint32_t field = 0; field < info.region.stride(); ++field) {
      Names names = Names::nobody;
      for (const World::Naming& n : info.namings)
        if (n.field == field) names = n.names;
      if (to != record || names != Names::nobody)
        words_.push_back({info.region.at(record, field), info.region.at(to, field), names});
    }
  }
}

std::uint32_t Renaming::renamed_record(const World::RegionInfo& info, std::uint32_t record) const {
  for (const World::Holding& h : info.holdings) {
    if (record < h.first_record) continue;
    const std::uint32_t owner = (record - h.first_record) / h.records_each;
    if (owner >= h.owners) continue;
    const std::uint32_t to = h.owner == Owner::cpu ? (*this)(CpuId{owner}).raw() : (*this)(TaskId{owner}).raw();
    return record + to * h.records_each - owner * h.records_each;
  }
  return record;
}

Location Renaming::operator()(Location at) const {
  const std::uint32_t number = at.raw() < number_.size() ? number_[at.raw()] : 0;
  return number != 0 ? words_[number - 1].to : at;
}

std::uint64_t Renaming::value(Names names, std::uint64_t word) const {
  switch (names) {
    case Names::nobody: break;
    case Names::cpu: return WordCodec<CpuId>::encode((*this)(WordCodec<CpuId>::decode(word)));
    case Names::task: return WordCodec<TaskId>::encode((*this)(WordCodec<TaskId>::decode(word)));
    case Names::cpu_bits: {
      std::uint64_t bits = 0;
      for (std::uint32_t c = 0; c < cpus_max; ++c)
        if ((word >> c & 1) != 0) bits |= std::uint64_t{1} << (*this)(CpuId{c}).raw();
      return bits;
    }
  }
  return word;
}

Fingerprint Renaming::fingerprint(const World& world) const {
  Fingerprint sum = world.fingerprint();
  for (const Location at : world.named_words()) sum.combine(difference(at, world.load_visible(at)));
  return sum;
}

Fingerprint Renaming::difference(Location at, std::uint64_t word) const {
  const std::uint32_t number = number_[at.raw()];
  if (number == 0) return {};
  const Word& w = words_[number - 1];
  const std::uint64_t named = value(w.names, word);
  if (w.to == w.from && named == word) return {};
  Fingerprint difference = World::contribution(w.from, word);
  difference.combine(World::contribution(w.to, named));
  return difference;
}

}  // namespace mmulab
