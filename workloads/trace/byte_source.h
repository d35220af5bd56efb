// SPDX-License-Identifier: MIT
// A file as a stream of bytes, unpacked on the way if it is gzip's or xz's; and as lines. Memory does not depend on the
// file's length.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mmulab::trace {

class ByteSource {
 public:
  /// Throws config::Error if the file cannot be read.
  static std::unique_ptr<ByteSource> open(const std::string& file);
  virtual ~ByteSource() = default;
  /// Up to `count` bytes; 0 at the end. Throws config::Error for a packed file that is damaged.
  virtual std::size_t read(char* to, std::size_t count) = 0;
};

/// Hands out stretches of whole lines.
class LineSource {
 public:
  explicit LineSource(std::string file);
  /// The next whole lines, each with its newline (the file's last one is given one). Empty at the end. Throws
  /// config::Error for a line of more than a MiB. 64 bytes behind it may be read.
  std::string_view next();
  [[nodiscard]] const std::string& file() const { return file_; }
  /// Of the first line of what next() gave out.
  [[nodiscard]] std::uint64_t line() const { return line_; }
  void count_lines(std::uint64_t lines) { line_ += lines; }

 private:
  std::string file_;
  std::unique_ptr<ByteSource> bytes_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;
  std::uint64_t line_ = 1;
  bool at_end_ = false;
};

}  // namespace mmulab::trace
