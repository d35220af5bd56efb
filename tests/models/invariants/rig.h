// SPDX-License-Identifier: MIT
// A hand-driven machine for testing the checkers: page tables, TLBs and a hash table of its own, which emit the
// events that models would emit and do nothing else. What it does is honest; whether the sequence is, is the
// test's affair.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "models/invariants/ledger.h"
#include "models/invariants/no_deadlock.h"
#include "sim/check/checker.h"

namespace mmulab::test {

/// One layout with everything in it: x86-like rights, ppc64-like hash bits.
PteLayout rig_layout();

LedgerConfig rig_config();
LedgerConfig ppc64_rig();

struct Actor {
  CpuId cpu;
  TaskId task;
};

class Rig : public CopySource {
 public:
  explicit Rig(const LedgerConfig& config = rig_config());
  ~Rig() override;

  /// Task n runs on cpu n.
  static Actor on(std::uint32_t n) { return {CpuId{n}, TaskId{n}}; }

  // ---- what was found
  [[nodiscard]] std::vector<std::string> found() const;
  /// The number of the event that made the n-th violation possible, as the ledger counts them; 0: none is known.
  [[nodiscard]] std::uint64_t opened_by(std::size_t n = 0) const { return checker.violations()[n].opened_by; }
  [[nodiscard]] std::uint64_t exercised(const char* name) const { return checker.find(name)->exercised(); }
  [[nodiscard]] std::uint64_t reached(const char* goal) const;

  // ---- events
  Event make(EventKind kind, Actor who);
  void emit(const Event& event);
  void plain(EventKind kind, Actor who, std::uint64_t a = 0, std::uint64_t b = 0);
  void mode(EventKind kind, Actor who, MmId mm);
  void user(Actor who, std::uint32_t mm = 0) { mode(EventKind::returned_to_user, who, MmId{mm}); }
  void kernel(Actor who) { mode(EventKind::entered_kernel, who, MmId::none()); }
  void call(Actor who, Call call, std::uint64_t first, std::uint64_t pages = 1, std::uint32_t mm = 0);
  void ret(Actor who);
  void lock(Actor who, LockClass lock_class = LockClass::ptl, std::uint32_t at = 7) {
    locking(EventKind::lock_acquired, who, lock_class, at);
  }
  void trylock_page(Actor who, std::uint32_t at) { locking(EventKind::lock_acquired, who, LockClass::page, at, 1); }
  void unlock(Actor who, LockClass lock_class = LockClass::ptl, std::uint32_t at = 7) {
    locking(EventKind::lock_released, who, lock_class, at);
  }
  void ipi(Actor to) { plain(EventKind::ipi_delivered, {CpuId::none(), TaskId::none()}, 2, to.cpu.raw()); }

  // ---- ptes
  static Pte pte(std::uint32_t frame, bool write = false, bool exec = false, std::uint64_t bits = 0) {
    return rig_layout().make(Frame{frame}, Rights{write, exec}).with(bits);
  }
  [[nodiscard]] Pte now_at(std::uint64_t page, std::uint32_t mm = 0) const;
  void store(Actor who, std::uint64_t page, Pte value, std::uint32_t mm = 0);
  void clear(Actor who, std::uint64_t page, std::uint32_t mm = 0) { store(who, page, Pte{}, mm); }

  // ---- frames
  void frame(EventKind kind, Actor who, std::uint32_t f, std::uint64_t a = 0);
  void give(Actor who, std::uint32_t f, std::uint64_t page, MmId mm = MmId{0});
  void free(Actor who, std::uint32_t f) { frame(EventKind::frame_freed, who, f); }

  // ---- TLBs
  /// Fills from `from`, or from the pte as it is.
  void fill(Actor who, std::uint64_t page, std::uint32_t mm = 0, Pte from = Pte{});
  /// An access through the copy that this core has (the first one). Without one: nothing.
  void use(Actor who, std::uint64_t page, AccessKind kind = AccessKind::load, std::uint32_t mm = 0);
  void drop(Actor who, std::uint64_t page, std::uint32_t mm = 0);
  void drop_tag(Actor who, std::uint32_t mm = 0);
  void drop_all(Actor who);
  /// The hardware replaces an entry: nobody is told.
  void evict(Actor who, std::uint64_t page);
  void load_tag(Actor who, std::uint32_t tag, std::uint32_t mm);
  /// Tags by mm; equal to the mm's number unless a test renames them.
  std::map<std::uint32_t, std::uint32_t> tags;
  [[nodiscard]] Tag tag_of(std::uint32_t mm) const;

  // ---- hash table: word of slot n of group g
  static std::uint32_t slot(std::uint32_t n, std::uint32_t group = 0) { return 1024 + (group * 8 + n) * 2; }
  void hpte(Actor who, std::uint32_t at, std::uint64_t page, std::uint32_t frame, bool valid = true,
            std::uint32_t mm = 0, std::uint64_t dword0_bits = 0);
  /// The pte bits that point to slot n.
  static std::uint64_t hashed(std::uint64_t n) { return 0x100 | n << 11; }
  void note(Actor who, std::uint64_t page, std::uint64_t pending = 1, std::uint32_t mm = 0);
  void flushed(Actor who, std::uint64_t entries) { plain(EventKind::batch_flushed, who, entries); }

  void list_copies(MmId mm, VirtPage page, std::vector<TranslationCopy>& copies) const override;
  void list_walk_copies(TableId table, std::vector<WalkCacheCopy>& copies) const override;
  [[nodiscard]] CoreId core(CpuId cpu) const { return CoreId{cpu.raw() / config_.threads_per_core}; }

  EventStream stream;
  Checker checker{CheckerOptions{OnViolation::count, 16}};
  Ledger* ledger = nullptr;
  std::uint64_t now = 0;

 private:
  Event boundary(EventKind kind, Actor who, Call call, std::uint64_t first, std::uint64_t pages,
                 std::uint32_t mm);
  void locking(EventKind kind, Actor who, LockClass lock_class, std::uint32_t at, std::uint64_t b = 0);
  void dropped(Actor who, std::uint64_t page, Tag tag, std::uint64_t what);
  template <class F>
  void forget(F&& which);

  LedgerConfig config_;
  std::map<std::pair<std::uint32_t, std::uint64_t>, Pte> ptes_;
  std::map<std::uint32_t, std::vector<Event>> calls_;
  std::vector<TranslationCopy> copies_;
  std::vector<std::pair<TableId, WalkCacheCopy>> walk_copies_;
};

using Found = std::vector<std::string>;

}  // namespace mmulab::test
