// SPDX-License-Identifier: MIT
// What a step's events bear on. Two steps that touch no common word may still matter to each other: the observers have
// a memory too, and a user's store is judged although no word holds its content. So a step counts as dependent on
// another one if what they say does not commute before the observers. The classes are coarse, and whatever is not
// known to commute bears on everything. Events about one frame or one pte need no class of their own: the steps that
// emit them touch its words. Source: what the ledger and the invariants do with each kind (models/invariants).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace mmulab {

/// A set of these is what a step says.
using Bearings = std::uint32_t;
namespace bearing {
constexpr Bearings nothing = 0;
constexpr Bearings mode = 1U << 0;         ///< in which mode the agent's own cpu runs; its copies may be judged
constexpr Bearings summons = 1U << 1;      ///< another cpu is about to be interrupted
constexpr Bearings masking = 1U << 2;      ///< whether the agent's own cpu lets interrupts in
constexpr Bearings lock_taken = 1U << 3;   ///< the task's locks
constexpr Bearings lock_given = 1U << 4;   ///< ... and what was to be done until a release is due
constexpr Bearings call_begun = 1U << 5;
constexpr Bearings call_ended = 1U << 6;   ///< what was to be done until then is due, and judged
constexpr Bearings waiting = 1U << 7;      ///< for other cpus
constexpr Bearings flushing = 1U << 8;     ///< batches, and when they are flushed
constexpr Bearings tables = 1U << 9;       ///< page tables and who walks them
constexpr Bearings frames = 1U << 10;      ///< given out and freed
constexpr Bearings ptes = 1U << 11;
constexpr Bearings fill = 1U << 12;        ///< a copy of a translation comes to the agent's own core
constexpr Bearings load = 1U << 13;        ///< a user access that is no store
constexpr Bearings store = 1U << 14;
constexpr Bearings drop = 1U << 15;        ///< copies of the agent's own core go
constexpr Bearings far_drop = 1U << 16;    ///< copies of another core go
constexpr Bearings tag = 1U << 17;         ///< the tag of the agent's own cpu
constexpr Bearings mm_death = 1U << 18;    ///< an address space is gone, with all that was known of its pages
constexpr Bearings copies_and_content = 1U << 19;  ///< tables of copies, what pages hold
constexpr Bearings ptl_taken = 1U << 20;   ///< ... a page-table lock among them
constexpr Bearings end_of_all = 1U << 21;  ///< an idle cpu's: no task may be left after it, though more could happen
constexpr Bearings everything = 1U << 22;
}  // namespace bearing

/// What each class does not commute with; one of two says it.
struct Clash {
  Bearings one;
  Bearings others;
};
inline constexpr std::array<Clash, 17> clashes{{
    {bearing::everything, ~bearing::nothing},
    {bearing::copies_and_content, ~(bearing::masking | bearing::lock_taken | bearing::waiting | bearing::end_of_all)},
    {bearing::end_of_all, bearing::end_of_all},
    {bearing::summons, bearing::mode | bearing::masking | bearing::lock_given | bearing::call_ended | bearing::frames},
    {bearing::lock_taken, bearing::waiting},
    // What is due is judged by what every cpu could reach.
    {bearing::lock_given, bearing::mode | bearing::flushing | bearing::ptes | bearing::fill | bearing::load |
                              bearing::store | bearing::drop | bearing::far_drop | bearing::tag},
    {bearing::call_ended, bearing::call_ended | bearing::call_begun | bearing::mode | bearing::frames |
                              bearing::ptes | bearing::fill | bearing::load | bearing::store | bearing::drop |
                              bearing::far_drop | bearing::tag | bearing::lock_given},
    // A goal asks which calls are going on when one begins.
    {bearing::call_begun, bearing::call_begun | bearing::ptes},
    {bearing::frames, bearing::mode | bearing::ptes | bearing::fill | bearing::load | bearing::store |
                          bearing::drop | bearing::far_drop | bearing::tag},
    {bearing::ptes, bearing::mode | bearing::flushing | bearing::fill | bearing::load | bearing::store |
                        bearing::drop | bearing::far_drop},
    {bearing::fill, bearing::fill | bearing::tables | bearing::load | bearing::store | bearing::far_drop |
                        bearing::drop | bearing::tag},
    {bearing::store, bearing::store | bearing::load},
    {bearing::drop, bearing::tables | bearing::load | bearing::store | bearing::tag},
    {bearing::far_drop, bearing::mode | bearing::tables | bearing::load | bearing::store | bearing::tag},
    {bearing::tables, bearing::tables | bearing::mode | bearing::tag},
    {bearing::tag, bearing::tag},
    {bearing::mm_death, bearing::mode | bearing::lock_given | bearing::call_ended | bearing::frames | bearing::ptes |
                            bearing::fill | bearing::load | bearing::store | bearing::drop | bearing::far_drop |
                            bearing::tag | bearing::mm_death},
}};

/// Whether the observers end alike, and find the same, in either order, if different agents say these.
[[nodiscard]] constexpr bool commute(Bearings a, Bearings b) {
  for (const Clash& clash : clashes)
    if (((a & clash.one) != 0 && (b & clash.others) != 0) || ((b & clash.one) != 0 && (a & clash.others) != 0))
      return false;
  return true;
}

}  // namespace mmulab
