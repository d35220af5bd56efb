// SPDX-License-Identifier: MIT
// An array of zeroes that takes memory only where something else has been written to it: what a configuration may need
// at most is laid out, what a run uses is paid for. Growing moves pages and copies none.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

namespace mmulab {

template <class T>
class SparseArray {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>, "elements are plain words");

 public:
  SparseArray() = default;
  explicit SparseArray(std::size_t size) { grow(size); }
  SparseArray(SparseArray&& from) noexcept
      : elements_(std::exchange(from.elements_, nullptr)), size_(std::exchange(from.size_, 0)) {}
  SparseArray& operator=(SparseArray&& from) noexcept {
    std::swap(elements_, from.elements_);
    std::swap(size_, from.size_);
    return *this;
  }
  ~SparseArray() {
    if (size_ != 0) ::munmap(elements_, size_ * sizeof(T));
  }

  /// To `size` elements, not fewer than there are; the further ones are zero. Throws std::bad_alloc.
  void grow(std::size_t size) {
    if (size == size_) return;
    void* const moved = size_ == 0 ? ::mmap(nullptr, size * sizeof(T), PROT_READ | PROT_WRITE,
                                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
                                   : ::mremap(elements_, size_ * sizeof(T), size * sizeof(T), MREMAP_MAYMOVE);
    if (moved == MAP_FAILED) throw std::bad_alloc();
    elements_ = static_cast<T*>(moved);
    size_ = size;
  }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] T* data() { return elements_; }
  T& operator[](std::size_t at) { return elements_[at]; }
  const T& operator[](std::size_t at) const { return elements_[at]; }

 private:
  T* elements_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace mmulab
