#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every invariant catches its fault and is silent on the clean twin, which differs in one key (twins.toml).

Usage: twins_test.py MMULAB CONFIGS TABLE [--seeds]
With --seeds, a fault must show for 8 of 10 seeds, and the clean twin be clean for all of them."""
import json
import pathlib
import subprocess
import sys
import tomllib

failures = []


def run(binary, scenario, *settings, expect=False):
    command = [binary, "run", str(scenario), "--json", "-"] + (["--expect"] if expect else [])
    for setting in settings:
        command += ["--set", setting]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    try:
        return done.returncode, json.loads(done.stdout)
    except ValueError:
        failures.append(f"{scenario.name} {settings}: no JSON (exit {done.returncode}): {done.stderr[:200]}")
        return done.returncode, {"violations": [], "checks": []}


def is_caught(binary, scenario, twin, seed):
    _, result = run(binary, scenario, f"{twin['key']}={twin['faulty']}", f"sim.seed={seed}", "sim.on_violation=count")
    return any((v["invariant"], v["class"]) == (twin["invariant"], twin["class"]) for v in result["violations"])


def is_clean(binary, scenario, twin, seed):
    code, result = run(binary, scenario, f"{twin['key']}={twin['clean']}", f"sim.seed={seed}", "sim.on_violation=count")
    exercised = {c["invariant"]: c["exercised"] for c in result["checks"]}
    return code == 0 and not result["violations"] and exercised.get(twin["invariant"], 0) > 0


def check_twin(binary, configs, twin, seeds):
    scenario = configs / twin["scenario"]
    name = f"{twin['invariant']} {twin['class']}, {scenario.name}, {twin['key']}"
    caught = sum(is_caught(binary, scenario, twin, seed) for seed in seeds)
    clean = sum(is_clean(binary, scenario, twin, seed) for seed in seeds)
    print(f"{name}: fault caught for {caught} of {len(seeds)} seeds, twin clean for {clean}")
    if caught * 10 < len(seeds) * 8:
        failures.append(f"{name}: with {twin['faulty']} caught for {caught} of {len(seeds)} seeds only")
    if clean != len(seeds):
        failures.append(f"{name}: with {twin['clean']} not clean, or not exercised")


def check_table(binary, configs, table):
    listed = subprocess.run([binary, "list", "invariants"], capture_output=True, text=True, timeout=60, check=True)
    invariants = {line.split()[0] for line in listed.stdout.splitlines()}
    caught = {twin["invariant"] for twin in table["twin"]}
    excused = {row["invariant"] for row in table["out_of_reach"] if len(row["why"]) > 20}
    if caught | excused != invariants or caught & excused:
        failures.append(f"the table lists {sorted(caught | excused)}, there are {sorted(invariants)}")
    for file in sorted((configs / "bugs").glob("*.toml")):
        code, result = run(binary, file, expect=True)
        found = [(v["invariant"], v["class"]) for v in result["violations"]]
        if code != 0:
            failures.append(f"{file.name}: --expect exits {code}, found {found}")


def main():
    binary, configs = sys.argv[1], pathlib.Path(sys.argv[2])
    with open(sys.argv[3], "rb") as file:
        table = tomllib.load(file)
    check_table(binary, configs, table)
    for twin in table["twin"]:
        check_twin(binary, configs, twin, range(1, 11) if "--seeds" in sys.argv else [1])
    for failure in failures:
        print("FAILED", failure)
    return 1 if failures else 0


sys.exit(main())
