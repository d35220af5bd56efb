// SPDX-License-Identifier: MIT
// Context numbers: a version and a bitmap. An mm's context is version << 22 | number and counts only while its
// version is the present one. Source: Linux 2.6.22 arch/sparc64/mm/init.c (get_new_mmu_context) and mmu_context.h
// (destroy_context); linux-gather.md 3.3. Numbers 0 and 1 are reserved. Left out: page-size fields of the context.
// Cost: ctx_alloc_lock (spin_lock, spin_unlock), context_alloc, context_wrap.
#pragma once

#include "models/mm/locks.h"

namespace mmulab::sparc64 {

/// mm->context.sparc64_ctx_val.
class ContextValue {
 public:
  static constexpr unsigned version_shift = 22;
  constexpr ContextValue() = default;
  constexpr explicit ContextValue(std::uint64_t bits) : bits_(bits) {}
  constexpr ContextValue(std::uint64_t version, std::uint32_t number) : bits_(version << version_shift | number) {}
  [[nodiscard]] constexpr std::uint64_t raw() const { return bits_; }
  [[nodiscard]] constexpr std::uint64_t version() const { return bits_ >> version_shift; }
  [[nodiscard]] constexpr std::uint32_t number() const { return static_cast<std::uint32_t>(bits_) & 0x1fff; }

 private:
  std::uint64_t bits_ = 0;
};

class Contexts {
 public:
  Contexts(World& world, const KernelState& state, const Locks& locks, unsigned bits);

  [[nodiscard]] Cell<ContextValue> of(MmId mm) const { return state_.mm<ContextValue>(mm, MmFields::context); }
  /// tlb_context_cache's version: whoever tests a context for validity reads it, too.
  [[nodiscard]] Cell<std::uint64_t> version() const { return words_.cell<std::uint64_t>(0, Fields::version); }
  /// Inside a step that declared version().
  [[nodiscard]] bool valid(const Access& a, ContextValue context) const {
    return context.version() == a.read(version());
  }

  /// A number for `mm`, whose context.lock is held. `wrapped`: a new version began, all others are stale.
  ContextValue take_new(Context& ctx, MmId mm, bool& wrapped);
  /// Gives the number of a dying mm back, if it is of the present version.
  void release(Context& ctx, MmId mm);

 private:
  static constexpr std::uint32_t first_number = 2;
  struct Fields {
    enum : std::uint32_t { lock, version, last, bitmap = 8 };
  };
  [[nodiscard]] Cell<std::uint64_t> lock() const { return words_.cell<std::uint64_t>(0, Fields::lock); }
  [[nodiscard]] Cell<std::uint64_t> last() const { return words_.cell<std::uint64_t>(0, Fields::last); }
  [[nodiscard]] Cell<std::uint64_t> bitmap(std::uint32_t number) const {
    return words_.cell<std::uint64_t>(0, Fields::bitmap + number / 64);
  }
  [[nodiscard]] std::uint32_t bitmap_words() const { return (numbers_ + 63) / 64; }
  /// The next free number after last, wrapping to the first once; 0 if none. The lock is held.
  [[nodiscard]] std::uint32_t find_free(const World& world) const;
  void begin_version(Context& ctx);

  const KernelState& state_;
  const Locks& locks_;
  std::uint32_t numbers_;
  Region words_;
};

}  // namespace mmulab::sparc64
