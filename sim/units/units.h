// SPDX-License-Identifier: MIT
// Time, addresses, pages and ids of the simulated system. One cycle is one core cycle; everything is an integer.
#pragma once

#include <fmt/core.h>

#include "sim/units/strong.h"

namespace mmulab {

using Cycles = Amount<struct CyclesTag>;
using Cycle = Point<struct CycleTag, Cycles>;
inline constexpr Cycle never{~std::uint64_t{0}};

using Bytes = Amount<struct BytesTag>;
using VirtAddr = Point<struct VirtAddrTag, Bytes>;
using PhysAddr = Point<struct PhysAddrTag, Bytes>;
using Pages = Amount<struct PagesTag>;
using VirtPage = Point<struct VirtPageTag, Pages>;
using Frame = Id<struct FrameTag>;

/// log2 of a page's size in bytes.
class PageShift {
 public:
  constexpr PageShift() = default;
  constexpr explicit PageShift(unsigned bits) : bits_(static_cast<std::uint8_t>(bits)) {}
  [[nodiscard]] constexpr unsigned raw() const { return bits_; }
  [[nodiscard]] constexpr Bytes bytes() const { return Bytes{std::uint64_t{1} << bits_}; }
  friend constexpr bool operator==(PageShift a, PageShift b) { return a.bits_ == b.bits_; }
  friend constexpr bool operator!=(PageShift a, PageShift b) { return a.bits_ != b.bits_; }

 private:
  std::uint8_t bits_ = 12;
};

constexpr VirtPage page_of(VirtAddr va, PageShift shift) { return VirtPage{va.raw() >> shift.raw()}; }
constexpr VirtAddr start_of(VirtPage page, PageShift shift) { return VirtAddr{page.raw() << shift.raw()}; }

using SocketId = Id<struct SocketTag>;
using CoreId = Id<struct CoreTag>;
/// A cpu is a hardware thread: what the kernel sees.
using CpuId = Id<struct CpuTag>;
/// Whoever can act: every cpu, and every device behind them. Ties in time are broken by this number.
using AgentId = Id<struct AgentTag>;
using TaskId = Id<struct TaskTag>;
using MmId = Id<struct MmTag>;
using VmaId = Id<struct VmaTag>;
/// A page-table page.
using TableId = Id<struct TableTag>;
using FileId = Id<struct FileTag>;
/// A hardware address-space tag: PCID, ASID, MMU context.
using Tag = Id<struct HardwareTagTag>;

namespace literals {
constexpr Cycles operator""_cy(unsigned long long n) { return Cycles{n}; }
constexpr Bytes operator""_B(unsigned long long n) { return Bytes{n}; }
constexpr Bytes operator""_KiB(unsigned long long n) { return Bytes{n << 10}; }
constexpr Bytes operator""_MiB(unsigned long long n) { return Bytes{n << 20}; }
}  // namespace literals

/// Converts a constant given in nanoseconds once, rounding up; units: ns, MHz, cycles.
constexpr Cycles cycles_of_ns(std::uint64_t ns, std::uint64_t mhz) { return Cycles{(ns * mhz + 999) / 1000}; }

/// How units are written, without options. In one file: fmt's own functions are expanded in each that formats into
/// a context, which took longer to compile than all the rest.
struct UnitFormatter {
  constexpr auto parse(fmt::format_parse_context& ctx) { return ctx.begin(); }
  static fmt::appender decimal(fmt::appender out, std::uint64_t n);
  static fmt::appender cycles(fmt::appender out, std::uint64_t n);
  static fmt::appender address(fmt::appender out, std::uint64_t n);
  static fmt::appender nothing(fmt::appender out);
};

}  // namespace mmulab

template <>
struct fmt::formatter<mmulab::Cycles> : mmulab::UnitFormatter {
  auto format(mmulab::Cycles c, format_context& ctx) const { return cycles(ctx.out(), c.raw()); }
};
template <>
struct fmt::formatter<mmulab::Cycle> : mmulab::UnitFormatter {
  auto format(mmulab::Cycle c, format_context& ctx) const { return decimal(ctx.out(), c.raw()); }
};
template <>
struct fmt::formatter<mmulab::VirtAddr> : mmulab::UnitFormatter {
  auto format(mmulab::VirtAddr a, format_context& ctx) const { return address(ctx.out(), a.raw()); }
};
template <class Tag>
struct fmt::formatter<mmulab::Id<Tag>> : mmulab::UnitFormatter {
  auto format(mmulab::Id<Tag> id, format_context& ctx) const {
    return id.exists() ? decimal(ctx.out(), id.raw()) : nothing(ctx.out());
  }
};
