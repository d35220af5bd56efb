// SPDX-License-Identifier: MIT
// The one reference model that all invariants of address translation read (modelling.md 3): instances, copies,
// obligations, tags, frame generations, built from events alone. It judges nothing itself. While nothing is
// pending it looks at few events; while a copy of a revoked instance lives, it attends to the stream: cores report
// the accesses that could go through the copy. What one event brought about is in happened() until the next. Left
// out: pages larger than the base size in ptes.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <unordered_map>

#include "models/invariants/instance.h"
#include "models/invariants/ledger_config.h"
#include "models/mm/port.h"
#include "sim/check/copy_on_write.h"
#include "sim/check/invariant.h"

namespace mmulab {

struct PageKey {
  MmId mm;
  VirtPage page;
  friend bool operator==(PageKey a, PageKey b) { return a.mm == b.mm && a.page == b.page; }
};
struct PageKeyHash {
  std::size_t operator()(PageKey k) const noexcept {
    return static_cast<std::size_t>((k.page.raw() * 0x9e3779b97f4a7c15ULL) ^ (std::uint64_t{k.mm.raw()} << 40));
  }
};

/// A copy that a user access could reach now.
struct UsableCopy {
  enum class Kind : std::uint8_t { tlb, hpte, tsb };
  Kind kind = Kind::tlb;
  CpuId cpu;
  Tag tag;
  Location at;
};

/// What the current event brought about, for the invariants that look at it.
struct Happening {
  std::uint64_t stale_fill = 0;  ///< id of the obligation that a fill gave a new copy; 0: none
  std::uint64_t stale_use = 0;   ///< ... through a copy of which the access went
  Duplicate duplicate;
  bool copy_finished = false;  ///< a watched copy's new pte became visible
  CopyWatch copy;
  bool replaced = false;  ///< another frame has taken the place of one that somebody may still see
  /// Ids of obligations that have fallen due, or that a returning call has found pending; ascending.
  std::set<std::uint64_t> due;
  [[nodiscard]] bool any() const {
    return stale_fill != 0 || stale_use != 0 || duplicate.found || copy_finished || replaced || !due.empty();
  }
};

/// Address spaces that share a leaf table, and where each sees its first entry.
struct SharedTable {
  Location first;
  std::uint64_t entries = 0;
  std::vector<std::pair<MmId, VirtPage>> users;
};

struct LedgerState {
  std::uint64_t order = 0;
  std::uint64_t next_id = 1;
  std::uint64_t next_lineage = 1;
  Execution execution;
  template <class T>
  using ByPage = std::unordered_map<PageKey, T, PageKeyHash>;
  CopyOnWrite<ByPage<PageRecord>> pages;
  CopyOnWrite<std::vector<FrameRecord>> frames;
  CopyOnWrite<std::map<std::uint64_t, Obligation>> open;
  CopyOnWrite<std::unordered_map<std::uint64_t, std::vector<std::uint64_t>>> open_by_page;  // virtual page -> ids
  CopyOnWrite<std::set<std::uint64_t>> awake;         // ids of open ones that are not dormant
  CopyOnWrite<ByPage<std::size_t>> awake_by_page;     // how many
  CopyOnWrite<std::map<std::uint32_t, SharedTable>> shared_tables;
  CopyOnWrite<std::vector<CopyWatch>> watches;
  CopyOnWrite<std::vector<NotedEntry>> noted;
  std::vector<std::uint64_t> batch_depth;                  // by cpu
  CopyOnWrite<std::map<std::uint32_t, HpteRecord>> hptes;  // valid ones, by location
  CopyOnWrite<ByPage<std::vector<std::uint32_t>>> hptes_by_page;
  CopyOnWrite<std::map<std::uint32_t, TsbRecord>> tsbs;
  CopyOnWrite<ByPage<std::vector<std::uint32_t>>> tsbs_by_page;
  std::uint32_t wide_hptes = 0;
  std::uint64_t over_invalidations = 0;
};

class Ledger : public RememberedAs<LedgerState, ReferenceModel>, public AccessWatcher {
 public:
  Ledger(const LedgerConfig& config, EventStream& stream);
  ~Ledger() override;
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  void on_event(const Event& event) override;
  void restore(const Memory* memory) override;
  void reset() override;
  void mix_into(StateHash& hash) const override;
  [[nodiscard]] bool awaits(CpuId cpu, MmId mm, VirtPage page) const override;

