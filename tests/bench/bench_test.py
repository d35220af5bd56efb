#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every benchmark runs, prints a line for each figure and writes them down; wrong names are refused.

Usage: bench_test.py MMULAB_BENCH"""
import json
import pathlib
import subprocess
import sys
import tempfile

NAMES = {"zipf", "burst8", "checkers", "cores16", "memory", "storm", "lookahead", "explore-steps",
         "explore-breadth", "explore-counterexample", "explore-proof-3x3", "sweep-overhead", "sweep-two-jobs",
         "sweep-memory", "merge"}
failures = []


def check(condition, what):
    if not condition:
        failures.append(what)


def main():
    binary = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "figures.json"
        command = [binary, "--tiny", "--json", str(file)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        check(done.returncode == 0, f"exit {done.returncode}: {done.stderr[:300]}")
        figures = json.loads(file.read_text())
    check(NAMES <= {f["name"] for f in figures}, "every benchmark has a figure")
    for figure in figures:
        check(figure.keys() == {"name", "value", "unit", "target", "finished", "met", "detail"}, f"{figure}: keys")
        check(figure["name"] in done.stdout, f"{figure['name']} is printed")
        target = figure["target"]
        if target is not None:
            low, high = target.get("at_least", 0), target.get("at_most", float("inf"))
            if min(abs(figure["value"] - low), abs(figure["value"] - high)) < 1e-3:
                continue  # the file says less than what decided
            check((figure["finished"] and low <= figure["value"] <= high) == figure["met"], f"{figure}: met or not")
    wrong = subprocess.run([binary, "zopf"], capture_output=True, text=True, timeout=60, check=False)
    check(wrong.returncode == 2 and "zopf" in wrong.stderr and "burst8" in wrong.stderr, "a wrong name is refused")
    for failure in failures:
        print("FAILED", failure)
    return 1 if failures else 0


sys.exit(main())
