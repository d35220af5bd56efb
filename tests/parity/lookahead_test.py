#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lookahead changes no byte of what random scenarios report, whether a violation stops them or is counted.

Usage: lookahead_test.py MMULAB CONFIGS COUNT VIOLATING [FIRST]
Compares scenarios FIRST (0) to FIRST + COUNT - 1; at least VIOLATING of them must violate an invariant."""
import collections
import concurrent.futures
import os
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import mmulab  # noqa: E402
import random_scenarios  # noqa: E402

run_seconds_max = 60


def compare(binary, folder, number):
    """(verdict, whether any core ran ahead, problems) of one scenario."""
    scenario = folder / f"random-{number:03}.toml"
    scenario.write_text(random_scenarios.text_of(number))
    problems, verdict, ran_ahead = [], "", False
    for policy in ("stop", "count"):
        both = []
        for lookahead in ("true", "false"):
            try:
                settings = [f"sim.on_violation={policy}", f"sim.lookahead={lookahead}"]
                both.append(mmulab.run(binary, scenario, *settings, seconds=run_seconds_max)[1])
            except mmulab.NoResult as failure:
                return "", False, [str(failure)]
        on, off = both
        if mmulab.simulated(on) != mmulab.simulated(off):
            problems.append(f"scenario {number} under {policy}: on / off: " + "; ".join(mmulab.differences(on, off)))
        ran_ahead = ran_ahead or on["host"]["steps"] < off["host"]["steps"]
        verdict = on["verdict"]
    return verdict, ran_ahead, problems


def main():
    binary, configs = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    count, violating_min = int(sys.argv[3]), int(sys.argv[4])
    first = int(sys.argv[5]) if len(sys.argv) > 5 else 0
    os.environ["MMULAB_CONFIG_PATH"] = str(configs)
    verdicts, running_ahead, failures = collections.Counter(), 0, []
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [pool.submit(compare, binary, pathlib.Path(folder), n) for n in range(first, first + count)]
        for job in jobs:
            verdict, ran_ahead, problems = job.result()
            verdicts[verdict] += 1
            running_ahead += ran_ahead
            failures += problems
    print(f"{count} scenarios under stop and count: {dict(verdicts)}; cores ran ahead in {running_ahead}")
    if verdicts["violated"] < violating_min:
        failures.append(f"only {verdicts['violated']} violate an invariant, not {violating_min}: too tame")
    if running_ahead * 4 < count:
        failures.append(f"cores ran ahead in {running_ahead} only: there is nothing to compare")
    for failure in failures:
        print("FAILED", failure[:400])
    return 1 if failures else 0


sys.exit(main())
