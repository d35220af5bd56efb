// SPDX-License-Identifier: MIT
// What the ledger must know beforehand: how ptes and hash entries are laid out, which hardware there is, and
// how stories name what they speak of. It never reads the models. Source of the layouts: hardware.md 1, 2.1, 3 (the
// architecture's own headers give them).
#pragma once

#include <functional>
#include <string>

#include "models/mm/geometry.h"
#include "models/mm/pte.h"

namespace mmulab {

/// Where one hardware tag must not name two address spaces.
enum class TagDomain : std::uint8_t { core, machine };

/// Bits of a Linux pte that say where its hash entry is (ppc64). All zero elsewhere.
struct HashPteBits {
  std::uint64_t hashpte = 0;
  std::uint64_t busy = 0;
  std::uint64_t secondary = 0;
  std::uint64_t slot_mask = 0;  ///< GROUP_IX
  unsigned slot_shift = 0;
  std::uint64_t combo = 0;  ///< the page is hashed in parts; 0 where none can be
  std::uint64_t part0 = 0;  ///< of a combo pte: its first part may have an entry; those of the others follow below
};

/// Dword 0 of a hash entry, and how groups lie in the World.
struct HptShape {
  Location first;
  std::uint32_t words_per_entry = 2;
  std::uint32_t entries_per_group = 8;
  std::uint64_t valid = 0x1;
  std::uint64_t secondary = 0x2;
  std::uint64_t large = 0x4;
  std::uint64_t segment_size = 0xC000000000000000;
  std::uint64_t pages_per_large = 4096;
  /// A store is let through only if the pte was dirty at insertion (ppc64: PP from RW & DIRTY).
  bool write_needs_dirty = true;
};

struct LedgerConfig {
  PteLayout pte;
  PageShift page_shift;
  std::uint32_t cpus = 1;
  std::uint32_t threads_per_core = 1;
  TagDomain tag_domain = TagDomain::core;
  bool hardware_tags = false;    ///< translations carry a PCID, ASID, VSID or context
  bool hash_table = false;       ///< ppc64
  bool tsb = false;              ///< sparc64
  bool hardware_walker = false;  ///< page tables are read by hardware (x86)
  bool lockless_walker = false;  ///< or by somebody who holds no lock (gup)
  bool multi_hit_fatal = false;  ///< two TLB entries of different size for one address are an error of the machine
  bool parts = false;            ///< less than a page may be translated by itself
  bool empty_at_unlock = false;  ///< the strategy promises an empty batch at the PTL's release
  HashPteBits hash;
  HptShape hpt;
  const char* moment_unit = "cycle";  ///< what stories count time in; 0 of another unit is before it began
  std::function<std::string(Location)> name_of_word;  ///< for stories; none: by number
};

}  // namespace mmulab
