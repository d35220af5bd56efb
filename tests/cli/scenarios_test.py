#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every shipped scenario ends as it says, and lookahead changes no byte of what it reports.

Usage: scenarios_test.py MMULAB CONFIGS"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import mmulab  # noqa: E402


def main():
    binary, configs = sys.argv[1], pathlib.Path(sys.argv[2])
    scenarios = sorted((configs / "scenarios").glob("*.toml"))
    compared = violating = 0
    failures = []
    for scenario in scenarios:
        for policy in ("stop", "count"):
            setting = f"sim.on_violation={policy}"
            on = mmulab.run(binary, scenario, setting, "sim.lookahead=true")[1]
            off = mmulab.run(binary, scenario, setting, "sim.lookahead=false")[1]
            compared += 1
            violating += on["verdict"] == "violated"
            if mmulab.simulated(on) != mmulab.simulated(off):
                failures.append(f"{scenario.name} under {policy}: on / off: {mmulab.differences(on, off)}")
        code, result = mmulab.run(binary, scenario, expect=True)
        if code != 0:
            found = [(v["invariant"], v["class"]) for v in result["violations"]]
            failures.append(f"{scenario.name}: --expect exits {code}, found {found}")
    if len(scenarios) < 12 or violating == 0:
        failures.append(f"only {len(scenarios)} scenarios, {violating} violating runs: nothing to compare")
    print(f"{len(scenarios)} scenarios, {compared} comparisons, {violating} of them violating")
    for failure in failures:
        print("FAILED", failure)
    return 1 if failures else 0


sys.exit(main())
