#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Sweeps that are killed at random moments, run out of disk, or are interrupted lose nothing that was done.

Usage: sweep_kill_test.py MMULAB KILLS"""
import pathlib
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time

PLAN = """machine = "x86-tiny"
kernel = "modern"
strategy = "linux-modern"
workload = "unmap-tiny"
output.progress = false
[sweep]
vary = ["strategy = per-pte, linux-modern, generic-2.6.22", "workload.think_cycles_max = 100..400+100"]
repeats = 5
"""
POINTS = 60


def sweep(binary, plan, folder, *options, **more):
    return subprocess.run([binary, "sweep", str(plan), "--output", str(folder), *options], capture_output=True,
                          text=True, timeout=300, check=False, **more)


def contents(folder):
    """What must not depend on how it came about."""
    files = [folder / "sweep.json", *sorted((folder / "points").rglob("*"))]
    return {str(f.relative_to(folder)): f.read_bytes() for f in files if f.is_file()}


def difference(found, wanted, what):
    if found == wanted:
        return []
    names = sorted(n for n in found.keys() | wanted.keys() if found.get(n) != wanted.get(n))
    return [f"{what}: {len(names)} files differ, such as {names[:2]}"]


def killed(binary, plan, folder, wanted, kills, seconds):
    """Kills it again and again; begins anew whenever it has come to its end."""
    chance = random.Random(1)
    failures, ends, number = [], 0, 0
    hit = 0
    while hit < kills:
        place = folder / f"killed-{number}"
        for option in ((), *[("--resume",)] * 1000):
            run = subprocess.Popen([binary, "sweep", str(plan), "--output", str(place), "--jobs", "3", *option],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            try:
                run.wait(chance.uniform(0, 0.6 * seconds))
            except subprocess.TimeoutExpired:
                run.kill()
                run.wait()
                hit += 1
                continue
            text = run.stderr.read()
            if run.returncode == 2 and not option:
                failures.append(f"a fresh sweep was refused: {text}")
            if run.returncode != 0:
                failures.append(f"after {hit} kills it ends with {run.returncode}: {text[:300]}")
                return failures
            break
        ends += 1
        number += 1
        failures += difference(contents(place), wanted, f"resumed after {hit} kills")
        left = list((place / "tmp").iterdir())
        if left:
            failures.append(f"left over: {left[:3]}")
    print(f"{hit} kills over {ends} sweeps")
    return failures


def interrupted(binary, plan, folder, wanted):
    place = folder / "interrupted"
    run = subprocess.Popen([binary, "sweep", str(plan), "--output", str(place), "--jobs", "1"],
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not list(place.glob("points/*/*")) and run.poll() is None:
        time.sleep(0.005)
    run.send_signal(signal.SIGTERM)
    out, _ = run.communicate(timeout=60)
    if run.returncode != 130 or "not done: --resume goes on from here" not in out:
        return [f"SIGTERM: exit code {run.returncode}: {out}"]
    done = contents(place)
    failures = difference(done, {n: wanted.get(n) for n in done}, "before the interrupt")
    sweep(binary, plan, place, "--resume")
    return failures + difference(contents(place), wanted, "resumed after an interrupt")


def no_space(binary, plan, folder, wanted):
    """A limit on the size of files stands for the disk: it fails in the same place."""
    def limited():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

    place = folder / "full"
    full = sweep(binary, plan, place, preexec_fn=limited, restore_signals=False)
    if full.returncode != 2 or "cannot write" not in full.stderr or "File too large" not in full.stderr:
        return [f"no space: exit code {full.returncode}: {full.stderr[:300]}"]
    if list((place / "tmp").iterdir()):
        return ["no space: a temporary file is left"]
    sweep(binary, plan, place, "--resume")
    return difference(contents(place), wanted, "resumed with space")


def main():
    binary, kills = sys.argv[1], int(sys.argv[2])
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        plan = folder / "plan.toml"
        plan.write_text(PLAN)
        begun = time.monotonic()
        undisturbed = sweep(binary, plan, folder / "whole", "--jobs", "3")
        seconds = time.monotonic() - begun
        wanted = contents(folder / "whole")
        failures = [] if undisturbed.returncode == 0 and len(wanted) == POINTS + 1 else [undisturbed.stderr]
        failures += killed(binary, plan, folder, wanted, kills, seconds)
        failures += interrupted(binary, plan, folder, wanted)
        failures += no_space(binary, plan, folder, wanted)
    print("\n".join(failures) or "nothing was lost")
    return 1 if failures else 0


sys.exit(main())
