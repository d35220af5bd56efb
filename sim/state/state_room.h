// SPDX-License-Identifier: MIT
// How much state may be laid out together, by several Worlds and what lies beside them.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace mmulab {

/// The layout asks for more state than there may be: a machine or workload that is too large.
class StateRoomFull : public std::runtime_error {
 public:
  StateRoomFull(const std::string& what, std::uint64_t words, std::uint64_t words_max);
};

class StateRoom {
 public:
  explicit StateRoom(std::uint64_t words_max) : words_max_(words_max) {}
  /// Before they are allocated. Throws StateRoomFull.
  void take(const std::string& what, std::uint64_t words) {
    if (words > words_max_ - taken_) throw StateRoomFull(what, taken_ + words, words_max_);
    taken_ += words;
  }
  void give_back(std::uint64_t words) { taken_ -= words; }

 private:
  std::uint64_t words_max_;
  std::uint64_t taken_ = 0;
};

}  // namespace mmulab
