// SPDX-License-Identifier: MIT
#include "sim/timed/sequencer.h"

#include <algorithm>

namespace mmulab {
namespace {
std::uint32_t power_of_two_at_least(std::size_t n) {
  std::uint32_t p = 1;
  while (p < n) p *= 2;
  return p;
}
}  // namespace

Sequencer::Sequencer(std::vector<std::uint32_t> domain_of)
    : leaves_(power_of_two_at_least(domain_of.size())),
      domain_leaves_(1),
      domain_of_(std::move(domain_of)),
      keys_(leaves_, never.raw()),
      bounds_(leaves_, never.raw()),
      order_(2 * leaves_, 0) {
  std::uint32_t domains = 1;
  for (std::uint32_t d : domain_of_) domains = std::max(domains, d + 1);
  members_.resize(domains);
  for (std::uint32_t a = 0; a < domain_of_.size(); ++a) members_[domain_of_[a]].push_back(a);
  domain_leaves_ = power_of_two_at_least(domains);
  domain_bounds_.assign(2 * domain_leaves_, never.raw());
  for (std::uint32_t a = 0; a < leaves_; ++a) order_[leaves_ + a] = a;
  for (std::uint32_t n = leaves_ - 1; n >= 1; --n)
    order_[n] = before(order_[2 * n + 1], order_[2 * n]) ? order_[2 * n + 1] : order_[2 * n];
}

void Sequencer::set(AgentId agent, Cycle key, Cycle bound) {
  const std::uint32_t a = agent.raw();
  if (keys_[a] != key.raw()) {
    keys_[a] = key.raw();
    update_order(a);
  }
  if (bounds_[a] != bound.raw()) {
    bounds_[a] = bound.raw();
    update_bound(domain_of_[a]);
  }
}

void Sequencer::update_order(std::uint32_t agent) {
  for (std::uint32_t n = (leaves_ + agent) / 2; n >= 1; n /= 2) {
    const std::uint32_t left = order_[2 * n];
    const std::uint32_t right = order_[2 * n + 1];
    order_[n] = before(right, left) ? right : left;
  }
}

void Sequencer::update_bound(std::uint32_t domain) {
  std::uint64_t least = never.raw();
  for (std::uint32_t member : members_[domain]) least = std::min(least, bounds_[member]);
  std::uint32_t n = domain_leaves_ + domain;
  domain_bounds_[n] = least;
  for (n /= 2; n >= 1; n /= 2) domain_bounds_[n] = std::min(domain_bounds_[2 * n], domain_bounds_[2 * n + 1]);
}

Cycle Sequencer::horizon(AgentId agent) const {
  const std::uint32_t domain = domain_of_[agent.raw()];
  std::uint64_t least = never.raw();
  for (std::uint32_t n = domain_leaves_ + domain; n > 1; n /= 2) least = std::min(least, domain_bounds_[n ^ 1U]);
  for (std::uint32_t member : members_[domain])
    if (member != agent.raw()) least = std::min(least, keys_[member]);
  return Cycle{least};
}

}  // namespace mmulab
