// SPDX-License-Identifier: MIT
// Pure formats: translation table entries (TTE) of sun4u and sun4v, the hardware's TSB pointers and tag target,
// and the entry of Linux's per-mm TSB. No state, no time. Source: UltraSPARC-I User's Manual p. 41-45 and JPS1
// F.4.2 (hardware.md 3.2); Linux 2.6.22 include/asm-sparc64/tsb.h and pgtable.h. Left out: the XOR of the TSB
// extension register (JPS1), little-endian pages, page sizes but 8K and 4M in a Linux TSB. Cost: none.
#pragma once

#include <array>
#include <cstdint>

#include "models/mm/pte.h"

namespace mmulab::sparc64 {

enum class TteFormat : std::uint8_t { sun4u, sun4v };

/// The Size field of a TTE; 64K and 512K exist in hardware only.
enum class PageSize : std::uint8_t { size_8k = 0, size_64k = 1, size_512k = 2, size_4m = 3 };

/// Masks of a TTE's data word. The software bits (Linux: _PAGE_WRITE, _MODIFIED, _ACCESSED, _EXEC) live in it,
/// too.
struct TteLayout {
  std::uint64_t valid;
  std::uint64_t no_fault_only;
  std::uint64_t physical;  ///< PA field, in place
  unsigned size_shift;
  std::uint64_t size_mask;
  std::uint64_t locked;
  std::uint64_t cacheable;  ///< CP and CV
  std::uint64_t side_effect;
  std::uint64_t privileged;
  std::uint64_t writable;  ///< W: what the hardware looks at
  std::uint64_t global;    ///< sun4v has none
  std::uint64_t soft_present, soft_read, soft_write, soft_modified, soft_accessed, soft_exec;
};

inline constexpr TteLayout sun4u_layout{
    std::uint64_t{1} << 63, std::uint64_t{1} << 60, 0x000001ffffffe000, 61, std::uint64_t{3} << 61,
    0x40, 0x30, 0x8, 0x4, 0x2, 0x1, 0x80, 0x100, 0x200, 0x800, 0x400, 0x1000};
inline constexpr TteLayout sun4v_layout{
    std::uint64_t{1} << 63, std::uint64_t{1} << 62, 0x00ffffffffffe000, 0, 0xf,
    0, 0x600, 0x800, 0x100, 0x40, 0, 0x10, std::uint64_t{1} << 59, std::uint64_t{1} << 58, std::uint64_t{1} << 61,
    std::uint64_t{1} << 60, 0x80};

[[nodiscard]] constexpr const TteLayout& layout_of(TteFormat format) {
  return format == TteFormat::sun4u ? sun4u_layout : sun4v_layout;
}

/// A TTE's data word, decoded by a layout.
class TteData {
 public:
  constexpr TteData(const TteLayout& layout, std::uint64_t bits) : layout_(layout), bits_(bits) {}
  [[nodiscard]] constexpr std::uint64_t raw() const { return bits_; }
  [[nodiscard]] constexpr bool valid() const { return (bits_ & layout_.valid) != 0; }
  [[nodiscard]] constexpr bool writable() const { return (bits_ & layout_.writable) != 0; }
  [[nodiscard]] constexpr bool executable() const { return (bits_ & layout_.soft_exec) != 0; }
  [[nodiscard]] constexpr bool global() const { return (bits_ & layout_.global) != 0; }
  [[nodiscard]] constexpr bool privileged() const { return (bits_ & layout_.privileged) != 0; }
  [[nodiscard]] constexpr PageSize size() const {
    return static_cast<PageSize>((bits_ & layout_.size_mask) >> layout_.size_shift);
  }
  [[nodiscard]] constexpr PhysAddr physical() const { return PhysAddr{bits_ & layout_.physical}; }

