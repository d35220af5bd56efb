// SPDX-License-Identifier: MIT
#include "sim/explore/copies.h"

#include <algorithm>
#include <cstring>

#include <malloc.h>

namespace mmulab {
namespace {

/// Of a stack's image, which is made of words; whoever finds the same compares the bytes. Two sums, since each addend
/// has to wait for the one before.
std::uint64_t hash_of(const Fiber::Image& image) {
  const auto* words = static_cast<const std::uint64_t*>(image.context);
  const std::size_t half = image.bytes / sizeof(std::uint64_t) / 2;
  std::uint64_t low = image.bytes;
  std::uint64_t high = 0;
  for (std::size_t i = 0; i < half; ++i) {
    low = (low << 29 | low >> 35) * 0x9e3779b97f4a7c15ULL + words[i];
    high = (high << 29 | high >> 35) * 0xd6e8feb86659fd93ULL + words[half + i];
  }
  return mix(low) ^ high;
}

bool same_bytes(const Fiber::Image& image, const std::vector<char>& bytes) {
  return image.bytes == bytes.size() && std::memcmp(image.context, bytes.data(), bytes.size()) == 0;
}

std::size_t bytes_on_heap() { return mallinfo2().uordblks; }

}  // namespace

Copies::Copies(Explorable& system) : system_(system), host_(system.host()), contexts_(system.contexts()) {}

template <class T>
Copies::Id Copies::take(std::vector<T>& all, std::vector<Id>& unused) {
  if (unused.empty()) {
    all.emplace_back();
    return static_cast<Id>(all.size() - 1);
  }
  const Id id = unused.back();
  unused.pop_back();
  return id;
}

Copies::Id Copies::keep(Id from, const std::vector<Context*>& ran, const Standing& standing) {
  const Id id = take(copies_, unused_copies_);
  stacks_of_.resize(copies_.size() * contexts_.size(), none);
  cpus_of_.resize(copies_.size() * host_.cpus());
  for (std::size_t i = 0; i < contexts_.size(); ++i) {
    const bool same = from != none && std::find(ran.begin(), ran.end(), contexts_[i]) == ran.end();
    if (same) ++stacks_[stack_of(id, i) = stack_of(from, i)].references;
    else stack_of(id, i) = keep_stack(*contexts_[i]);
  }
  for (std::uint32_t cpu = 0; cpu < host_.cpus(); ++cpu) cpu_of(id, cpu) = host_.cpu_state(CpuId{cpu});
  copies_[id] = {standing, system_.world().fingerprint(), host_.steps(), keep_observers(standing.observed), 1};
  return id;
}

void Copies::drop(Id id) {
  if (--copies_[id].references != 0) return;
  for (std::size_t i = 0; i < contexts_.size(); ++i) drop_stack(stack_of(id, i));
  drop_observers(copies_[id].observers);
  unused_copies_.push_back(id);
}

Copies::Id Copies::keep_stack(Context& context) {
  const Fiber::Image image = context.fiber().image();
  const std::uint64_t hash = hash_of(image) ^ context.history().low();
  const auto alike = stacks_by_hash_.equal_range(hash);
  for (auto it = alike.first; it != alike.second; ++it) {
    Stack& s = stacks_[it->second];
    if (s.context != &context || s.image.context != image.context || s.cpu != context.cpu()) continue;
    if (!(s.history == context.history())) continue;
    if (s.progress != context.progress() || s.in_interrupt != context.in_interrupt()) continue;
    if (!same_bytes(image, s.bytes)) continue;
    ++s.references;
    return it->second;
  }
  const Id id = take(stacks_, unused_stacks_);
  stacks_[id] = {&context, image, context.cpu(), context.history(), context.progress(), context.in_interrupt(),
                 1, hash, std::vector<char>(image.bytes)};
  context.fiber().copy_stack_to(stacks_[id].bytes.data());
  stacks_by_hash_.emplace(hash, id);
  stack_bytes_ += image.bytes;
  return id;
}

void Copies::drop_stack(Id id) {
  Stack& stack = stacks_[id];
  if (--stack.references != 0) return;
  const auto alike = stacks_by_hash_.equal_range(stack.hash);
  stacks_by_hash_.erase(std::find_if(alike.first, alike.second, [&](const auto& s) { return s.second == id; }));
  stack_bytes_ -= stack.image.bytes;
  std::vector<char>().swap(stack.bytes);
  unused_stacks_.push_back(id);
}

Copies::Id Copies::keep_observers(const Fingerprint& fingerprint) {
  const auto known = observers_by_fingerprint_.find(fingerprint);
  if (known != observers_by_fingerprint_.end()) {
    ++observers_[known->second]->references;
    return known->second;
  }
  const Id id = take(observers_, unused_observers_);
  if (observers_[id] == nullptr) observers_[id] = std::make_unique<Observers>();
  Observers& kept = *observers_[id];
  kept.fingerprint = fingerprint;
  kept.references = 1;
  const std::size_t before = bytes_of_observers_ == 0 ? bytes_on_heap() : 0;
  system_.checker().save(kept.saved);
  if (bytes_of_observers_ == 0) bytes_of_observers_ = std::max(bytes_on_heap(), before + 1) - before;
  observers_by_fingerprint_.emplace(fingerprint, id);
  return id;
}

void Copies::drop_observers(Id id) {
  if (--observers_[id]->references != 0) return;
  observers_by_fingerprint_.erase(observers_[id]->fingerprint);
  unused_observers_.push_back(id);
}

void Copies::put_back(const Stack& stack) {
  Context& context = *stack.context;
  context.fiber().restore(stack.image, stack.bytes.data());
  context.set_cpu(stack.cpu);
  context.history() = stack.history;
  context.set_in_interrupt(stack.in_interrupt);
  context.set_progress(stack.progress);
}

void Copies::put_back(Id from, Id to) {
  if (from == to) return;
  for (std::size_t i = 0; i < contexts_.size(); ++i)
    if (stack_of(from, i) != stack_of(to, i)) put_back(stacks_[stack_of(to, i)]);
  for (std::uint32_t cpu = 0; cpu < host_.cpus(); ++cpu) host_.restore(CpuId{cpu}, cpu_of(to, cpu));
  host_.set_steps(copies_[to].steps);
  system_.world().set_fingerprint(copies_[to].world);
  if (copies_[from].observers != copies_[to].observers) put_observers_back(to);
}

void Copies::put_observers_back(Id id) { system_.checker().restore(observers_[copies_[id].observers]->saved); }

std::size_t Copies::bytes() const {
  constexpr std::size_t a_node = 4 * sizeof(void*);  // of a hash table
  return copies_.capacity() * sizeof(Copy) + stacks_of_.capacity() * sizeof(Id) +
         cpus_of_.capacity() * sizeof(ExploredHost::CpuState) + stacks_.capacity() * sizeof(Stack) + stack_bytes_ +
         stacks_by_hash_.size() * a_node + observers_.size() * (bytes_of_observers_ + sizeof(Observers) + a_node);
}

}  // namespace mmulab
