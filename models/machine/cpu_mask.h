// SPDX-License-Identifier: MIT
// A snapshot of a cpumask on a kernel stack: trivially copyable, for up to 1024 cpus.
#pragma once

#include <array>
#include <cstdint>

#include "sim/units/units.h"

namespace mmulab {

class CpuMask {
 public:
  static constexpr std::uint32_t words_max = 16;
  void set_word(std::uint32_t w, std::uint64_t bits) { words_[w] = bits; }
  void add(CpuId cpu) { words_[cpu.raw() / 64] |= bit(cpu); }
  void remove(CpuId cpu) { words_[cpu.raw() / 64] &= ~bit(cpu); }
  [[nodiscard]] bool has(CpuId cpu) const { return (words_[cpu.raw() / 64] & bit(cpu)) != 0; }
  [[nodiscard]] std::uint64_t word(std::uint32_t w) const { return words_[w]; }
  [[nodiscard]] std::uint32_t count(std::uint32_t cpus) const {
    std::uint32_t n = 0;
    for (std::uint32_t c = 0; c < cpus; ++c) n += has(CpuId{c}) ? 1U : 0U;
    return n;
  }
  [[nodiscard]] static std::uint64_t bit(CpuId cpu) { return std::uint64_t{1} << (cpu.raw() % 64); }

 private:
  std::array<std::uint64_t, words_max> words_{};
};

}  // namespace mmulab
