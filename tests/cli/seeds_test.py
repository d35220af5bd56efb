#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ppc64-refault shows D1 for at least 8 of 10 seeds, and never under the strategy that flushes before the unlock.

Usage: seeds_test.py MMULAB CONFIGS"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import mmulab  # noqa: E402


def classes(binary, scenario, *settings):
    return {v["class"] for v in mmulab.run(binary, scenario, *settings)[1]["violations"]}


def main():
    binary, scenario = sys.argv[1], sys.argv[2] + "/scenarios/ppc64-refault.toml"
    broken = fixed = 0
    for seed in range(1, 11):
        broken += "D1" in classes(binary, scenario, f"sim.seed={seed}")
        fixed += bool(classes(binary, scenario, f"sim.seed={seed}", "strategy=ppc64-2.6.22", "sim.on_violation=count"))
    print(f"D1 for {broken} of 10 seeds with ppc64-2.6.20, violations for {fixed} of 10 with ppc64-2.6.22")
    return 0 if broken >= 8 and fixed == 0 else 1


sys.exit(main())
