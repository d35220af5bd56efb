// SPDX-License-Identifier: MIT
#include "workloads/trace/byte_source.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fmt/format.h>
#include <lzma.h>
#include <sys/stat.h>
#include <zlib.h>

#include "sim/config/diagnostic.h"

namespace mmulab::trace {
namespace {

constexpr std::size_t chunk_bytes = 1U << 18;
constexpr std::size_t line_max = 1U << 20;
/// What `xz -9` asks for, and a little more.
constexpr std::uint64_t xz_memory = 80U << 20;

[[noreturn]] void fail(const std::string& file, const std::string& what, const std::string& hint = {}) {
  throw config::Error(config::diagnose({}, fmt::format("`{}` {}", file, what), hint));
}

class PlainSource final : public ByteSource {
 public:
  PlainSource(std::string file, std::FILE* in) : file_(std::move(file)), in_(in) {}
  ~PlainSource() override { std::fclose(in_); }
  std::size_t read(char* to, std::size_t count) override {
    const std::size_t got = std::fread(to, 1, count, in_);
    if (got == 0 && std::ferror(in_) != 0) fail(file_, fmt::format("cannot be read: {}", std::strerror(errno)));
    return got;
  }

 private:
  std::string file_;
  std::FILE* in_;
};

class GzipSource final : public ByteSource {
 public:
  explicit GzipSource(std::string file) : file_(std::move(file)), in_(gzopen(file_.c_str(), "rb")) {
    if (in_ == nullptr) fail(file_, "cannot be read");
    gzbuffer(in_, chunk_bytes);
  }
  ~GzipSource() override { gzclose(in_); }
  std::size_t read(char* to, std::size_t count) override {
    const int got = gzread(in_, to, static_cast<unsigned>(count));
    if (got > 0) return static_cast<std::size_t>(got);
    int error = Z_OK;
    const char* what = gzerror(in_, &error);
    if (got < 0 || (error != Z_OK && error != Z_STREAM_END))
      fail(file_, fmt::format("is damaged or cut short behind unpacked byte {}: {}", gztell(in_), what));
    return 0;
  }

 private:
  std::string file_;
  gzFile in_;
};

class XzSource final : public ByteSource {
 public:
  XzSource(std::string file, std::FILE* in) : file_(std::move(file)), in_(in), packed_(chunk_bytes) {
    if (lzma_stream_decoder(&stream_, xz_memory, LZMA_CONCATENATED) != LZMA_OK) fail(file_, "cannot be unpacked");
  }
  ~XzSource() override {
    lzma_end(&stream_);
    std::fclose(in_);
  }
  std::size_t read(char* to, std::size_t count) override {
    stream_.next_out = reinterpret_cast<std::uint8_t*>(to);
    stream_.avail_out = count;
    while (stream_.avail_out == count && !ended_) {
      if (stream_.avail_in == 0) {
        stream_.next_in = packed_.data();
        stream_.avail_in = std::fread(packed_.data(), 1, packed_.size(), in_);
      }
      const lzma_ret result = lzma_code(&stream_, std::feof(in_) != 0 ? LZMA_FINISH : LZMA_RUN);
      if (result == LZMA_STREAM_END) ended_ = true;
      else if (result == LZMA_MEMLIMIT_ERROR) fail(file_, "needs more than 80 MiB to be unpacked", "xz -9 is enough");
      else if (result != LZMA_OK)
        fail(file_, fmt::format("is damaged or cut short behind unpacked byte {}", stream_.total_out));
    }
    return count - stream_.avail_out;
  }

 private:
  std::string file_;
  std::FILE* in_;
  std::vector<std::uint8_t> packed_;
  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<ByteSource> ByteSource::open(const std::string& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) fail(file, "is a directory");
  std::FILE* in = std::fopen(file.c_str(), "rb");
  if (in == nullptr) fail(file, fmt::format("cannot be read: {}", std::strerror(errno)));
  unsigned char magic[6] = {};
  const std::size_t got = S_ISREG(status.st_mode) ? std::fread(magic, 1, sizeof magic, in) : 0;
  if (got != 0) std::rewind(in);
  if (got >= 2 && magic[0] == 0x1f && magic[1] == 0x8b) {
    std::fclose(in);
    return std::make_unique<GzipSource>(file);
  }
  if (got == 6 && std::memcmp(magic, "\xfd" "7zXZ", 6) == 0) return std::make_unique<XzSource>(file, in);
  return std::make_unique<PlainSource>(file, in);
}

LineSource::LineSource(std::string file)
    : file_(std::move(file)), bytes_(ByteSource::open(file_)), buffer_(chunk_bytes + 64) {}

std::string_view LineSource::next() {
  for (;;) {
    const char* const first = buffer_.data() + begin_;
    const void* last = begin_ == end_ ? nullptr : memrchr(first, '\n', end_ - begin_);
    if (last != nullptr) {
      const auto bytes = static_cast<std::size_t>(static_cast<const char*>(last) + 1 - first);
      begin_ += bytes;
      return {first, bytes};
    }
    if (at_end_) return {};
    std::memmove(buffer_.data(), first, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    if (end_ > line_max) fail(file_, fmt::format("has a line {} of more than a MiB", line_));
    if (buffer_.size() - 64 - end_ < chunk_bytes / 2) buffer_.resize(buffer_.size() * 2);
    const std::size_t got = bytes_->read(buffer_.data() + end_, buffer_.size() - 64 - end_ - 1);
    end_ += got;
    if (got != 0) continue;
    at_end_ = true;
    if (end_ != 0 && buffer_[end_ - 1] != '\n') buffer_[end_++] = '\n';
  }
}

}  // namespace mmulab::trace