 private:
  const TteLayout& layout_;
  std::uint64_t bits_;
};

/// The pte as the generic kernel sees it: a TTE's data word whose W bit is left out, see tte_of().
using TteFields = std::array<PteField, 10>;
[[nodiscard]] constexpr TteFields fields_of(const TteLayout& tte) {
  return {{{tte.valid, "VALID"},
           {tte.soft_present, "PRESENT"},
           {tte.soft_read, "READ"},
           {tte.soft_write, "WRITE"},
           {tte.soft_exec, "EXEC"},
           {tte.soft_modified, "MODIFIED"},
           {tte.soft_accessed, "ACCESSED"},
           {tte.writable, "W"},
           {tte.global, "G"},
           {}}};
}
inline constexpr TteFields sun4u_fields = fields_of(sun4u_layout);
inline constexpr TteFields sun4v_fields = fields_of(sun4v_layout);

[[nodiscard]] constexpr PteLayout pte_layout(TteFormat format, PageShift shift) {
  const TteLayout& tte = layout_of(format);
  PteLayout pte;
  pte.present = tte.valid;
  pte.write = tte.soft_write;
  pte.dirty = tte.soft_modified;
  pte.accessed = tte.soft_accessed;
  pte.exec = tte.soft_exec;
  pte.global = tte.global;
  pte.ignored = tte.writable;
  pte.frame_shift = shift.raw();
  pte.frame_mask = tte.physical;
  pte.fixed = tte.cacheable | tte.soft_present | tte.soft_read;
  pte.fields = format == TteFormat::sun4u ? sun4u_fields.data() : sun4v_fields.data();
  return pte;
}

/// The data word that hardware may be given for `pte`. Linux keeps W = WRITE and MODIFIED in the pte by its
/// accessors (pte_mkdirty, pte_wrprotect); here the same is computed when the pte leaves the page table.
[[nodiscard]] constexpr std::uint64_t tte_of(const TteLayout& tte, Pte pte) {
  return pte.has(tte.soft_write | tte.soft_modified) ? pte.with(tte.writable).raw()
                                                     : pte.without(tte.writable).raw();
}

/// The Tag of a hardware TTE: G<63>, Context<60:48>, VA<63:22> in <41:0>.
struct TteTag {
  std::uint64_t bits = 0;
  [[nodiscard]] constexpr bool global() const { return bits >> 63 != 0; }
  [[nodiscard]] constexpr std::uint32_t context() const { return static_cast<std::uint32_t>(bits >> 48) & 0x1fff; }
  [[nodiscard]] constexpr std::uint64_t va_tag() const { return bits & ((std::uint64_t{1} << 42) - 1); }
};
/// What the miss handler compares with a TSB entry's tag.
[[nodiscard]] constexpr TteTag tag_target(std::uint32_t context, VirtAddr va) {
  return TteTag{std::uint64_t{context} << 48 | va.raw() >> 22};
}

/// The TSB register: base <63:13>, split <12>, size N <2:0>: 512 << N entries of 16 bytes, twice that when split.
class TsbRegister {
 public:
  constexpr explicit TsbRegister(std::uint64_t bits) : bits_(bits) {}
  [[nodiscard]] constexpr unsigned size() const { return static_cast<unsigned>(bits_ & 7); }
  [[nodiscard]] constexpr bool split() const { return (bits_ >> 12 & 1) != 0; }
  [[nodiscard]] constexpr std::uint32_t entries() const { return 512U << size(); }
  [[nodiscard]] constexpr PhysAddr pointer_8k(VirtAddr va) const { return pointer(va, 13, false); }
  [[nodiscard]] constexpr PhysAddr pointer_64k(VirtAddr va) const { return pointer(va, 16, true); }

 private:
  [[nodiscard]] constexpr PhysAddr pointer(VirtAddr va, unsigned page_shift, bool upper_half) const {
    const unsigned table_bits = 13 + size();
    const std::uint64_t offset = (va.raw() >> page_shift & (entries() - 1)) << 4;
    const std::uint64_t base = bits_ >> (table_bits + (split() ? 1 : 0)) << (table_bits + (split() ? 1 : 0));
    return PhysAddr{base | (split() && upper_half ? std::uint64_t{1} << table_bits : 0) | offset};
  }
  std::uint64_t bits_;
};

/// An entry of Linux's per-mm TSB: tag and data. The context field of the tag is zero, since the table is per mm.
struct TsbEntry {
  static constexpr std::uint64_t lock_bit = std::uint64_t{1} << 47;
  static constexpr std::uint64_t invalid_bit = std::uint64_t{1} << 46;
  static constexpr std::uint32_t words = 2;
  std::uint64_t tag = invalid_bit;
  std::uint64_t data = 0;
  [[nodiscard]] constexpr bool locked() const { return (tag & lock_bit) != 0; }
  [[nodiscard]] constexpr bool invalid() const { return (tag & invalid_bit) != 0; }
};

/// Where a page lives in a per-mm TSB (tsb.c, flush_tsb_user; tsb.S, copy_tsb): index = (va >> page shift) & (n -
/// 1), tag = va >> 22. Tables of fewer than 512 entries exist for exploration only; they need more tag bits,
/// because index and tag together must name the page.
class TsbHash {
 public:
  constexpr TsbHash() = default;
  constexpr TsbHash(PageShift page_shift, std::uint32_t entries_least) {
    while (index_bits_ + page_shift.raw() < 22 && std::uint32_t{1} << (index_bits_ + 1) <= entries_least)
      ++index_bits_;
  }
  [[nodiscard]] constexpr std::uint64_t tag(VirtPage page) const { return page.raw() >> index_bits_; }
  [[nodiscard]] constexpr std::uint32_t index(VirtPage page, std::uint32_t entries) const {
    return static_cast<std::uint32_t>(page.raw()) & (entries - 1);
  }
  /// The page of a valid entry, from its tag and its place.
  [[nodiscard]] constexpr VirtPage page(std::uint64_t tag, std::uint32_t index) const {
    return VirtPage{tag << index_bits_ | (index & ((std::uint64_t{1} << index_bits_) - 1))};
  }

 private:
  unsigned index_bits_ = 0;
};

}  // namespace mmulab::sparc64
