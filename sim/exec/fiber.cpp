// SPDX-License-Identifier: MIT
#include "sim/exec/fiber.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <new>

#include <boost/context/detail/fcontext.hpp>

#if defined(__SANITIZE_ADDRESS__)
#define MMULAB_ASAN_FIBERS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MMULAB_ASAN_FIBERS 1
#endif
#endif
#ifdef MMULAB_ASAN_FIBERS
#include <pthread.h>
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace mmulab {
namespace bc = boost::context::detail;

struct FiberTransfer {
  Fiber* from;
  Fiber* to;

  static void arrived(bc::transfer_t transfer) {
    auto* hop = static_cast<FiberTransfer*>(transfer.data);
    hop->from->context_ = transfer.fctx;
#ifdef MMULAB_ASAN_FIBERS
    __sanitizer_finish_switch_fiber(hop->to->sanitizer_stack_, &hop->from->sanitizer_bottom_,
                                    &hop->from->sanitizer_bytes_);
#endif
  }

  static void enter(bc::transfer_t transfer) {
    Fiber* self = static_cast<FiberTransfer*>(transfer.data)->to;
    arrived(transfer);
    self->entry_(self->argument_);
    assertion_failed("entry never returns", "a fiber ran off its end", __FILE__, __func__);
  }
};

Fiber::Fiber(std::size_t stack_bytes, Entry entry, void* argument) : entry_(entry), argument_(argument) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  mapped_bytes_ = (stack_bytes + page - 1) / page * page + page;
  stack_ = mmap(nullptr, mapped_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (stack_ == MAP_FAILED) throw std::bad_alloc();
  // An overflow must hit a wall, not the neighbouring stack. It makes two mappings of one, and those are limited, too.
  if (mprotect(stack_, page, PROT_NONE) != 0) {
    munmap(stack_, mapped_bytes_);
    throw std::bad_alloc();
  }
  char* top = static_cast<char*>(stack_) + mapped_bytes_;
#ifdef MMULAB_ASAN_FIBERS
  __asan_unpoison_memory_region(stack_, mapped_bytes_);
#endif
  context_ = bc::make_fcontext(top, mapped_bytes_ - page, &FiberTransfer::enter);
}

Fiber::~Fiber() {
  if (stack_ == nullptr) return;
#ifdef MMULAB_ASAN_FIBERS
  // An abandoned fiber's frames are poisoned, and whoever maps this address next (SystemC's stacks, too) would trip.
  __asan_unpoison_memory_region(stack_, mapped_bytes_);
#endif
  munmap(stack_, mapped_bytes_);
}

void Fiber::returned_to_thread() {
#ifdef MMULAB_ASAN_FIBERS
  pthread_attr_t attributes;
  void* bottom = nullptr;
  std::size_t bytes = 0;
  MMULAB_ASSERT(pthread_getattr_np(pthread_self(), &attributes) == 0, "a thread knows its stack");
  pthread_attr_getstack(&attributes, &bottom, &bytes);
  pthread_attr_destroy(&attributes);
  void* fake = nullptr;
  __sanitizer_start_switch_fiber(&fake, bottom, bytes);
  __sanitizer_finish_switch_fiber(fake, nullptr, nullptr);
#endif
}

Fiber::Image Fiber::image() const {
  MMULAB_ASSERT(context_ != nullptr && stack_ != nullptr,
                "only a suspended fiber with a stack of its own has an image");
  const char* top = static_cast<const char*>(stack_) + mapped_bytes_;
  return {context_, static_cast<std::size_t>(top - static_cast<const char*>(context_))};
}

void Fiber::copy_stack_to(char* bytes) const { std::memcpy(bytes, context_, image().bytes); }

void Fiber::restore(Image image, const char* bytes) {
  context_ = image.context;
  std::memcpy(context_, bytes, image.bytes);
}

bool Fiber::can_restore() {
#ifdef MMULAB_ASAN_FIBERS
  return false;
#else
  return true;
#endif
}

void Fiber::jump(Fiber& from, Fiber& to) {
  FiberTransfer hop{&from, &to};
#ifdef MMULAB_ASAN_FIBERS
  const void* bottom = to.stack_ != nullptr ? to.stack_ : to.sanitizer_bottom_;
  const std::size_t bytes = to.stack_ != nullptr ? to.mapped_bytes_ : to.sanitizer_bytes_;
  __sanitizer_start_switch_fiber(&from.sanitizer_stack_, bottom, bytes);
#endif
  void* target = to.context_;
  to.context_ = nullptr;
  FiberTransfer::arrived(bc::jump_fcontext(target, &hop));
}

}  // namespace mmulab