  // ---- what invariants read
  [[nodiscard]] const LedgerConfig& config() const { return config_; }
  [[nodiscard]] const Execution& execution() const { return state_.execution; }
  [[nodiscard]] const Happening& happened() const { return happened_; }
  [[nodiscard]] const std::map<std::uint64_t, Obligation>& open() const { return *state_.open; }
  /// The ids of those whose copies a cpu could reach without loading a tag first; ascending.
  [[nodiscard]] const std::set<std::uint64_t>& awake() const { return *state_.awake; }
  /// Null if it is settled.
  [[nodiscard]] const Obligation* obligation(std::uint64_t id) const;
  [[nodiscard]] const PageRecord* page(MmId mm, VirtPage page) const;
  using PageRecords = LedgerState::ByPage<PageRecord>;
  [[nodiscard]] const PageRecords& pages() const { return *state_.pages; }
  [[nodiscard]] const FrameRecord& frame(Frame f) const;
  [[nodiscard]] std::uint32_t frames() const { return static_cast<std::uint32_t>(state_.frames->size()); }
  /// Its frame has been freed since: whatever lies there now is somebody else's.
  [[nodiscard]] bool is_dead(const Instance& instance) const;
  /// A copy of the obligation that a user access could reach now, on `only` or anywhere. Confirmed by a census
  /// where there is one, because evictions are not reported.
  [[nodiscard]] std::optional<UsableCopy> usable(const Obligation& o, CpuId only = CpuId::none()) const;
  /// Whose copies a translation_dropped is about.
  [[nodiscard]] CoreId core_of_drop(const Event& event) const;
  /// An obligation counts a copy of the page on the core, be it evicted or not.
  [[nodiscard]] bool knows_copy(CoreId core, VirtPage page) const;
  [[nodiscard]] CoreId core_of(CpuId cpu) const { return CoreId{cpu.raw() / config_.threads_per_core}; }

  [[nodiscard]] const std::map<std::uint32_t, HpteRecord>& hptes() const { return *state_.hptes; }
  [[nodiscard]] std::vector<HpteRecord> hptes_of(MmId mm, VirtPage page) const;
  [[nodiscard]] bool is_noted(MmId mm, VirtPage page) const;
  /// The task has noted entries that it has not flushed.
  [[nodiscard]] bool has_noted(TaskId task) const;
  /// Somebody is replacing a page by a copy of it.
  [[nodiscard]] bool copies_pages() const { return !state_.watches->empty(); }
  [[nodiscard]] const std::vector<NotedEntry>& noted() const { return *state_.noted; }
  [[nodiscard]] std::uint64_t batch_depth(CpuId cpu) const;
  /// The walk-cache entries that lead to `table` now.
  void walk_census(TableId table, std::vector<WalkCacheCopy>& copies) const { stream_.walk_census(table, copies); }
  /// The number of the current event.
  [[nodiscard]] std::uint64_t order() const { return state_.order; }
  /// Flushes that killed a newer, legitimate entry (D3): a statistic, never a violation.
  [[nodiscard]] std::uint64_t over_invalidations() const { return state_.over_invalidations; }
  [[nodiscard]] Moment moment(const Event& event) const { return state_.execution.moment(event, state_.order); }
  /// Cycles from a pte's revocation to the death of its last copy; not taken back with the state.
  void on_settled(std::function<void(const Obligation&, Cycle)> callback) { on_settled_ = std::move(callback); }

 private:
  using Ids = std::vector<std::uint64_t>;

