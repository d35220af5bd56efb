// SPDX-License-Identifier: MIT
// The mixed generator: every call of the kernel's interface in one round, in an order and on ranges that are drawn
// once for each caller, so that a round's bounds are known. A caller changes the VMAs of its own region only; the
// regions `heap` (anonymous), `shared`, `private` (of a file) and `device` (pfnmap) are everybody's.
#include <algorithm>

#include "workloads/generator_parts.h"

namespace mmulab::workload {
namespace {

struct Regions {
  std::uint32_t own = 0, heap = 0, shared = 0, file_private = 0, device = 0;
};

/// Draws what one caller does.
class Caller {
 public:
  Caller(const GeneratorOptions& options, const Draft& draft, const Regions& regions, std::uint32_t child,
         std::uint32_t number)
      : options_(options),
        regions_(regions),
        child_(child),
        key_(derive(options.seed, 0x6d69786564ULL + number)),
        list_(options, draft) {}

  const OperationList& round() {
    std::vector<std::string> calls = options_.calls;
    for (std::size_t i = calls.size(); i > 1; --i) std::swap(calls[i - 1], calls[next(i)]);
    list_.think();
    for (const std::uint64_t size : options_.call_pages) {
      for (const std::string& call : calls) {
        list_.access(some_region());
        add(call, size);
      }
    }
    return list_;
  }

 private:
  std::uint64_t next(std::uint64_t n) { return below(draw(key_, draws_++), n); }
  std::uint32_t some_region() {
    const std::uint32_t all[] = {regions_.own, regions_.heap, regions_.shared, regions_.file_private,
                                 regions_.device};
    return all[next(5)];
  }
  /// The first page of a range of so many.
  std::uint64_t somewhere(std::uint64_t size) { return next(options_.pages - size + 1); }

  void add(const std::string& call, std::uint64_t size) {
    const std::uint64_t first = somewhere(size);
    if (call == "munmap") {
      list_.call(OperationKind::munmap, regions_.own, first, size);
      list_.call(OperationKind::mmap, regions_.own, first, size);
    } else if (call == "mprotect") {
      list_.mprotect(regions_.own, first, size, {false, true});
      list_.each(OperationKind::fetch, regions_.own, first, size);
      list_.mprotect(regions_.own, first, size, {true, false});
      list_.each(OperationKind::store, regions_.own, first, size);
    } else if (call == "dontneed") {
      list_.call(OperationKind::dontneed, regions_.heap, first, size);
    } else if (call == "zero_read") {
      list_.call(OperationKind::zero_read, regions_.heap, first, size);
    } else if (call == "unmap_mapping") {
      list_.call(OperationKind::unmap_mapping, next(2) == 0 ? 0 : 1, first, size);
    } else if (call == "fork") {
      list_.fork(child_);
    } else {
      list_.plain(OperationKind::yield);
    }
  }

  const GeneratorOptions& options_;
  const Regions& regions_;
  std::uint32_t child_;
  std::uint64_t key_;
  std::uint64_t draws_ = 0;
  OperationList list_;
};

}  // namespace

const std::vector<std::string>& mixed_calls() {
  static const std::vector<std::string> calls = {"munmap",        "mprotect", "dontneed", "zero_read",
                                                 "unmap_mapping", "fork",     "yield"};
  return calls;
}

void generate_mixed(const GeneratorOptions& options, Draft& draft) {
  Regions regions;
  regions.heap = add_region(draft, "heap", options.pages);
  regions.shared = add_region(draft, "shared", options.pages, 0, VmaKind::file_shared);
  regions.file_private = add_region(draft, "private", options.pages, 0, VmaKind::file_private);
  regions.device = add_region(draft, "device", options.pages, 0, VmaKind::pfnmap);
  std::vector<std::uint32_t> own;
  for (std::uint32_t t = 0; t < options.threads; ++t) {
    own.push_back(add_region(draft, "own" + std::to_string(t), options.pages));
    draft.regions.back().straddle = options.straddle;
  }
  GeneratorOptions once = options;
  once.rounds = 1;
  once.warm_up_rounds = 0;
  const bool forks = std::find(options.calls.begin(), options.calls.end(), "fork") != options.calls.end();
  for (std::uint32_t t = 0; t < options.threads; ++t) {
    regions.own = own[t];
    std::uint32_t child = nobody;
    if (forks) {
      OperationList life(options, draft);
      life.access(regions.heap);
      life.access(regions.own);
      child = add_task(draft, once, "child" + std::to_string(t), t + 1, life);
    }
    Caller caller(options, draft, regions, child, t);
    add_task(draft, options, "caller" + std::to_string(t), t, caller.round());
  }
  add_bystanders(draft, options, regions.heap);
}

}  // namespace mmulab::workload
