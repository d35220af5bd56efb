#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every shipped scenario ends as it says, and lookahead changes no byte of what it reports.

Usage: scenarios_test.py MMULAB CONFIGS"""
import json
import pathlib
import subprocess
import sys

failures = []


def run(binary, scenario, *settings, expect=False):
    command = [binary, "run", str(scenario), "--json", "-"] + (["--expect"] if expect else [])
    for setting in settings:
        command += ["--set", setting]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    try:
        result = json.loads(done.stdout)
    except ValueError:
        failures.append(f"{scenario.name}: no JSON (exit {done.returncode}): {done.stderr[:200]}")
        return done.returncode, None
    result.pop("host", None)
    return done.returncode, result


def main():
    binary, configs = sys.argv[1], pathlib.Path(sys.argv[2])
    scenarios = sorted((configs / "scenarios").glob("*.toml"))
    compared = violating = 0
    for scenario in scenarios:
        for policy in ("stop", "count"):
            setting = f"sim.on_violation={policy}"
            _, on = run(binary, scenario, setting, "sim.lookahead=true")
            _, off = run(binary, scenario, setting, "sim.lookahead=false")
            compared += 1
            violating += on is not None and on["verdict"] == "violated"
            if on != off:
                failures.append(f"{scenario.name}: lookahead changes the result under {policy}")
        code, result = run(binary, scenario, expect=True)
        if code != 0:
            found = [] if result is None else [(v["invariant"], v["class"]) for v in result["violations"]]
            failures.append(f"{scenario.name}: --expect exits {code}, found {found}")
    if len(scenarios) < 12 or violating == 0:
        failures.append(f"only {len(scenarios)} scenarios, {violating} violating runs: nothing to compare")
    print(f"{len(scenarios)} scenarios, {compared} comparisons, {violating} of them violating")
    for failure in failures:
        print("FAILED", failure)
    return 1 if failures else 0


sys.exit(main())