  // ledger.cpp
  void dispatch(const Event& event);
  void on_call_returned(const Event& event);
  void find_pending(Obligation& o, const ActiveCall& call, const Event& event);
  void on_lock_released(const Event& event);
  void on_destination_unlocked(const Event& event);
  void on_map_unlocked(const Event& event, const ActiveCall& fork);
  void on_vma_unlinked(const Event& event);
  void on_mm_destroyed(const Event& event);
  void make_due(Obligation& o, const Event& event);
  void mark_returned(Obligation& o, const Event& event);
  void count_awake(const Obligation& o);
  void count_asleep(const Obligation& o);
  void lull(Obligation& o);
  void wake(Obligation& o);
  void update_attention();

  // ledger_ptes.cpp
  PageRecord& record_of(MmId mm, VirtPage page, Pte now);
  FrameRecord& frame_at(Frame f);
  void on_pte_stored(const Event& event);
  void on_table_moved(const Event& event);
  void on_table_shared(const Event& event);
  void on_table_unshared(const Event& event);
  void on_pte_stored_for_others(const Event& event);
  void begin_instance(PageRecord& record, const Event& event, Pte now);
  [[nodiscard]] bool continues(const PageRecord& record, const Event& event, Frame f) const;
  void finish_copy(const Event& event, Frame target);
  [[nodiscard]] Obligation obligation_of(const PageRecord& record, const Event& event, Change change) const;
  void end_instance(PageRecord& record, const Event& event, Change change, Frame replaced_by = Frame::none());
  void change_in_place(PageRecord& record, const Event& event, Pte old, Pte now);
  void disturb(PageRecord& record, const Event& event);
  void settle_reinstated(const PageRecord& record, const Event& event);
  void mark_replaced(PageRecord& record, const Event& event);
  void mark_moved(const PageRecord& record, const Event& event);
  void uncover(Frame f, const Event& event);
  void on_frame(const Event& event);
  void on_frame_freed(const Event& event);
  void on_page_state(const Event& event);
  void on_copy(const Event& event);
  void finish_copies(TaskId task);

  // ledger_copies.cpp
  /// Opens it if there are copies; 0 if not.
  std::uint64_t open_obligation(Obligation o);
  std::uint64_t enter(Obligation o);
  /// A copy of an ended instance has come to life: the open obligation that it belongs to, or the past one again.
  std::uint64_t find_or_reopen(const PageRecord& record, const Event& event, std::uint64_t excess);
  void collect_copies(Obligation& o) const;
  void settle(std::uint64_t id, const Event& event);
  void settle_if_bare(std::uint64_t id, const Event& event);
  [[nodiscard]] Ids open_at(VirtPage page) const;
  [[nodiscard]] Obligation& to_change(std::uint64_t id) { return state_.open.write().at(id); }
  void on_filled(const Event& event);
  [[nodiscard]] bool escapes_notice(const Obligation& o, bool stale) const;
  void on_used(const Event& event);
  void on_dropped(const Event& event);
  void on_tag_loaded(const Event& event);
  [[nodiscard]] bool confirmed(const Obligation& o, const TlbCopy& copy) const;

  // ledger_tables.cpp: hash table, TSB, batches
  void on_hpte_stored(const Event& event);
  void add_hpte(const Event& event);
  void remove_hpte(Location at, const Event& event);
  void find_duplicate(const HpteRecord& newer);
  [[nodiscard]] std::uint64_t pages_of(const HpteRecord& h) const;
  [[nodiscard]] bool is_wide(const HpteRecord& h) const { return pages_of(h) > 1; }
  [[nodiscard]] std::uint64_t hpte_rights(const PageRecord* record, Frame f) const;
  void on_tsb_stored(const Event& event);
  void on_tsb_dropped(const Event& event);
  void remove_tsb(std::uint32_t at, const Event& event);
  void on_batch(const Event& event);
  void forget_flushed(TaskId task);

  LedgerConfig config_;
  EventStream& stream_;
  Happening happened_;
  bool attending_ = false;
  mutable std::vector<TranslationCopy> census_;  // scratch
  std::function<void(const Obligation&, Cycle)> on_settled_;
};

}  // namespace mmulab
