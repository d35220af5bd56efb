// SPDX-License-Identifier: MIT
#include "workloads/trace/writer.h"

#include <cerrno>
#include <cstdio>

#include <zstd.h>

#include "sim/units/assert.h"

namespace mmulab::trace {
namespace {
constexpr std::uint32_t first_capacity = 1024;
constexpr std::size_t buffered_max = 24U << 20;
constexpr std::size_t segment_bytes_max = 128U << 10;
/// Of one access: its control byte and the longest delta.
constexpr std::size_t access_bytes = 9;
}  // namespace

void TaskBuffer::grow(std::uint32_t to) {
  const std::size_t used = delta_bytes();
  control_.resize(to);
  delta_.resize(std::size_t{to} * 8 + 8);
  delta_end_ = delta_.data() + used;
  capacity_ = to;
}

Writer::Writer(std::string file, int level)
    : file_(std::move(file)), whole_(file_), out_(std::fopen(whole_.name().c_str(), "wb")), level_(level) {
  if (out_ == nullptr) fail();
  zstd_ = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(zstd_, ZSTD_c_compressionLevel, level_);
  put(file_magic, sizeof file_magic);
}

Writer::~Writer() {
  ZSTD_freeCCtx(zstd_);
  if (out_ != nullptr) std::fclose(out_);
}

void Writer::fail() const { throw CannotWrite(file_, errno); }

void Writer::put(const void* bytes, std::size_t count) {
  if (std::fwrite(bytes, 1, count, out_) != count) fail();
}

TaskNo Writer::add_task(std::uint32_t tid, std::uint32_t pid) {
  auto buffer = std::make_unique<TaskBuffer>();
  buffer->tid_ = tid;
  buffer->pid_ = pid;
  tasks_.push_back(std::move(buffer));
  return TaskNo{static_cast<std::uint32_t>(tasks_.size() - 1)};
}

TaskBuffer& Writer::turn_to(TaskNo task) {
  if (task == acting_) return *tasks_[raw(task)];
  return turn_to(task, epoch_ + 1);
}

TaskBuffer& Writer::turn_to(TaskNo task, std::uint64_t epoch) {
  if (acting_ != no_task && acting_ != task) close_segment(*tasks_[raw(acting_)], {});
  TaskBuffer& buffer = *tasks_[raw(task)];
  acting_ = task;
  epoch_ = epoch;
  if (!buffer.open_) {
    if (buffer.segment_count_ == 0) buffer.first_epoch_ = buffer.epoch_ = epoch_;
    buffer.in_segment_ = buffer.accesses_;
    buffer.open_ = true;
  }
  return buffer;
}

void Writer::make_room(TaskBuffer& buffer) {
  if (!buffer.full()) return;
  MMULAB_ASSERT(&buffer == tasks_[raw(acting_)].get(), "the acting task makes room for itself");
  if (buffer.capacity_ < block_accesses_max) {
    const std::uint32_t to = buffer.capacity_ == 0 ? first_capacity : buffer.capacity_ * 2;
    buffered_ += access_bytes * (to - buffer.capacity_);
    buffer.grow(to);
    if (buffered_ <= buffered_max) return;
    for (std::uint32_t t = 0; t < tasks_.size(); ++t)
      if (TaskNo{t} != acting_) flush(TaskNo{t});
    return;
  }
  const TaskNo task = acting_;
  close_segment(buffer, {});
  flush(task);
  // The rest is of the same epoch: in a copy the next one may be another segment's.
  turn_to(task, epoch_);
  make_room(buffer);
}

void Writer::name(TaskNo task, std::uint32_t tid, std::uint32_t pid) {
  tasks_[raw(task)]->tid_ = tid;
  tasks_[raw(task)]->pid_ = pid;
}

void Writer::close_segment(TaskBuffer& b, const TraceCall& call) {
  if (!b.open_) return;
  b.open_ = false;
  const std::uint32_t accesses = b.accesses_ - b.in_segment_;
  if (accesses == 0 && call.kind == CallKind::none) return;
  put_varint(b.segments_, epoch_ - b.epoch_);
  b.epoch_ = epoch_;
  put_varint(b.segments_, accesses);
  put_varint(b.segments_, static_cast<std::uint64_t>(call.kind));
  ++b.segment_count_;
  if (call.kind == CallKind::none) return;
  ++totals_.calls;
  put_varint(b.segments_, call.flags);
  if (names_child(call.kind)) return put_varint(b.segments_, raw(call.child));
  if (call.kind == CallKind::execve || call.kind == CallKind::exit) return;
  put_varint(b.segments_, zigzag(call.first - b.last_call_));
  b.last_call_ = call.first;
  put_varint(b.segments_, call.length);
  if (call.kind == CallKind::mremap || call.kind == CallKind::brk)
    put_varint(b.segments_, zigzag(call.to - call.first));
  if (call.kind == CallKind::mremap) put_varint(b.segments_, call.to_length);
}

void Writer::call(const TraceCall& call) {
  const TaskNo task = acting_;
  TaskBuffer& buffer = *tasks_[raw(task)];
  close_segment(buffer, call);
  if (buffer.segments_.size() > segment_bytes_max) flush(task);
  turn_to(task, epoch_ + 1);
}

void Writer::end(TaskNo task) {
  if (acting_ == task) {
    close_segment(*tasks_[raw(task)], {});
    acting_ = no_task;
  }
  flush(task);
  tasks_[raw(task)]->segments_ = {};
}

/// The task's segment is closed. Its buffers go back.
void Writer::flush(TaskNo task) {
  TaskBuffer& b = *tasks_[raw(task)];
  if (b.segment_count_ != 0) {
    BlockHeader h{raw(task), b.tid_, b.pid_, b.accesses_, b.segment_count_, 0, 0, 0, b.first_epoch_};
    h.delta_bytes = static_cast<std::uint32_t>(b.delta_bytes());
    raw_.assign(b.control_.begin(), b.control_.begin() + b.accesses_);
    raw_.insert(raw_.end(), b.delta_.begin(), b.delta_.begin() + h.delta_bytes);
    raw_.insert(raw_.end(), b.segments_.begin(), b.segments_.end());
    h.raw_bytes = static_cast<std::uint32_t>(raw_.size());
    packed_.resize(block_header_bytes + ZSTD_compressBound(raw_.size()));
    const std::size_t packed = ZSTD_compress2(zstd_, packed_.data() + block_header_bytes,
                                              packed_.size() - block_header_bytes, raw_.data(), raw_.size());
    MMULAB_ASSERT(ZSTD_isError(packed) == 0, "the bound is enough for any input");
    h.packed_bytes = static_cast<std::uint32_t>(packed);
    put_header(h, packed_.data());
    const std::uint32_t sum = block_checksum(packed_.data(), packed_.data() + block_header_bytes, packed);
    FieldWriter(packed_.data() + block_header_bytes - 4).put(sum);
    totals_.content = content_after(totals_.content, sum);
    put(packed_.data(), block_header_bytes + packed);
    totals_.accesses += b.accesses_;
  }
  buffered_ -= access_bytes * b.capacity_;
  const std::uint32_t tid = b.tid_, pid = b.pid_;
  b = TaskBuffer{};
  b.tid_ = tid;
  b.pid_ = pid;
}

void Writer::finish(std::uint32_t mappings) {
  if (acting_ != no_task) close_segment(*tasks_[raw(acting_)], {});
  for (std::uint32_t t = 0; t < tasks_.size(); ++t) flush(TaskNo{t});
  totals_.tasks = tasks();
  totals_.mappings = mappings;
  std::uint8_t end[end_bytes] = {};
  FieldWriter out(end);
  out.put(end_magic);
  out.put(totals_.tasks);
  out.put(totals_.accesses);
  out.put(totals_.calls);
  out.put(totals_.mappings);
  out.put(totals_.content);
  FieldWriter(end + end_bytes - 4).put(end_checksum(end));
  put(end, end_bytes);
  const int closed = std::fclose(out_);
  out_ = nullptr;
  if (closed != 0) fail();
  whole_.sync();
  whole_.keep();
}

}  // namespace mmulab::trace
