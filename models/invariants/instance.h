// SPDX-License-Identifier: MIT
// The ledger's nouns (modelling.md 3). An instance is one life of a pte: what it mapped, with which rights, from a
// store that made it present to one that ended it. An obligation is what a revoking store leaves behind: copies
// that must die, by a certain event.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "models/invariants/execution.h"
#include "models/mm/pte.h"

namespace mmulab {

/// Rights as bits; read is one, because PROT_NONE takes it away. The low two are those of the events.
enum RightBits : std::uint64_t { right_write = 1, right_exec = 2, right_read = 8 };
[[nodiscard]] std::uint64_t rights_of(const PteLayout& layout, Pte pte);
/// "rw-"
[[nodiscard]] std::array<char, 4> rights_text(std::uint64_t rights);

struct Instance {
  MmId mm;
  VirtPage page;
  Frame frame;
  std::uint64_t generation = 0;  ///< of the frame, at birth
  std::uint64_t rights = 0;
  /// Two instances of one lineage are the same pte to its owner: cleared and set again under one PTL hold.
  std::uint64_t lineage = 0;
  Moment born;
};

enum class Change : std::uint8_t {
  revoked,   ///< the pte is gone
  replaced,  ///< a fault put another frame in its place (COW)
  lowered,   ///< fewer rights
  cleaned,   ///< same rights, dirty bit taken away
  freed      ///< the frame was freed while the pte was still there
};

/// By which event the copies must be dead; the frame's death is always another such event.
enum class Due : std::uint8_t { return_of_call, end_of_dup_mmap, replacement, free_of_frame, unlock_of_destination };

/// What a call owes that changes a pte.
[[nodiscard]] Due due_of(Call call);

struct TlbCopy {
  CoreId core;
  Tag tag;
  std::uint64_t rights = 0;
  friend bool operator==(const TlbCopy& a, const TlbCopy& b) {
    return a.core == b.core && a.tag == b.tag && a.rights == b.rights;
  }
};

/// How a pte's content last came into question, and under which locks: who owns what is pending.
struct Disturbance {
  Moment when;
  std::array<HeldLock, 2> ptl;
  unsigned ptls = 0;
  bool dirty = false;  ///< the pte was dirty
};

struct Obligation {
  std::uint64_t id = 0;
  Instance was;
  Change change = Change::revoked;
  std::uint64_t lost = 0;  ///< rights that the copies must not have
  Moment opened;
  Due due_by = Due::free_of_frame;
  HeldLock until;  ///< unlock_of_destination: the lock that covers the moved pte
  bool due = false;
  Moment due_since;
  bool returned = false;             ///< a call that must not leave it behind has returned
  std::uint64_t returned_order = 0;  ///< number of that event
  bool found_by_other = false;       ///< ... which had found it, not made it
  std::uint64_t denied = 0;          ///< rights that a later call has taken from the range meanwhile
  std::uint64_t denied_order = 0;    ///< number of that call's return
  bool dormant = false;              ///< its mm is dead: only reuse of a tag can wake it
  bool new_written = false;          ///< replaced: a store has gone to the new frame
  Frame replaced_by;
  std::vector<TlbCopy> tlb;
  std::vector<Location> hptes;
  std::vector<Location> tsbs;
  /// Copies alike in several levels of one core live and die together.
  void note(const TlbCopy& copy) {
    if (std::find(tlb.begin(), tlb.end(), copy) == tlb.end()) tlb.push_back(copy);
  }
  [[nodiscard]] bool has_copies() const { return !tlb.empty() || !hptes.empty() || !tsbs.empty(); }
};

/// A revocation whose copies are all dead, kept in case a fill that was in flight brings one back.
struct PastObligation {
  bool known = false;
  Instance was;
  Change change = Change::revoked;
  std::uint64_t lost = 0;
  Moment opened;
  Due due_by = Due::free_of_frame;
  HeldLock until;
  Frame replaced_by;
};

struct PageRecord {
  Pte raw;
  bool present = false;
  Instance live;  ///< if present
  std::uint64_t lineage = 0;
  PastObligation past;
  Disturbance disturbed;
};

struct FrameRecord {
  std::uint64_t generation = 0;
  bool allocated_seen = false;  ///< given out before our eyes, and not back yet
  bool anonymous = false;
  bool unbacked = false;  ///< anonymous, or a device's: nothing to write back to
  std::uint32_t live_maps = 0;
  bool dirty = false;      ///< the page flag
  bool lazyfree = false;   ///< its content may go, but for stores after the call that said so
  bool writing = false;    ///< the flag was taken for a write that has not read the content yet
  bool uncovered = false;  ///< content newer than backing, and neither flag nor pte says so
  Moment uncovered_since;
  Moment freed;
};

struct HpteRecord {
  Location at;
  std::uint64_t dword0 = 0;
  MmId mm;
  VirtPage page;
  Tag tag;
  Frame frame;
  std::uint64_t rights = 0;
  std::uint64_t lineage = 0;
  Moment inserted;
  std::uint8_t part = 0;   ///< as in the event
  std::uint8_t order = 0;
};

struct TsbRecord {
  MmId mm;
  VirtPage page;
  std::uint64_t data = 0;
};

/// Two valid hash entries for one page.
struct Duplicate {
  bool found = false;
  HpteRecord older;
  HpteRecord newer;
  bool refaulted = false;  ///< D1; else the same pte was hashed again: D2
  Disturbance pending;     ///< who left the older one behind
  bool owner_holds_ptl = false;
  TaskId ptl_holder;
};

/// A copy or a comparison of a page's content in progress.
struct CopyWatch {
  MmId mm;
  VirtPage page;
  Frame source;
  TaskId task;
  bool all = false;  ///< no mapping may store to the source (migration, KSM); else only this one (COW)
  Moment begun;
  bool stored = false;  ///< a store has reached the source since
  Moment store;
};

/// A batch entry that waits for its flush.
struct NotedEntry {
  CpuId cpu;
  TaskId task;
  MmId mm;
  VirtPage page;
  std::uint64_t order = 0;
  bool being_flushed = false;
};

}  // namespace mmulab
