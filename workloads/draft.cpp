// SPDX-License-Identifier: MIT
#include "workloads/draft.h"

#include <utility>

namespace mmulab::workload {

VmaRecord record_of(const RegionDraft& region) {
  VmaRecord record;
  record.first = region.first;
  record.end = region.first + Pages{region.base_pages()};
  record.rights = region.rights;
  record.kind = region.kind;
  if (region.file != nobody) record.file = FileId{region.file};
  record.offset_pages = region.offset;
  record.shares_tables = region.shares_tables;
  record.huge = region.huge_order != 0;
  return record;
}

void Problems::add(const config::Position& at, std::string message, std::string hint) {
  all_.push_back(config::diagnose(at, std::move(message), std::move(hint)));
}

void Problems::raise() const {
  if (!all_.empty()) throw config::Error(all_);
}

}  // namespace mmulab::workload
