// SPDX-License-Identifier: MIT
// How a counterexample's steps are drawn. Widths by hand: 7 columns of margin, 30 of source, and 63 that two cpus
// share, 31 each; one has all of them.
#include "sim/results/check_result.h"
#include "tests/support/catch.h"

using namespace mmulab;

namespace {

ToldStep step_of(int lane, const std::string& label, const std::vector<std::string>& locks = {}) {
  ToldStep step;
  step.lane = lane;
  step.actor = lane < 0 ? "device 0.1" : "cpu " + std::to_string(lane);
  step.task = lane < 0 ? "" : lane == 0 ? "zapper" : "loader";
  step.label = label;
  step.source = "a.cpp:1";
  step.locks = locks;
  return step;
}

ToldCounterexample story() {
  ToldCounterexample told;
  told.steps = {step_of(0, "sem.down", {"mmap_sem of mm 0 (read)"}),
                step_of(0, "pte.clear", {"mmap_sem of mm 0 (read)"}),
                step_of(1, "load"),
                step_of(-1, "bus.snoop"),
                step_of(0, "look", {"mmap_sem of mm 0 (read)"}),
                step_of(0, "sem.up"),
                step_of(1, "use")};
  told.steps[1].changes = {"pte[2].0 0x5 -> 0x0"};
  return told;
}

const std::string titles = "       cpu 0, zapper                  cpu 1, loader\n";

}  // namespace

TEST_CASE("Locks are said where they change and where a cpu takes over, and no longer than they are held") {
  CHECK(lanes(story(), 2) == titles +
                                 "   1   sem.down                              "
                                 "                        a.cpp:1\n"
                                 "         holds mmap_sem of mm 0 (read)\n"
                                 "   2   pte.clear                             "
                                 "                        a.cpp:1\n"
                                 "         pte[2].0 0x5 -> 0x0\n"
                                 "   3                                  load   "
                                 "                        a.cpp:1\n"
                                 "   4   device 0.1: bus.snoop                 "
                                 "                        a.cpp:1\n"
                                 "   5   look                                  "
                                 "                        a.cpp:1\n"
                                 "         holds mmap_sem of mm 0 (read)\n"
                                 "   6   sem.up                                "
                                 "                        a.cpp:1\n"
                                 "         holds no lock\n"
                                 "   7                                  use    "
                                 "                        a.cpp:1\n");
}

TEST_CASE("The window is a bar from its opening to its closing step, the racing pair has stars") {
  ToldCounterexample told = story();
  told.window = {2, 5};
  told.race_first = 2;
  told.race_second = 3;
  CHECK(lanes(told, 2) == titles +
                              "   1   sem.down                            "
                              "                          a.cpp:1\n"
                              "         holds mmap_sem of mm 0 (read)\n"
                              "   2*+ pte.clear                           "
                              "                          a.cpp:1\n"
                              "     |   pte[2].0 0x5 -> 0x0\n"
                              "   3*|                                load "
                              "                          a.cpp:1\n"
                              "   4 | device 0.1: bus.snoop               "
                              "                          a.cpp:1\n"
                              "   5 + look                                "
                              "                          a.cpp:1\n"
                              "         holds mmap_sem of mm 0 (read)\n"
                              "   6   sem.up                              "
                              "                          a.cpp:1\n"
                              "         holds no lock\n"
                              "   7                                  use  "
                              "                          a.cpp:1\n");
}

TEST_CASE("A window that was open before the first step has no opening end") {
  ToldCounterexample told = story();
  told.steps.resize(2);
  told.window = {0, 2};
  CHECK(lanes(told, 1) ==
        "       cpu 0, zapper\n"
        "   1 | sem.down                                     "
        "                  a.cpp:1\n"
        "     |   holds mmap_sem of mm 0 (read)\n"
        "   2 + pte.clear                                    "
        "                  a.cpp:1\n"
        "         pte[2].0 0x5 -> 0x0\n");
}
