#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The shipped recordings are what docs/trace.md says, and replay to their end: with real threads, processes and calls,
the same twice.

Usage: traces_test.py MMULAB CONFIGS [ARCHITECTURE...]"""
import json
import pathlib
import re
import subprocess
import sys

mmulab, folder = sys.argv[1], pathlib.Path(sys.argv[2]) / "traces"
architectures = sys.argv[3:] or ["x86", "ppc64", "sparc64"]
failures = []


def expect(condition, what):
    if not condition:
        failures.append(what)


def check_recording(file):
    told = subprocess.run([mmulab, "trace", "info", file], capture_output=True, text=True, check=True).stdout
    number = {name: int(value) for name, value in re.findall(r"^ *(\w+) +(\d+)", told, re.MULTILINE) if name.isalpha()}
    processes = {pid for pid in re.findall(r"of process (\d+)", told)}
    mm_calls = sum(number.get(call, 0) for call in ("mmap", "munmap", "mprotect", "madvise", "mremap", "brk"))
    expect(file.stat().st_size < 4_000_000, f"{file.name}: {file.stat().st_size} bytes")
    expect(number["accesses"] >= 4_000_000, f"{file.name}: {number['accesses']} accesses")
    expect(mm_calls >= 1000, f"{file.name}: {mm_calls} calls on mappings")
    expect(len(processes) >= 2, f"{file.name}: {len(processes)} processes")
    expect(number.get("clone", 0) >= 1, f"{file.name}: no threads")
    expect(file.stat().st_size <= number["accesses"] / 2, f"{file.name}: more than half a byte an access")


def run(scenario):
    done = subprocess.run([mmulab, "run", scenario, "--json", "-"], capture_output=True, text=True, check=False)
    expect(done.returncode == 0, f"{scenario.name}: exit code {done.returncode}: {done.stderr[:500]}")
    result = json.loads(done.stdout)
    result.pop("host")
    return result


recordings = sorted(folder.glob("*.mmt"))
expect(len(recordings) == 2, f"{len(recordings)} recordings")
for recording in recordings:
    check_recording(recording)
for architecture in architectures:
    scenarios = sorted(folder.glob(f"{architecture}-*.toml"))
    expect(len(scenarios) == 2, f"{len(scenarios)} scenarios for {architecture}")
    for scenario in scenarios:
        first = run(scenario)
        expect(first["end"]["reason"] == "finished", f"{scenario.name}: ended by {first['end']['reason']}")
        expect(first["stats"]["trace.calls"]["value"] >= 1000, f"{scenario.name}: few calls were made")
        expect(run(scenario) == first, f"{scenario.name}: two runs differ")
print(*failures, sep="\n")
sys.exit(1 if failures else 0)
