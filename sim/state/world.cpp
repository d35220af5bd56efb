// SPDX-License-Identifier: MIT
#include "sim/state/world.h"

#include <algorithm>

#include <fmt/format.h>

#include "sim/units/assert.h"
#include "sim/units/mix.h"

namespace mmulab {
namespace {

constexpr std::uint32_t alignment_words = 16;
constexpr std::uint32_t unfollowed = ~std::uint32_t{0};

}  // namespace

StateRoomFull::StateRoomFull(const std::string& what, std::uint64_t words, std::uint64_t words_max)
    : std::runtime_error(fmt::format("{} would bring the simulated state to {} MiB; at most {} MiB are possible", what,
                                     (words >> 17) + 1, words_max >> 17)) {}

Region World::allocate(std::string name, std::uint64_t count, std::uint32_t stride, Coherence coherence) {
  MMULAB_ASSERT(!tracking_, "the World is laid out before the first run");
  MMULAB_ASSERT(stride > 0, "a record has at least one word");
  const std::uint64_t first = (words_.size() + alignment_words - 1) / alignment_words * alignment_words;
  const bool countable = count <= words_max;
  const std::uint64_t end = first + (countable ? count * stride : count);
  if (!countable || end > words_max) throw StateRoomFull(name, end, words_max);
  if (room_ != nullptr) room_->take(name, end - words_.size());
  words_.grow(end);
  const Region region{Location{static_cast<std::uint32_t>(first)}, static_cast<std::uint32_t>(count), stride};
  regions_.push_back({std::move(name), region, coherence, {}, {}});
  return region;
}

/// A zero word contributes nothing, so that layout alone does not change a state's identity.
Fingerprint World::contribution(Location at, std::uint64_t value) {
  if (value == 0) return {};
  const std::uint64_t place = (std::uint64_t{at.raw()} + 1) * 0x9e3779b97f4a7c15ULL;
  return {mix(value ^ place), mix((value + 0x632be59bd9b4e019ULL) * 0xd6e8feb86659fd93ULL ^ mix(place))};
}

World::RegionInfo& World::info_of(const Region& region) {
  const auto found = std::find_if(regions_.begin(), regions_.end(), [&](const RegionInfo& info) {
    return info.region.first() == region.first() && info.region.words() == region.words();
  });
  MMULAB_ASSERT(found != regions_.end(), "a region of this World");
  return *found;
}

std::uint64_t* World::untracked_words(Location first) {
  MMULAB_ASSERT(!tracking_, "run-ahead writes past the journal");
  return words_.data() + first.raw();
}

std::uint64_t World::load_through(Location at) const {
  for (std::uint32_t n = delayed_; n > 0; --n) {
    const std::uint32_t entry = delayed_first_.raw() + (n - 1) * DelayedStore::words;
    if ((words_[entry + DelayedStore::tag] & DelayedStore::place) == std::uint64_t{at.raw()} + 1)
      return words_[entry + DelayedStore::value];
  }
  return words_[at.raw()];
}

void World::start_tracking() {
  tracking_ = true;
  fingerprint_ = computed_fingerprint();
  journal_.clear();
}

void World::track(Location at, std::uint64_t value) {
  const std::uint64_t old = words_[at.raw()];
  if (old == value) return;
  journal_.push_back({at, old});
  fingerprint_.combine(contribution(at, old));
  fingerprint_.combine(contribution(at, value));
  set(at, value);
  if (name_watcher_ != nullptr && places_[at.raw()] != unfollowed) name_watcher_->on_named_store(at, old, value);
}

void World::undo_to(JournalMark mark) {
  while (journal_.size() > mark.entries) {
    const JournalEntry entry = journal_.back();
    journal_.pop_back();
    set(entry.at, entry.old_value);
  }
  fingerprint_ = mark.fingerprint;
}

void World::follow_names() {
  MMULAB_ASSERT(tracking_, "what is not tracked is not followed");
  followed_.clear();
  places_.assign(words_.size(), unfollowed);
  for (const RegionInfo& info : regions_) {
    if (info.holdings.empty() && info.namings.empty()) continue;
    for (std::uint32_t w = 0; w < info.region.words(); ++w) {
      const Location at{info.region.first().raw() + w};
      places_[at.raw()] = 0;
      if (words_[at.raw()] != 0) follow(at, true);
    }
  }
}

/// The last one takes the place of one that goes.
void World::follow(Location at, bool now) {
  std::uint32_t& place = places_[at.raw()];
  if (place == unfollowed) return;
  if (now) {
    followed_.push_back(at);
    place = static_cast<std::uint32_t>(followed_.size());
    return;
  }
  followed_[place - 1] = followed_.back();
  places_[followed_.back().raw()] = place;
  followed_.pop_back();
  place = 0;
}

void World::list_changes(JournalMark mark, std::vector<Change>& changes) const {
  for (std::size_t i = mark.entries; i < journal_.size(); ++i)
    changes.push_back({journal_[i].at, journal_[i].old_value, words_[journal_[i].at.raw()]});
}

Fingerprint World::computed_fingerprint() const {
  Fingerprint sum;
  for (std::size_t i = 0; i < words_.size(); ++i)
    sum.combine(contribution(Location{static_cast<std::uint32_t>(i)}, words_[i]));
  return sum;
}

const World::RegionInfo& World::region_of(Location at) const {
  auto after = std::upper_bound(regions_.begin(), regions_.end(), at,
                                [](Location l, const RegionInfo& r) { return l < r.region.first(); });
  MMULAB_ASSERT(after != regions_.begin(), "a location before the first region");
  return *std::prev(after);
}

std::string World::describe(Location at) const {
  const RegionInfo& info = region_of(at);
  if (!info.region.contains(at)) return fmt::format("gap+{}", at.raw());
  const std::uint32_t record = info.region.record_of(at);
  if (info.region.stride() == 1) return fmt::format("{}[{}]", info.name, record);
  return fmt::format("{}[{}].{}", info.name, record, at.raw() - info.region.at(record).raw());
}

}  // namespace mmulab
