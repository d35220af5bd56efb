#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every shipped plan lists its points, and its last one runs.

Usage: sweeps_test.py MMULAB CONFIGS"""
import pathlib
import subprocess
import sys
import tempfile


def mmulab(binary, *words):
    return subprocess.run([binary, *map(str, words)], capture_output=True, text=True, timeout=300, check=False)


def complaints(binary, plan, folder):
    listed = mmulab(binary, "sweep", plan, "--dry-run", "--output", folder / plan.stem)
    points = listed.stdout.splitlines()
    if listed.returncode != 0 or len(points) < 2:
        return [f"{plan.name}: {len(points)} points, exit code {listed.returncode}: {listed.stderr[:300]}"]
    last = f"{len(points)}/{len(points)}"
    done = mmulab(binary, "sweep", plan, "--shard", last, "--output", folder / plan.stem)
    if done.returncode != 0 or " 0 refused, 0 failed" not in done.stdout or not done.stdout.startswith("1 points"):
        return [f"{plan.name}: point {last}: exit code {done.returncode}: {done.stdout}{done.stderr[:300]}"]
    return []


def main():
    binary, plans = sys.argv[1], sorted((pathlib.Path(sys.argv[2]) / "sweeps").glob("*.toml"))
    with tempfile.TemporaryDirectory() as folder:
        failures = [c for plan in plans for c in complaints(binary, plan, pathlib.Path(folder))]
    if len(plans) < 4:
        failures.append(f"only {len(plans)} plans")
    print("\n".join(failures) or f"{len(plans)} plans")
    return 1 if failures else 0


sys.exit(main())
