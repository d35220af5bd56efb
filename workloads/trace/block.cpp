// SPDX-License-Identifier: MIT
#include "workloads/trace/block.h"

#include <zlib.h>

namespace mmulab::trace {

const char* name_of(CallKind kind) {
  static constexpr const char* names[call_kinds] = {"none", "mmap", "munmap", "mprotect", "madvise", "mremap", "brk",
                                                    "clone", "fork", "vfork", "execve", "exit", "wait"};
  return names[static_cast<std::size_t>(kind)];
}

void put_header(const BlockHeader& h, std::uint8_t* bytes) {
  FieldWriter out(bytes);
  out.put(block_magic);
  for (const std::uint32_t field :
       {h.task, h.tid, h.pid, h.accesses, h.segments, h.delta_bytes, h.raw_bytes, h.packed_bytes})
    out.put(field);
  out.put(h.epoch);
}

BlockHeader header_from(const std::uint8_t* bytes) {
  BlockHeader h;
  FieldReader in(bytes + 4);
  for (std::uint32_t* field :
       {&h.task, &h.tid, &h.pid, &h.accesses, &h.segments, &h.delta_bytes, &h.raw_bytes, &h.packed_bytes})
    in.get(*field);
  in.get(h.epoch);
  in.get(h.checksum);
  return h;
}

std::uint32_t block_checksum(const std::uint8_t* header, const std::uint8_t* packed, std::size_t bytes) {
  const auto sum = crc32(0, header, block_header_bytes - 4);
  return static_cast<std::uint32_t>(crc32_z(sum, packed, bytes));
}

std::uint32_t end_checksum(const std::uint8_t* end) {
  return static_cast<std::uint32_t>(crc32(0, end, end_bytes - 4));
}

std::uint32_t content_after(std::uint32_t content, std::uint32_t checksum) {
  std::uint8_t bytes[4];
  FieldWriter(bytes).put(checksum);
  return static_cast<std::uint32_t>(crc32(content, bytes, sizeof bytes));
}

void put_varint(std::vector<std::uint8_t>& out, std::uint64_t value) {
  for (; value >= 128; value >>= 7) out.push_back(static_cast<std::uint8_t>(value | 128));
  out.push_back(static_cast<std::uint8_t>(value));
}

// ------------------------------------------------------------------------------------------------ reading

namespace {
constexpr std::uint8_t kind_mask = 3;
constexpr std::uint64_t kind_bits[4] = {0, store_bit, fetch_bit, 0};
constexpr std::uint64_t low_bytes(unsigned count) {
  return count == 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * count)) - 1;
}
}  // namespace

const char* Block::open(std::vector<std::uint8_t> raw) {
  raw_ = std::move(raw);
  const std::size_t known = std::size_t{header.accesses} + header.delta_bytes;
  if (known > header.raw_bytes) return "its lists are longer than the block";
  control_ = raw_.data();
  delta_ = control_ + header.accesses;
  segment_ = delta_ + header.delta_bytes;
  end_ = raw_.data() + header.raw_bytes;
  std::uint64_t bytes = 0;
  unsigned worst = 0, kinds = 0;
  for (std::uint32_t i = 0; i < header.accesses; ++i) {
    const unsigned count = control_[i] >> 2;
    bytes += count;
    worst = count > worst ? count : worst;
    kinds |= (control_[i] & kind_mask) == kind_mask ? 1U : 0U;
  }
  if (worst > 8 || kinds != 0 || bytes != header.delta_bytes) return "its list of accesses is garbage";
  segments_left_ = header.segments;
  accesses_left_ = header.accesses;
  epoch_ = header.epoch;
  return nullptr;
}

std::uint64_t Block::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (segment_ == end_) break;
    const std::uint8_t byte = *segment_++;
    value |= std::uint64_t{byte & 127U} << shift;
    if (byte < 128) return value;
  }
  broken_ = true;
  return 0;
}

bool Block::next(Segment& segment) {
  if (segments_left_ == 0) {
    broken_ = broken_ || accesses_left_ != 0 || segment_ != end_;
    return false;
  }
  --segments_left_;
  segment = Segment{};
  segment.epoch = epoch_ += varint();
  segment.accesses = varint();
  const std::uint64_t kind = varint();
  broken_ = broken_ || kind >= call_kinds || segment.accesses > accesses_left_;
  if (broken_) return false;
  accesses_left_ -= segment.accesses;
  TraceCall& call = segment.call;
  call.kind = static_cast<CallKind>(kind);
  if (call.kind == CallKind::none) return true;
  call.flags = static_cast<std::uint32_t>(varint());
  if (names_child(call.kind)) {
    const std::uint64_t child = varint();
    call.child = TaskNo{static_cast<std::uint32_t>(child)};
    broken_ = broken_ || child >= tasks_max;
  } else if (call.kind != CallKind::execve && call.kind != CallKind::exit) {
    call.first = last_call_ += unzigzag(varint());
    call.length = varint();
    if (call.kind == CallKind::mremap || call.kind == CallKind::brk) call.to = call.first + unzigzag(varint());
    if (call.kind == CallKind::mremap) call.to_length = varint();
    const auto outside = [](std::uint64_t first, std::uint64_t length) {
      return first > address_end || length > address_end || first + length > address_end;
    };
    broken_ = broken_ || outside(call.first, call.length) || outside(call.to, call.to_length);
  }
  return !broken_;
}

void Block::take(std::uint64_t* words, std::size_t count) {
  const std::uint8_t* control = control_;
  const std::uint8_t* delta = delta_;
  std::uint64_t* const last = last_.at;
  for (std::size_t i = 0; i < count; ++i) {
    const unsigned kind = control[i] & kind_mask, bytes = control[i] >> 2;
    std::uint64_t value;
    std::memcpy(&value, delta, 8);
    delta += bytes;
    const std::uint64_t address = last[kind] + unzigzag(value & low_bytes(bytes));
    last[kind] = address;
    words[i] = (address & ~(store_bit | fetch_bit)) | kind_bits[kind];
  }
  control_ += count;
  delta_ = delta;
}

}  // namespace mmulab::trace
