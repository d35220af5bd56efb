#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a replay needs of memory does not depend on how often the recording is looped: peaks at 2 and at 16 rounds, of
shortened recordings, on each architecture.

Usage: replay_memory_test.py MMULAB CONFIGS"""
import os
import pathlib
import subprocess
import sys
import tempfile

mmulab, folder = sys.argv[1], pathlib.Path(sys.argv[2]) / "traces"
LIMIT_KIB = 64 * 1024
failures = []


def peak_kib(scenario, rounds):
    with open(os.devnull, "w", encoding="ascii") as nowhere:
        child = subprocess.Popen([mmulab, "run", scenario, "--set", f"workload.rounds={rounds}"], stdout=nowhere)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        failures.append(f"{scenario.name}, {rounds} rounds: exit code {child.returncode}")
    return used.ru_maxrss


with tempfile.TemporaryDirectory() as scratch:
    for recording in sorted(folder.glob("*.mmt")):
        cut = pathlib.Path(scratch) / recording.name
        subprocess.run([mmulab, "trace", "cut", recording, "--accesses", "5000", "-o", cut], check=True,
                       capture_output=True)
        for scenario in sorted(folder.glob(f"*-{recording.stem}.toml")):
            shortened = pathlib.Path(scratch) / scenario.name
            shortened.write_text(scenario.read_text(encoding="utf-8"), encoding="utf-8")
            few, many = peak_kib(shortened, 2), peak_kib(shortened, 16)
            if many > 1.04 * few or many > LIMIT_KIB:
                failures.append(f"{scenario.name}: {few} KiB at 2 rounds, {many} KiB at 16")
print(*failures, sep="\n")
sys.exit(1 if failures else 0)
