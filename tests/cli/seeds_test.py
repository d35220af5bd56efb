#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ppc64-refault shows D1 for at least 8 of 10 seeds, and never under the strategy that flushes before the unlock; the
same with every constant of low confidence halved and doubled.

Usage: seeds_test.py MMULAB CONFIGS"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import mmulab  # noqa: E402


def classes(binary, scenario, *settings):
    return {v["class"] for v in mmulab.run(binary, scenario, *settings)[1]["violations"]}


def is_robust(binary, scenario, percent):
    broken = fixed = 0
    for seed in range(1, 11):
        settings = [f"sim.seed={seed}", f"sim.low_confidence_percent={percent}"]
        broken += "D1" in classes(binary, scenario, *settings)
        fixed += bool(classes(binary, scenario, *settings, "strategy=ppc64-2.6.22", "sim.on_violation=count"))
    print(f"low confidence at {percent} %: D1 for {broken} of 10 seeds with ppc64-2.6.20, "
          f"violations for {fixed} of 10 with ppc64-2.6.22")
    return broken >= 8 and fixed == 0


def main():
    binary, scenario = sys.argv[1], sys.argv[2] + "/scenarios/ppc64-refault.toml"
    return 0 if all([is_robust(binary, scenario, percent) for percent in (100, 50, 200)]) else 1


sys.exit(main())
