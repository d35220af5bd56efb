// SPDX-License-Identifier: MIT
#include "sim/config/source.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "sim/config/diagnostic.h"

namespace mmulab::config {
namespace {

constexpr std::uintmax_t file_size_max = std::uintmax_t{16} << 20;

[[noreturn]] void refuse(const std::string& file, const std::string& why) {
  Diagnostic problem;
  problem.message = "cannot read " + file + ": " + why;
  throw Error(std::move(problem));
}

}  // namespace

std::string_view Position::source_line() const {
  if (!exists() || line == 0) return {};
  std::string_view rest = source->text;
  for (unsigned skipped = 1; skipped < line; ++skipped) {
    const auto newline = rest.find('\n');
    if (newline == std::string_view::npos) return {};
    rest.remove_prefix(newline + 1);
  }
  rest = rest.substr(0, rest.find('\n'));
  if (!rest.empty() && rest.back() == '\r') rest.remove_suffix(1);
  return rest;
}

std::string Position::describe() const {
  if (!exists()) return "default";
  if (source->role == SourceText::Role::Override) return "--set";
  const std::string place = source->name + ":" + std::to_string(line);
  return source->role == SourceText::Role::Preset ? "preset " + source->preset + " (" + place + ")" : place;
}

SourcePtr read_source(const std::string& file, SourceText::Role role, const std::string& preset) {
  std::error_code failure;
  const auto status = std::filesystem::status(file, failure);
  if (status.type() == std::filesystem::file_type::not_found) refuse(file, "there is no such file");
  if (failure) refuse(file, failure.message());
  if (std::filesystem::is_directory(status)) refuse(file, "it is a directory");

  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) refuse(file, errno != 0 ? std::strerror(errno) : "it cannot be opened");
  auto source = std::make_shared<SourceText>();
  source->role = role;
  source->name = file;
  source->preset = preset;
  // In pieces, because a pipe or a device has no size to ask for.
  char piece[65536];
  while (stream.read(piece, sizeof piece), stream.gcount() > 0) {
    source->text.append(piece, static_cast<std::size_t>(stream.gcount()));
    if (source->text.size() > file_size_max) refuse(file, "it is larger than 16 MiB");
  }
  if (stream.bad()) refuse(file, "reading failed");
  return source;
}

std::string path_from(const Position& at, const std::string& file) {
  if (file.empty() || file.front() == '/' || !at.exists() || at.source->role == SourceText::Role::Override) return file;
  const std::size_t slash = at.source->name.find_last_of('/');
  return slash == std::string::npos ? file : at.source->name.substr(0, slash + 1) + file;
}

}  // namespace mmulab::config
