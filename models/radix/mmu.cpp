// SPDX-License-Identifier: MIT
#include "models/radix/mmu.h"

#include "models/machine/tlb_eviction.h"
#include "models/radix/agents.h"
#include "models/radix/may_set.h"

namespace mmulab::radix {
namespace {

/// Values of translation_dropped's `a`.
enum : std::uint64_t { reach_page = 0, reach_tag = 1, reach_all_but_global = 2, reach_all = 3 };

}  // namespace

bool permits(std::uint64_t data, AccessKind kind) {
  if ((data & pte_user) == 0) return false;
  if (kind == AccessKind::store) return (data & pte_write) != 0;
  return kind != AccessKind::fetch || (data & pte_no_exec) == 0;
}

Mmu::Mmu(const KernelState& state, const Machine& machine, const char* name, const HierarchyParams& params,
         AccessCosts costs, const MmuLabels& labels)
    : state_(state),
      machine_(machine),
      costs_(costs),
      labels_(labels),
      tlbs_(machine.world, name, machine.topology, state.geometry(), params),
      registers_(machine.world.allocate(std::string(name) + ".cpu", state.limits().cpus, register_words,
                                        Coherence::internal)) {
  if (params.agents == TlbAgents::explicit_moves) {
    speculation_ = std::make_unique<Speculation>(*this);
    eviction_ = eviction();
  }
  if (params.agents == TlbAgents::may_set) {
    may_ = std::make_unique<MaySet>(machine.world, name, *this);
    speculation_ = std::make_unique<Accessing>(*this);
  }
}

Mmu::~Mmu() = default;

std::vector<Device*> Mmu::agents() const {
  std::vector<Device*> all;
  for (Device* agent : {speculation_.get(), eviction_.get()})
    if (agent != nullptr) all.push_back(agent);
  return all;
}

void Mmu::keep_owners() {
  MMULAB_ASSERT(state_.limits().mms <= owners_max, "an entry has room for 2047 owners");
  keeps_owners_ = true;
}

std::unique_ptr<Device> Mmu::eviction() const {
  std::vector<TlbEviction::Array> arrays;
  for (std::uint32_t core = 0; core < machine_.topology.cores(); ++core)
    for (std::uint32_t n = 0; n < tlbs_.arrays(); ++n)
      arrays.push_back({&tlbs_.array(n).tlb, tlbs_.set_first(CoreId{core}, n, VirtPage{0})});
  return std::make_unique<TlbEviction>(labels_.evict, std::move(arrays));
}

Shadow* Mmu::shadow() const { return may_.get(); }

void Mmu::declare_may(Footprint& footprint, CpuId cpu) const {
  if (may_ != nullptr) may_->declare_row(footprint, cpu);
}

// ------------------------------------------------------------------------------------------------ accesses

AccessResult Mmu::access(Context& ctx, VirtAddr va, AccessKind kind) {
  const World& world = ctx.world();
  const CpuId cpu = ctx.cpu();
  const VirtPage page = page_of(va, state_.geometry().page_shift());
  if (may_ != nullptr) return access_what_may_be(ctx, page, kind);
  const Side side = kind == AccessKind::fetch ? Side::instruction : Side::data;
  const auto peek = [&](Location at) { return PeekWords{world, at}; };
  const CoreId core = core_of(cpu);
  const auto hit = tlbs_.find(peek, world.load(tlbs_.kinds(core)), core, side, page, tag_on(world, cpu));
  if (hit.array != TlbHierarchy::no_array) {
    if (!permits(hit.data, kind)) return page_fault(ctx, page, true);
    if (kind != AccessKind::store || (hit.data & pte_dirty) != 0) return use_hit(ctx, page, kind, hit);
  }
  AccessResult result;
  if (!has_root(ctx, page, result)) return result;
  Walk w = begin_walk(world, cpu, page, kind);
  switch (walk(ctx, w)) {
    case Walk::Status::filled: return {AccessResult::Status::done, false};
    case Walk::Status::not_present: return page_fault(ctx, page, false);
    case Walk::Status::protection: return page_fault(ctx, page, true);
    case Walk::Status::interrupted: break;
  }
  return {AccessResult::Status::interrupted, false};
}

/// False: that was the end of the access.
bool Mmu::has_root(Context& ctx, VirtPage page, AccessResult& result) {
  const World& world = ctx.world();
  if (world.load(root_register(ctx.cpu())).exists()) return true;
  const MmId mm = world.load(mm_register(ctx.cpu()));
  result = {AccessResult::Status::interrupted, false};
  if (mm.exists() && !latch_root(ctx, mm)) return false;
  if (world.load(root_register(ctx.cpu())).exists()) return true;
  result = page_fault(ctx, page, false);
  return false;
}

AccessResult Mmu::use_hit(Context& ctx, VirtPage page, AccessKind kind, const TlbHierarchy::Hit& hit) {
  const CoreId core = core_of(ctx.cpu());
  const Side side = kind == AccessKind::fetch ? Side::instruction : Side::data;
  Footprint footprint;
  tlbs_.declare_hit(footprint, core, side, page, hit);
  const Cycles extra = hit.second_level ? costs_.second_level_hit : Cycles{};
  const auto used = ctx.step_restartable(labels_.access, footprint, extra, [&](Access& a) {
    if (!tlbs_.use([&](Location at) { return StepWords{a, at}; }, core, side, page, hit)) return false;
    machine_.count(hit.second_level ? &TranslationCounts::second_level : &TranslationCounts::first_level);
    Event event{EventKind::translation_used};
    event.mm = ctx.world().load(mm_register(ctx.cpu()));
    event.page = page;
    event.frame = tlbs_.frame_in(hit.data, page, hit.size);
    event.tag = Tag{hit.key.tag()};
    event.a = static_cast<std::uint64_t>(kind);
    event.b = rights_bits(hit.data, hit.size);
    emit(a, event);
    return true;
  });
  return {used.value_or(false) ? AccessResult::Status::done : AccessResult::Status::interrupted, false};
}

AccessResult Mmu::page_fault(Context& ctx, VirtPage page, bool protection) {
  const CpuId cpu = ctx.cpu();
  const CoreId core = core_of(cpu);
  const std::uint32_t tag = tag_on(ctx.world(), cpu);
  Footprint footprint = writes(walk_in_flight(cpu));
  tlbs_.declare_page(footprint, core, page);
  declare_may(footprint, cpu);
  const auto done = ctx.step_restartable(labels_.fault, footprint, Cycles{}, [&](Access& a) {
    a.write(walk_in_flight(cpu), std::uint64_t{0});
    tlbs_.drop_page(StepView{a}, core, page, tag, true);
    tlbs_.drop_psc_path(StepView{a}, core, page, tag);
    if (may_ != nullptr) may_->kill(a, cpu, [&](const Cached& c) {
      return may_->covers(cpu, c, page) && (c.leaf || tlbs_.psc(c.level) != TlbHierarchy::no_array);
    });
    emit_dropped(a, tag, page, reach_page);
    return true;
  });
  return {done ? AccessResult::Status::fault : AccessResult::Status::interrupted, protection};
}

/// The kernel model may give an mm its root table only after the switch to it; hardware would have had it in CR3.
bool Mmu::latch_root(Context& ctx, MmId mm) {
  const auto reg = root_register(ctx.cpu());
  const auto source = state_.mm_root(mm);
  Footprint footprint = reads(source).writes(reg);
  declare_may(footprint, ctx.cpu());
  return ctx.step_restartable(labels_.latch, footprint, Cycles{}, [&](Access& a) { a.write(reg, a.read(source)); });
}

// ------------------------------------------------------------------------------------------------ invalidation

void Mmu::end_walks(Access& a, CpuId cpu) const {
  a.write(walk_in_flight(cpu), std::uint64_t{0});
  a.write(held_pointer(cpu), std::uint64_t{0});
  if (may_ != nullptr) may_->kill_in_flight(a, cpu);
}

void Mmu::emit_dropped(const Access& a, std::uint32_t tag, VirtPage page, std::uint64_t reach, CoreId core) const {
  Event event{EventKind::translation_dropped};
  event.tag = Tag{tag};
  event.page = page;
  event.a = reach;
  if (core.exists()) event.b = std::uint64_t{core.raw()} + 1;
  emit(a, event);
}

void Mmu::load_root(Context& ctx, const Label& label, MmId next, std::uint32_t asid, bool flush) {
  const CpuId cpu = ctx.cpu();
  const CoreId core = core_of(cpu);
  const std::uint32_t tag = tag_of(tlbs_.thread_of(cpu), asid);
  Footprint footprint = Footprint{}.writes_words(registers_.at(cpu.raw()), register_words);
  if (flush) footprint.writes_words(tlbs_.core_first(core), tlbs_.core_words());
  if (next.exists()) footprint.reads(state_.mm_root(next));
  declare_may(footprint, cpu);
  ctx.step(label, footprint, [&](Access& a) {
    if (may_ != nullptr) may_->leave_root(a, cpu);
    a.write(root_register(cpu), next.exists() ? a.read(state_.mm_root(next)) : TableId::none());
    a.write(asid_register(cpu), std::uint64_t{asid});
    a.write(mm_register(cpu), next);
    end_walks(a, cpu);
    if (flush) {
      tlbs_.drop_where(StepView{a}, core, [&](TlbKey key) { return key.tag() == tag; });
      if (may_ != nullptr) may_->kill(a, cpu, [&](const Cached& c) { return c.tag == tag; });
      emit_dropped(a, tag, VirtPage{}, reach_tag);
    }
    Event event{EventKind::tag_loaded};
    event.tag = Tag{tag};
    event.mm = next;
    emit(a, event);
  });
}

void Mmu::drop_page_here(Context& ctx, const Label& label, std::uint32_t asid, VirtPage page, bool globals) {
  const CpuId cpu = ctx.cpu();
  const CoreId core = core_of(cpu);
  const std::uint32_t tag = tag_of(tlbs_.thread_of(cpu), asid);
  Footprint footprint = Footprint{}.writes_words(walks_first(cpu), walk_words);
  tlbs_.declare_page(footprint, core, page);
  declare_may(footprint, cpu);
  ctx.step(label, footprint, [&](Access& a) {
    end_walks(a, cpu);
    tlbs_.drop_page(StepView{a}, core, page, tag, globals);
    tlbs_.drop_psc_tag(StepView{a}, core, tag);
    if (may_ != nullptr) may_->kill_page(a, cpu, tag, page, globals);
    emit_dropped(a, tag, page, reach_page);
  });
}

void Mmu::drop_asid_here(Context& ctx, const Label& label, std::uint32_t asid) {
  const CpuId cpu = ctx.cpu();
  const CoreId core = core_of(cpu);
  const std::uint32_t tag = tag_of(tlbs_.thread_of(cpu), asid);
  Footprint footprint = Footprint{}.writes_words(walks_first(cpu), walk_words);
  footprint.writes_words(tlbs_.core_first(core), tlbs_.core_words());
  declare_may(footprint, cpu);
  ctx.step(label, footprint, [&](Access& a) {
    end_walks(a, cpu);
    tlbs_.drop_where(StepView{a}, core, [&](TlbKey key) { return key.tag() == tag; });
    if (may_ != nullptr) may_->kill(a, cpu, [&](const Cached& c) { return c.tag == tag; });
    emit_dropped(a, tag, VirtPage{}, reach_tag);
  });
}

void Mmu::drop_all_here(Context& ctx, const Label& label, bool globals) {
  const CpuId cpu = ctx.cpu();
  const CoreId core = core_of(cpu);
  const std::uint32_t thread = tlbs_.thread_of(cpu);
  Footprint footprint = Footprint{}.writes_words(walks_first(cpu), walk_words);
  footprint.writes_words(tlbs_.core_first(core), tlbs_.core_words());
  declare_may(footprint, cpu);
  ctx.step(label, footprint, [&](Access& a) {
    end_walks(a, cpu);
    tlbs_.drop_where(StepView{a}, core, [&](TlbKey key) {
      return (globals || !is_global_tag(key.tag())) && thread_of_tag(key.tag()) == thread;
    });
    if (may_ != nullptr) may_->kill(a, cpu, [&](const Cached& c) { return globals || !is_global_tag(c.tag); });
    emit_dropped(a, tag_of(thread, 0), VirtPage{}, globals ? reach_all : reach_all_but_global);
  });
}

// ------------------------------------------------------------------------------------------------ broadcast

Footprint Mmu::every_core() const {
  const std::uint32_t cores = machine_.topology.cores();
  const Location begin = tlbs_.core_first(CoreId{0});
  const std::uint32_t words = tlbs_.core_first(CoreId{cores - 1}).raw() + tlbs_.core_words() - begin.raw();
  Footprint footprint = Footprint{}.writes_words(begin, words);
  if (may_ != nullptr) may_->declare_rows(footprint);
  return footprint.writes_words(registers_.first(), registers_.words());
}

/// The invalidation has reached every core when the step is over; hardware promises that only after a barrier.
void Mmu::drop_everywhere(Context& ctx, const Label& label, std::uint32_t asid, VirtPage first,
                          std::uint32_t pages) {
  ctx.step(label, every_core(), [&](Access& a) {
    for (std::uint32_t cpu = 0; cpu < state_.limits().cpus; ++cpu) {
      const CoreId core = core_of(CpuId{cpu});
      const std::uint32_t tag = tag_of(tlbs_.thread_of(CpuId{cpu}), asid);
      if (pages == 0) tlbs_.drop_where(StepView{a}, core, [&](TlbKey key) { return key.tag() == tag; });
      for (std::uint32_t p = 0; p < pages; ++p) tlbs_.drop_page(StepView{a}, core, first + Pages{p}, tag, false);
      tlbs_.drop_psc_tag(StepView{a}, core, tag);
      if (may_ != nullptr) {
        if (pages == 0) may_->kill(a, CpuId{cpu}, [&](const Cached& c) { return c.tag == tag; });
        for (std::uint32_t p = 0; p < pages; ++p) may_->kill_page(a, CpuId{cpu}, tag, first + Pages{p}, false);
      }
      if (a.read(asid_register(CpuId{cpu})) == asid) end_walks(a, CpuId{cpu});
      for (std::uint32_t p = 0; p < (pages == 0 ? 1 : pages); ++p)
        emit_dropped(a, tag, first + Pages{p}, pages == 0 ? reach_tag : reach_page, core);
    }
  });
}

void Mmu::drop_all_everywhere(Context& ctx, const Label& label) {
  ctx.step(label, every_core(), [&](Access& a) {
    for (std::uint32_t cpu = 0; cpu < state_.limits().cpus; ++cpu) {
      const CoreId core = core_of(CpuId{cpu});
      tlbs_.drop_where(StepView{a}, core, [](TlbKey) { return true; });
      if (may_ != nullptr) may_->kill(a, CpuId{cpu}, [](const Cached&) { return true; });
      end_walks(a, CpuId{cpu});
      emit_dropped(a, tag_of(tlbs_.thread_of(CpuId{cpu}), 0), VirtPage{}, reach_all, core);
    }
  });
}

}  // namespace mmulab::radix
