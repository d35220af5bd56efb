// SPDX-License-Identifier: MIT
#include "sim/exec/context.h"

#include <fmt/format.h>

#include "sim/units/assert.h"

namespace mmulab {

void Access::undeclared(Location at, Use use) const {
  static constexpr const char* verbs[] = {"reads", "writes", "adds to", "updates"};  // by Use
  const std::string message = fmt::format("step {} {} {} without declaring it", op_.label->name(),
                                          verbs[static_cast<std::size_t>(use)], world_.describe(at));
  assertion_failed("footprint allows the access", message.c_str(), __FILE__, __func__);
}

StoreBuffers::Storer Access::storer() const {
  return {context_.cpu(), context_.task(), context_.in_interrupt(), op_.label->ordering() == Ordering::release};
}

void Access::observe(Location at, std::uint64_t value) const {
  observer_->on_store(*op_.label, at, world_.load(at), value);
}

void Context::prepare(std::size_t stack_bytes, Body body, void* argument) {
  MMULAB_ASSERT(fiber_ == nullptr, "a context has one body");
  body_ = body;
  argument_ = argument;
  stack_bytes_ = stack_bytes;
  fiber_ = new Fiber(stack_bytes, &Context::run_body, this);
}

void Context::begin_again() {
  MMULAB_ASSERT(!world_.tracking(), "what goes back to earlier states keeps its stacks");
  begins_again_ = true;
}

void Context::renew() {
  begins_again_ = false;
  work_before_ = Cycles{};
  delete fiber_;
  fiber_ = new Fiber(stack_bytes_, &Context::run_body, this);
}

void Context::run_body(void* self) {
  auto* context = static_cast<Context*>(self);
  context->body_(*context, context->argument_);
  context->host_.retire(*context);
}

Context::~Context() { delete fiber_; }

bool UntilZero::operator()(const Access& access) const { return access.read(count) == 0; }

}  // namespace mmulab
