// SPDX-License-Identifier: MIT
// An invariant watches the event stream and judges. It may read a reference model that the same events built,
// never the models under test. It counts how often it had something to judge, so that a clean verdict means
// something.
#pragma once

#include <bitset>
#include <initializer_list>
#include <string>

#include "sim/check/remembers.h"
#include "sim/check/violation.h"
#include "sim/events/stream.h"

namespace mmulab {

/// Which kinds of event an observer wants to see.
class EventKinds {
 public:
  EventKinds() = default;
  EventKinds(std::initializer_list<EventKind> kinds) {
    for (const EventKind kind : kinds) bits_.set(static_cast<std::size_t>(kind));
  }
  [[nodiscard]] bool has(EventKind kind) const { return bits_.test(static_cast<std::size_t>(kind)); }
  static constexpr std::size_t limit = 256;

 private:
  std::bitset<limit> bits_;
};

/// What `show invariant NAME` and the documentation say.
struct InvariantText {
  const char* name;
  const char* help;          ///< one line
  const char* evaluated_at;  ///< the events at which it judges
  const char* statement;     ///< the formal statement
  const char* classes;       ///< the class ids of its violations, one line
  const char* applies_to;    ///< architectures and conditions
};

class ViolationSink {
 public:
  virtual ~ViolationSink() = default;
  virtual void report(Violation violation) = 0;
};

class Invariant : public EventObserver, public Remembers {
 public:
  Invariant(const InvariantText& text, bool applicable, EventKinds kinds)
      : text_(text),
        applicable_(applicable),
        kinds_(kinds) {}

  [[nodiscard]] const InvariantText& text() const { return text_; }
  [[nodiscard]] std::string name() const { return text_.name; }
  /// Whether it means anything on the configured machine and strategy.
  [[nodiscard]] bool applicable() const { return applicable_; }
  [[nodiscard]] const EventKinds& kinds() const { return kinds_; }
  /// How often it had something to judge; keeps counting when an explorer takes steps back.
  [[nodiscard]] std::uint64_t exercised() const { return exercised_; }
  void set_sink(ViolationSink* sink) { sink_ = sink; }

 protected:
  void exercise() { ++exercised_; }
  void report(Violation violation) const {
    violation.invariant = text_.name;
    if (sink_ != nullptr) sink_->report(std::move(violation));
  }

 private:
  const InvariantText& text_;
  bool applicable_;
  EventKinds kinds_;
  ViolationSink* sink_ = nullptr;
  std::uint64_t exercised_ = 0;
};

/// A reference model that invariants share: it sees each event before any of them does.
class ReferenceModel : public EventObserver, public Remembers {};

/// Something that must be possible (`sometimes`): counts how often it happened.
class Goal : public EventObserver, public Remembers {
 public:
  Goal(const char* name, const char* help, EventKinds kinds) : name_(name), help_(help), kinds_(kinds) {}
  [[nodiscard]] std::string name() const { return name_; }
  [[nodiscard]] std::string help() const { return help_; }
  [[nodiscard]] const EventKinds& kinds() const { return kinds_; }
  [[nodiscard]] std::uint64_t reached() const { return reached_; }

 protected:
  void reach() { ++reached_; }

 private:
  const char* name_;
  const char* help_;
  EventKinds kinds_;
  std::uint64_t reached_ = 0;
};

}  // namespace mmulab
