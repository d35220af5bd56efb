// SPDX-License-Identifier: MIT
// What generators are put together from.
#pragma once

#include <string>
#include <vector>

#include "workloads/generator.h"

namespace mmulab::workload {

/// The operations of one task, added one after another.
class OperationList {
 public:
  OperationList(const GeneratorOptions& options, const Draft& draft) : options_(options), draft_(draft) {}

  void think();
  /// Visits the region as the options say.
  void access(std::uint32_t region);
  /// load, store, fetch of [first, first + pages).
  void each(OperationKind kind, std::uint32_t region, std::uint64_t first, std::uint64_t pages);
  /// Calls on the range, `step` pages each; 0: one call.
  void call(OperationKind kind, std::uint32_t region, std::uint64_t first, std::uint64_t pages,
            std::uint64_t step = 0);
  void mprotect(std::uint32_t region, std::uint64_t first, std::uint64_t pages, Rights rights,
                std::uint64_t step = 0);
  void fork(std::uint32_t task);
  void plain(OperationKind kind);
  void repeat(std::uint64_t times);
  void end();

  [[nodiscard]] std::vector<Statement> take() { return std::move(list_); }
  [[nodiscard]] const std::vector<Statement>& statements() const { return list_; }

 private:
  void add(const Operation& op) { list_.push_back({op, {}}); }

  const GeneratorOptions& options_;
  const Draft& draft_;
  std::vector<Statement> list_;
};

std::uint32_t add_region(Draft& draft, std::string name, std::uint64_t pages, std::uint32_t mm = 0,
                         VmaKind kind = VmaKind::anonymous);
/// A task whose rounds are `round`, in the warm-up and measured; the n-th of the generator.
std::uint32_t add_task(Draft& draft, const GeneratorOptions& options, std::string name, std::uint32_t n,
                       const OperationList& round, std::uint32_t mm = 0);
/// Tasks that access `region` as often as the callers do.
void add_bystanders(Draft& draft, const GeneratorOptions& options, std::uint32_t region);

}  // namespace mmulab::workload
