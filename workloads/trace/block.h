// SPDX-License-Identifier: MIT
// One block of a trace file: a stretch of one task, packed with zstd. The layout is docs/trace-format.md; the writer
// and the reader share what stands here.
#pragma once

#include <cstring>
#include <vector>

#include "workloads/trace/record.h"

namespace mmulab::trace {

inline constexpr char file_magic[8] = {'M', 'M', 'U', 'T', 'R', 'C', '0', '1'};
inline constexpr std::uint32_t block_magic = 0x314b4c42;  // "BLK1"
inline constexpr std::uint32_t end_magic = 0x31444e45;    // "END1"
inline constexpr std::size_t block_header_bytes = 48, end_bytes = 40;
inline constexpr std::uint32_t block_accesses_max = 65536, block_raw_max = 1U << 20;

struct BlockHeader {
  std::uint32_t task = 0, tid = 0, pid = 0, accesses = 0, segments = 0, delta_bytes = 0, raw_bytes = 0,
                packed_bytes = 0;
  std::uint64_t epoch = 0;  ///< before its first segment
  std::uint32_t checksum = 0;
};

/// Little-endian fields one after another.
class FieldWriter {
 public:
  explicit FieldWriter(std::uint8_t* at) : at_(at) {}
  template <class T>
  void put(T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) *at_++ = static_cast<std::uint8_t>(std::uint64_t{value} >> (8 * i));
  }

 private:
  std::uint8_t* at_;
};
class FieldReader {
 public:
  explicit FieldReader(const std::uint8_t* at) : at_(at) {}
  template <class T>
  void get(T& value) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) sum |= std::uint64_t{*at_++} << (8 * i);
    value = static_cast<T>(sum);
  }

 private:
  const std::uint8_t* at_;
};

void put_header(const BlockHeader& header, std::uint8_t* bytes);
BlockHeader header_from(const std::uint8_t* bytes);
/// CRC-32 over all of a block but its own four bytes, which are the header's last.
std::uint32_t block_checksum(const std::uint8_t* header, const std::uint8_t* packed, std::size_t bytes);
std::uint32_t end_checksum(const std::uint8_t* end);
/// TraceTotals::content with one more block.
std::uint32_t content_after(std::uint32_t content, std::uint32_t checksum);

void put_varint(std::vector<std::uint8_t>& out, std::uint64_t value);
constexpr std::uint64_t zigzag(std::uint64_t difference) { return (difference << 1) ^ (0 - (difference >> 63)); }
constexpr std::uint64_t unzigzag(std::uint64_t value) { return (value >> 1) ^ (0 - (value & 1)); }

/// Of each kind of access (load, store, fetch), what its next delta is taken from.
struct LastAddresses {
  std::uint64_t at[4] = {};
};

/// A block unpacked, and how far it has been read.
class Block {
 public:
  BlockHeader header;
  std::uint64_t offset = 0;  ///< in the file, for messages

  /// `raw` has raw_bytes and eight more. Returns what is wrong with it, or null.
  const char* open(std::vector<std::uint8_t> raw);
  [[nodiscard]] std::size_t memory() const { return raw_.capacity(); }
  /// Next segment's length and call; false at the end, and if the block is broken (then broken() is true).
  bool next(Segment& segment);
  [[nodiscard]] bool broken() const { return broken_; }
  /// The next `count` accesses, which the segments have announced.
  void take(std::uint64_t* words, std::size_t count);

 private:
  std::uint64_t varint();

  std::vector<std::uint8_t> raw_;
  const std::uint8_t* control_ = nullptr;
  const std::uint8_t* delta_ = nullptr;
  const std::uint8_t* segment_ = nullptr;
  const std::uint8_t* end_ = nullptr;
  std::uint32_t segments_left_ = 0;
  std::uint64_t accesses_left_ = 0;
  std::uint64_t epoch_ = 0;
  std::uint64_t last_call_ = 0;
  LastAddresses last_;
  bool broken_ = false;
};

}  // namespace mmulab::trace
