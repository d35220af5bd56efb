// SPDX-License-Identifier: MIT
// A value whose copies share it until one of them is written: what an observer remembers is copied with almost every
// step that an explorer makes, and most of it stays as it is. Not for several threads.
// Cost: a copy is a count; the first write() after one copies the value.
#pragma once

#include <boost/smart_ptr/local_shared_ptr.hpp>
#include <boost/smart_ptr/make_local_shared.hpp>

namespace mmulab {

template <class T>
class CopyOnWrite {
 public:
  CopyOnWrite() : value_(boost::make_local_shared<T>()) {}

  [[nodiscard]] const T& operator*() const { return *value_; }
  [[nodiscard]] const T* operator->() const { return value_.get(); }
  /// For this copy alone; what was got from the others stays valid as long as they live.
  [[nodiscard]] T& write() {
    if (value_.local_use_count() != 1) value_ = boost::make_local_shared<T>(*value_);
    return *value_;
  }

 private:
  boost::local_shared_ptr<T> value_;
};

}  // namespace mmulab
