// SPDX-License-Identifier: MIT
#include "workloads/trace/reader.h"

#include <cerrno>
#include <fstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "sim/config/diagnostic.h"

namespace mmulab::trace {

TraceFile::TraceFile(std::string file) : name_(std::move(file)), zstd_(ZSTD_createDCtx()) {
  const auto give_up = [&](const std::string& what, const std::string& hint) {
    if (fd_ >= 0) ::close(fd_);
    ZSTD_freeDCtx(zstd_);
    throw config::Error(config::diagnose({}, fmt::format("`{}` {}", name_, what), hint));
  };
  fd_ = ::open(name_.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd_ < 0) give_up(fmt::format("cannot be read: {}", std::strerror(errno)), "");
  struct stat status {};
  if (::fstat(fd_, &status) != 0 || !S_ISREG(status.st_mode)) give_up("is no file", "a trace is read at any place");
  size_ = static_cast<std::uint64_t>(status.st_size);
  char magic[sizeof file_magic] = {};
  if (::pread(fd_, magic, sizeof magic, 0) != sizeof magic || std::memcmp(magic, file_magic, sizeof magic) != 0)
    give_up("is no trace of mmulab", "`mmulab trace import` makes one from strace, lackey and ChampSim files");
}

TraceFile::~TraceFile() {
  ::close(fd_);
  ZSTD_freeDCtx(zstd_);
}

void TraceFile::fail(std::uint64_t offset, const std::string& what) const {
  throw config::Error(config::diagnose({}, fmt::format("`{}`, byte {}: {}", name_, offset, what),
                                       "the file is damaged or cut short; import it again"));
}

void TraceFile::read(std::uint64_t offset, void* bytes, std::size_t count, const char* what) const {
  if (offset > size_ || count > size_ - offset) fail(offset, fmt::format("the file ends within {}", what));
  auto* to = static_cast<std::uint8_t*>(bytes);
  while (count != 0) {
    const ssize_t got = ::pread(fd_, to, count, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) fail(offset, fmt::format("cannot read {}", what));
    to += got;
    offset += static_cast<std::uint64_t>(got);
    count -= static_cast<std::size_t>(got);
  }
}

bool TraceFile::next_header(std::uint64_t& offset, BlockHeader& header) {
  std::uint8_t bytes[block_header_bytes];
  read(offset, bytes, 4, "the trace, which has no end mark");
  std::uint32_t magic = 0;
  FieldReader(bytes).get(magic);
  if (magic == end_magic) {
    read(offset, bytes, end_bytes, "its end mark");
    std::uint32_t sum = 0;
    FieldReader(bytes + end_bytes - 4).get(sum);
    if (sum != end_checksum(bytes)) fail(offset, "the end mark's checksum is wrong");
    FieldReader in(bytes + 4);
    in.get(totals_.tasks);
    in.get(totals_.accesses);
    in.get(totals_.calls);
    in.get(totals_.mappings);
    in.get(totals_.content);
    if (offset + end_bytes != size_) fail(offset + end_bytes, "something stands behind the end mark");
    return false;
  }
  if (magic != block_magic) fail(offset, "no block begins here");
  read(offset, bytes, block_header_bytes, "a block's header");
  header = header_from(bytes);
  if (header.task >= tasks_max) fail(offset, fmt::format("task {} of at most {}", header.task, tasks_max));
  if (header.accesses > block_accesses_max || header.raw_bytes > block_raw_max ||
      header.packed_bytes > ZSTD_compressBound(block_raw_max) || header.segments > header.raw_bytes)
    fail(offset, "the block claims to be larger than blocks are");
  offset += block_header_bytes + header.packed_bytes;
  if (offset > size_) fail(size_, "the file ends within a block");
  return true;
}

void TraceFile::load(std::uint64_t offset, const BlockHeader& header, Block& block) {
  packed_.resize(block_header_bytes + header.packed_bytes);
  read(offset, packed_.data(), packed_.size(), "a block");
  std::uint32_t sum = 0;
  FieldReader(packed_.data() + block_header_bytes - 4).get(sum);
  if (sum != block_checksum(packed_.data(), packed_.data() + block_header_bytes, header.packed_bytes))
    fail(offset, "the block's checksum is wrong");
  std::vector<std::uint8_t> raw(header.raw_bytes + std::size_t{8});
  const std::size_t got = ZSTD_decompressDCtx(zstd_, raw.data(), header.raw_bytes,
                                              packed_.data() + block_header_bytes, header.packed_bytes);
  if (ZSTD_isError(got) != 0 || got != header.raw_bytes) fail(offset, "the block cannot be unpacked");
  block = Block{};
  block.header = header;
  block.offset = offset;
  if (const char* wrong = block.open(std::move(raw))) fail(offset, wrong);
}

std::string identity_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::uint8_t end[end_bytes] = {};
  in.seekg(-static_cast<std::streamoff>(end_bytes), std::ios::end);
  in.read(reinterpret_cast<char*>(end), end_bytes);
  std::uint32_t magic = 0, sum = 0;
  FieldReader(end).get(magic);
  FieldReader(end + end_bytes - 4).get(sum);
  if (!in || magic != end_magic || sum != end_checksum(end)) return {};
  std::string text;
  for (const std::uint8_t byte : end) text += fmt::format("{:02x}", byte);
  return text;
}

bool TraceReader::next_block() {
  const std::uint64_t at = offset_;
  BlockHeader header;
  if (!file_.next_header(offset_, header)) {
    if (content_ != file_.totals().content) file_.fail(at, "these are not the blocks that the end mark speaks of");
    return false;
  }
  file_.load(at, header, block_);
  content_ = content_after(content_, header.checksum);
  return true;
}

bool TraceReader::next(Segment& segment) {
  if (block_.next(segment)) return true;
  if (block_.broken()) file_.fail(block_.offset, "a segment of the block is garbage");
  return false;
}

}  // namespace mmulab::trace
