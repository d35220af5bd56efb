// SPDX-License-Identifier: MIT
// The one file that knows Boost.Context: a stack of its own for each simulated task, and a jump between two stacks
// (16-19 ns a round trip). A fiber is abandoned, never unwound, when a simulation ends, so nothing that lives on one
// across a step may need its destructor.
#pragma once

#include <cstddef>

#include "sim/units/assert.h"

namespace mmulab {

class Fiber {
 public:
  using Entry = void (*)(void* argument);

  /// The fiber that stands for whoever is running now and did not come from here (main, or an SC_THREAD).
  Fiber() = default;
  /// A fiber with a stack of its own that will call entry(argument); entry must never return.
  /// Throws std::bad_alloc where there is no memory for it.
  Fiber(std::size_t stack_bytes, Entry entry, void* argument);
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// Leaves `from` (the running fiber) and continues `to`; returns when somebody jumps back to `from`.
  static void jump(Fiber& from, Fiber& to);
  /// What a suspended fiber is: where it goes on, and the bytes of its stack that are in use. Its locals keep their
  /// addresses, so the image can only be put back where it came from.
  struct Image {
    void* context = nullptr;
    std::size_t bytes = 0;
  };
  [[nodiscard]] Image image() const;
  void copy_stack_to(char* bytes) const;
  /// Back to when image() and copy_stack_to() were called. Not under the address sanitizer, whose shadow would not
  /// follow.
  void restore(Image image, const char* bytes);
  [[nodiscard]] static bool can_restore();

  /// Tells the address sanitizer that the thread's first stack is in use again, after a library has left its own stacks
  /// without a jump (SystemC, when sc_start returns). Nothing without the sanitizer.
  static void returned_to_thread();

 private:
  friend struct FiberTransfer;

  void* context_ = nullptr;
  void* stack_ = nullptr;
  std::size_t mapped_bytes_ = 0;
  Entry entry_ = nullptr;
  void* argument_ = nullptr;
  void* sanitizer_stack_ = nullptr;
  const void* sanitizer_bottom_ = nullptr;
  std::size_t sanitizer_bytes_ = 0;
};

}  // namespace mmulab
