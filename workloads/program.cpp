// SPDX-License-Identifier: MIT
#include "workloads/program.h"

#include <algorithm>

#include "workloads/access_run.h"

namespace mmulab::workload {

void OperationProgram::run(Context& ctx, Kernel& kernel) {
  const Conclusion before(ctx);
  for (Memory memory; memory.at < code_.instructions.size();) {
    before.forget_all_but(memory);
    ctx.set_progress(static_cast<std::uint32_t>(memory.at) + 1);
    const Instruction& now = code_.instructions[memory.at++];
    if (now.kind == OperationKind::exit) return;
    perform(ctx, kernel, now, memory);
  }
  ctx.set_progress(Context::done);
}

namespace {

/// Drawn from the task's own random numbers.
bool is_random(const AccessStream& stream) {
  const Pattern pattern = stream.order->pattern();
  return pattern == Pattern::uniform || pattern == Pattern::zipf ||
         (stream.store_percent != 0 && stream.store_percent != 100);
}

void remember(History& history, const AccessStream& stream) {
  history.learn(stream.first);
  history.learn(stream.order->pattern());
  history.learn(stream.order->pages());
  history.learn(stream.visits);
  history.learn(stream.touches);
  history.learn(stream.store_percent);
  history.learn(stream.within);
}

/// None if the task's own random numbers have a part in it.
std::optional<History> digest_of(const Code& code) {
  History history;
  for (const Instruction& i : code.instructions) {
    if (i.kind == OperationKind::think) return {};
    history.learn(i);
  }
  for (const AccessStream& stream : code.streams) {
    if (is_random(stream)) return {};
    remember(history, stream);
  }
  return history;
}

}  // namespace

bool OperationProgram::is_like(const Program& other) const {
  const auto* operations = dynamic_cast<const OperationProgram*>(&other);
  if (operations == nullptr) return false;
  const auto mine = digest_of(code_), theirs = digest_of(operations->code_);
  return mine && theirs && *mine == *theirs;
}

void OperationProgram::perform(Context& ctx, Kernel& kernel, const Instruction& now, Memory& memory) {
  const std::uint64_t key = code_.key;
  switch (now.kind) {
    case OperationKind::load:
    case OperationKind::store:
    case OperationKind::access:
      return run_stream(ctx, kernel, code_.streams[now.slot], derive(key, memory.draws++), chunk());
    case OperationKind::fetch: return fetch(ctx, kernel, now);
    case OperationKind::fork: {
      const std::uint32_t n = memory.forks[now.slot]++;
      kernel.fork(ctx, TaskId{std::uint64_t{now.child.raw()} + n}, MmId{std::uint64_t{now.child_mm.raw()} + n});
      return;
    }
    case OperationKind::barrier: return meetings_.meet(ctx, kernel, now.slot);
    case OperationKind::think: return ctx.work(Cycles{below(draw(key, memory.draws++), now.amount + 1)});
    case OperationKind::delay: return ctx.work(Cycles{now.amount});
    case OperationKind::yield: return kernel.yield(ctx);
    case OperationKind::sleep: return kernel.sleep_at(ctx, now.slot);
    case OperationKind::await: return kernel.await_at(ctx, now.slot);
    case OperationKind::wake: return kernel.wake_at(ctx, now.slot);
    case OperationKind::repeat: memory.loops[now.slot] = now.amount; return;
    case OperationKind::end:
      if (--memory.loops[now.slot] != 0) memory.at = now.amount;
      return;
    case OperationKind::exit: return;
    default: break;
  }
  for (Pages done; done < now.pages; done += now.step) {
    ctx.learn(done);
    call(ctx, kernel, now, now.page + done, std::min(now.step, now.pages - done));
  }
}

void OperationProgram::call(Context& ctx, Kernel& kernel, const Instruction& now, VirtPage page,
                            Pages pages) const {
  const Pages into = page - now.page;
  switch (now.kind) {
    case OperationKind::munmap: kernel.munmap(ctx, page, pages); return;
    case OperationKind::dontneed: kernel.madvise_dontneed(ctx, page, pages); return;
    case OperationKind::madv_free: kernel.madvise_free(ctx, page, pages); return;
    case OperationKind::clear_refs: kernel.clear_refs(ctx, page, pages); return;
    case OperationKind::discard: kernel.discard(ctx, page, pages); return;
    case OperationKind::reclaim_anon: kernel.reclaim_anon(ctx, page, pages); return;
    case OperationKind::protnone: kernel.protnone(ctx, page, pages); return;
    case OperationKind::migrate: kernel.migrate(ctx, page, pages); return;
    case OperationKind::migrate_vma: kernel.migrate_vma(ctx, page, pages); return;
    case OperationKind::ksm_merge: kernel.ksm_merge(ctx, page, now.other + into); return;
    case OperationKind::gup: kernel.gup(ctx, page, pages); return;
    case OperationKind::demote: kernel.demote(ctx, page, pages); return;
    case OperationKind::zero_read: kernel.zero_read(ctx, page, pages); return;
    case OperationKind::mprotect: kernel.mprotect(ctx, page, pages, now.record.rights); return;
    case OperationKind::mremap: kernel.mremap(ctx, page, pages, now.to); return;
    case OperationKind::unmap_mapping:
    case OperationKind::truncate:
    case OperationKind::writeback:
    case OperationKind::reclaim: return call_on_file(ctx, kernel, now, {now.file, now.amount + into.raw(), pages});
    default: return map(ctx, kernel, now, page, pages);
  }
}

void OperationProgram::map(Context& ctx, Kernel& kernel, const Instruction& now, VirtPage page, Pages pages) const {
  VmaRecord record = now.record;
  record.offset_pages += (page - record.first).raw();
  record.first = page;
  record.end = page + pages;
  kernel.mmap(ctx, record);
}

void OperationProgram::call_on_file(Context& ctx, Kernel& kernel, const Instruction& now, const FileRange& range) {
  if (now.kind == OperationKind::truncate) kernel.truncate(ctx, range);
  else if (now.kind == OperationKind::writeback) kernel.writeback(ctx, range);
  else if (now.kind == OperationKind::reclaim) kernel.reclaim(ctx, range);
  else kernel.unmap_mapping(ctx, range);
}

void OperationProgram::fetch(Context& ctx, Kernel& kernel, const Instruction& now) const {
  for (Pages done; done < now.pages; done += now.unit) {
    ctx.learn(done);
    kernel.access(ctx, start_of(now.page + done, code_.shift) + now.within, AccessKind::fetch);
  }
}

std::uint64_t* OperationProgram::chunk() {
  if (!chunk_.empty()) return chunk_.data();
  std::uint64_t longest = 0;
  for (const AccessStream& stream : code_.streams) longest = std::max(longest, stream.accesses());
  chunk_.resize(std::min(longest, AccessRun::chunk_words));
  return chunk_.data();
}

}  // namespace mmulab::workload
