// SPDX-License-Identifier: MIT
// Cpus that are alike, and the tasks that run on them, under each other's names. Two states that differ only by such
// names have the same future up to names, so that an explorer needs to go on from one of them (sim/explore/symmetry.h).
// World regions say whose records they hold and which words name somebody (World::assign, World::name); observers and
// histories rename what they know. Source: Ip, Dill, FMSD 9 (1996). Left out: cores of several threads, sockets. Cost:
// one look at each word, not zero, of a region that belongs to cpus or tasks, or names some.
#pragma once

#include <vector>

#include "sim/state/world.h"

namespace mmulab {

class Renaming {
 public:
  /// A mask of cpus is one word.
  static constexpr std::size_t cpus_max = 64;
  /// `cpus[c]`: what cpu c is called under the renaming, one cpu a core; `tasks[t]`: what task t is. Who is not in the
  /// lists keeps the name.
  Renaming(const World& world, std::vector<CpuId> cpus, std::vector<TaskId> tasks);

  [[nodiscard]] CpuId operator()(CpuId cpu) const { return renamed(cpus_, cpu); }
  [[nodiscard]] TaskId operator()(TaskId task) const { return renamed(tasks_, task); }
  [[nodiscard]] CoreId operator()(CoreId core) const {
    const CpuId cpu = renamed(cpus_, core.exists() ? CpuId{core.raw()} : CpuId::none());
    return cpu.exists() ? CoreId{cpu.raw()} : CoreId::none();
  }
  [[nodiscard]] Location operator()(Location at) const;
  /// Who is called so under the renaming.
  [[nodiscard]] CpuId who_is(CpuId name) const { return renamed(cpus_back_, name); }
  [[nodiscard]] TaskId who_is(TaskId name) const { return renamed(tasks_back_, name); }

  /// The fingerprint of the World in which everybody has the other name. The World follows its names.
  [[nodiscard]] Fingerprint fingerprint(const World& world) const;
  /// By how much that differs from the fingerprint under everybody's own name because of what one word holds.
  [[nodiscard]] Fingerprint difference(Location at, std::uint64_t word) const;

 private:
  struct Word {
    Location from;
    Location to;
    Names names;
  };
  template <class T>
  [[nodiscard]] static T renamed(const std::vector<T>& names, T who) {
    return who.exists() && who.raw() < names.size() ? names[who.raw()] : who;
  }
  [[nodiscard]] std::uint64_t value(Names names, std::uint64_t word) const;
  [[nodiscard]] std::uint32_t renamed_record(const World::RegionInfo& info, std::uint32_t record) const;
  void list_words(const World::RegionInfo& info);

  std::vector<CpuId> cpus_;
  std::vector<TaskId> tasks_;
  std::vector<CpuId> cpus_back_;
  std::vector<TaskId> tasks_back_;
  std::vector<Word> words_;            ///< that have another place or may have another value, by place
  std::vector<std::uint32_t> number_;  ///< by place: 1 + which of the words it is; 0: none
};

}  // namespace mmulab
