// SPDX-License-Identifier: MIT
#include "workloads/trace/import.h"

#include "sim/config/diagnostic.h"
#include "workloads/trace/block.h"
#include "workloads/trace/byte_source.h"

namespace mmulab::trace {

LogFormat format_of(const std::string& file) {
  char begin[4096];
  const auto source = ByteSource::open(file);
  const std::string_view text(begin, source->read(begin, sizeof begin));
  if (text.substr(0, sizeof file_magic) == std::string_view(file_magic, sizeof file_magic))
    throw config::Error(
        config::diagnose({}, "`" + file + "` is a trace already", "`mmulab trace convert` rewrites it"));
  if (text.substr(0, 2) == "==" && text.find("Lackey") != std::string_view::npos) return LogFormat::lackey;
  const bool binary = text.find('\0') != std::string_view::npos;
  return binary ? LogFormat::champsim : LogFormat::strace;
}

}  // namespace mmulab::trace
