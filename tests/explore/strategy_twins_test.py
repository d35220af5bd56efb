#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every broken twin of a strategy is found by `check`, in the class that it is broken for; what is clean is proved.

Usage: strategy_twins_test.py BINARY"""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
CONFIGS = HERE.parent.parent / "configs"
STATES = 400_000
SPARC64 = ["kernel.sparc64.tsb_entries_first=4", "kernel.sparc64.tsb_entries_max=8", "kernel.sparc64.posted_entries=4"]


def explore(binary, twin, more):
    """Verdict and classes."""
    text = "".join(f'{key} = "{twin[key]}"\n' for key in ("machine", "kernel", "strategy", "workload"))
    keys = [*twin.get("set", []), *(SPARC64 if twin["machine"].startswith("sparc64") else []), *more]
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "twin.toml"
        file.write_text(text)
        command = [binary, "check", file, "--json", "-", "--engine", "dfs", "--max-states", str(STATES)]
        for key in keys:
            command += ["--set", key]
        done = subprocess.run(command, capture_output=True, text=True, check=False,
                              env={**os.environ, "MMULAB_CONFIG_PATH": str(CONFIGS)})
    if not done.stdout.startswith("{"):
        return "no result", [done.stderr[:300]]
    found = json.loads(done.stdout)
    return found["verdict"], [f"{v['invariant']} {v['class']}" for v in found["violations"]]


def judge(binary, twin):
    """What is wrong with a twin; nothing if it is as it should be."""
    verdict, classes = explore(binary, twin, twin["fault"])
    if twin["violates"] not in classes:
        return f"{twin['violates']} was not found: {verdict} {classes}"
    if twin.get("clean"):
        verdict, classes = explore(binary, twin, [])
        if verdict != "proved":
            return f"without the fault: {verdict} {classes}"
    return None


def main():
    twins = tomllib.loads((HERE / "strategy_twins.toml").read_text())["twin"]
    presets = {file.stem for file in (CONFIGS / "strategies").glob("*.toml")}
    failures = [f"{name} has no broken twin" for name in sorted(presets - {t["strategy"] for t in twins}
                                                                - {"sparc64-2.6.22"})]  # broken as it is
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for twin, wrong in zip(twins, pool.map(lambda t: judge(sys.argv[1], t), twins)):
            if wrong:
                where = f"{twin['strategy']} on {twin['machine']}, {twin['workload']}, {twin['fault']}"
                failures.append(f"{where}: {wrong}")
    print(f"{len(twins)} twins")
    for failure in failures:
        print("FAILED", failure)
    return 1 if failures else 0


sys.exit(main())
