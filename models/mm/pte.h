// SPDX-License-Identifier: MIT
// A page-table entry is one word whose layout is data: each architecture says which bits mean what, and generic
// code asks by meaning. Software bits that only one port knows (HASHPTE, BUSY, slot) stay in that port.
#pragma once

#include <string>

#include "sim/state/cell.h"

namespace mmulab {

class Pte {
 public:
  constexpr Pte() = default;
  constexpr explicit Pte(std::uint64_t bits) : bits_(bits) {}
  [[nodiscard]] constexpr std::uint64_t raw() const { return bits_; }
  [[nodiscard]] constexpr bool has(std::uint64_t mask) const { return (bits_ & mask) == mask; }
  [[nodiscard]] constexpr Pte with(std::uint64_t mask) const { return Pte{bits_ | mask}; }
  [[nodiscard]] constexpr Pte without(std::uint64_t mask) const { return Pte{bits_ & ~mask}; }
  friend constexpr bool operator==(Pte a, Pte b) { return a.bits_ == b.bits_; }
  friend constexpr bool operator!=(Pte a, Pte b) { return a.bits_ != b.bits_; }

 private:
  std::uint64_t bits_ = 0;
};

/// What a mapping permits, as the generic kernel and the checkers see it.
struct Rights {
  bool write = false;
  bool exec = false;
  friend bool operator==(Rights a, Rights b) { return a.write == b.write && a.exec == b.exec; }
};

/// What a pte that is neither none nor present stands for (swp_entry_t): a slot of the swap area, or the frame whose
/// content is being moved.
enum class EntryKind : std::uint8_t { swap, migration };

/// What the architecture's own headers call some bits of a pte; for reports. Several bits are a number.
struct PteField {
  std::uint64_t mask = 0;  ///< 0 ends a list
  const char* name = nullptr;
};

/// Where an architecture keeps the meanings of a pte. Masks of one bit, but for the frame field.
struct PteLayout {
  std::uint64_t present = 0;
  std::uint64_t write = 0;
  std::uint64_t user = 0;
  std::uint64_t dirty = 0;
  std::uint64_t accessed = 0;
  /// Set when execution is allowed; 0 if the bit is inverted (see no_exec).
  std::uint64_t exec = 0;
  std::uint64_t no_exec = 0;
  std::uint64_t global = 0;
  /// Bits that pte_none and pte_same ignore (ppc64: BUSY, HASHPTE, SECONDARY, GROUP_IX).
  std::uint64_t ignored = 0;
  unsigned frame_shift = 12;
  std::uint64_t frame_mask = 0;
  /// Always set in a valid entry besides present (cacheability, page size).
  std::uint64_t fixed = 0;
  /// In the order in which they are said.
  const PteField* fields = nullptr;

  [[nodiscard]] bool none(Pte pte) const { return (pte.raw() & ~ignored) == 0; }
  [[nodiscard]] bool is_present(Pte pte) const { return pte.has(present); }
  [[nodiscard]] bool same(Pte a, Pte b) const { return ((a.raw() ^ b.raw()) & ~ignored) == 0; }
  [[nodiscard]] Frame frame(Pte pte) const { return Frame{(pte.raw() & frame_mask) >> frame_shift}; }
  [[nodiscard]] Rights rights(Pte pte) const {
    return {pte.has(write), no_exec != 0 ? !pte.has(no_exec) : pte.has(exec)};
  }
  [[nodiscard]] Pte make(Frame frame, Rights rights) const {
    Pte pte{(std::uint64_t{frame.raw()} << frame_shift) | present | user | fixed};
    return with_rights(pte, rights);
  }
  [[nodiscard]] Pte with_rights(Pte pte, Rights rights) const {
    pte = rights.write ? pte.with(write) : pte.without(write);
    if (no_exec != 0) return rights.exec ? pte.without(no_exec) : pte.with(no_exec);
    return rights.exec ? pte.with(exec) : pte.without(exec);
  }

  /// A present pte that no user access may go through, so that the next one faults (pte_protnone). Where there is no
  /// such bit, the kernel gives no NUMA hints.
  [[nodiscard]] bool has_protnone() const { return user != 0; }
  [[nodiscard]] bool is_protnone(Pte pte) const { return user != 0 && is_present(pte) && !pte.has(user); }
  [[nodiscard]] Pte protnone(Pte pte) const { return pte.without(user); }
  [[nodiscard]] Pte accessible(Pte pte) const { return pte.with(user); }

  [[nodiscard]] bool is_entry(Pte pte) const { return !none(pte) && !is_present(pte); }
  [[nodiscard]] EntryKind entry_kind(Pte pte) const {
    return pte.has(accessed) ? EntryKind::migration : EntryKind::swap;
  }
  /// The slot or the frame; what `from` says of rights and of stores stays with the entry.
  [[nodiscard]] Pte entry(EntryKind kind, std::uint64_t number, Pte from) const {
    Pte pte{((number + 1) << frame_shift) & frame_mask};
    if (kind == EntryKind::migration) pte = pte.with(accessed);
    if (rights(from).write) pte = pte.with(write);
    return from.has(dirty) ? pte.with(dirty) : pte;
  }
  [[nodiscard]] std::uint64_t entry_number(Pte pte) const { return ((pte.raw() & frame_mask) >> frame_shift) - 1; }
};

/// "0x513: frame 0, PRESENT USER ACCESSED"; "0x0".
[[nodiscard]] std::string pte_text(const PteLayout& layout, Pte pte);

}  // namespace mmulab
