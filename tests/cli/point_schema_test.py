#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What sweeps keep obeys the schemas that are shipped, and what is broken does not.

Usage: point_schema_test.py MMULAB DOCS CONFIGS"""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

try:
    import jsonschema
except ImportError:
    print("python3-jsonschema is not installed")
    sys.exit(77)

mmulab, docs, configs = sys.argv[1], *map(pathlib.Path, sys.argv[2:4])
failures = []


def validator(name):
    schema = json.loads((docs / name).read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def sweep(folder, *words):
    return [mmulab, "sweep", configs / "scenarios" / "ppc64-refault-small.toml", "--output", folder, *words]


def points(folder):
    return [json.loads(file.read_text(encoding="utf-8").splitlines()[0]) for file in folder.glob("points/*/*.json")]


def judge(what, found):
    """Each obeys, and nothing that is broken in some way does."""
    for point in found:
        failures.extend(f"{what}: {e.message} at {list(e.absolute_path)}" for e in obeys.iter_errors(point))
        broken = [{k: v for k, v in point.items() if k != key} for key in point]
        broken += [{**point, "surprise": 1}, {**point, "hash": "x"}, {**point, "number": 0},
                   {**point, "result": {} if point["result"] is None else None}]
        failures.extend(f"{what}: accepted: {str(b)[:200]}" for b in broken if obeys.is_valid(b))


def crash(folder, *words):
    """A sweep of one endless point, whose process gets a signal as if it had gone astray."""
    with subprocess.Popen(sweep(folder, *words), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
        until = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < until:
            for child in children.read_text(encoding="ascii").split():
                os.kill(int(child), signal.SIGSEGV)
                return process.wait(60)
            time.sleep(0.01)
        process.kill()
        return None


def failed_points(root):
    """One that crashed, one that took too long, and one that needed too much memory."""
    endless = ("--set", "check.engine=random", "--set", "check.schedules=1000000000000")
    large = ("--set", "check.engine=bfs", "--set", "check.reduce=false")
    check = ("--set", "sweep.verb=check", "--set", "strategy=ppc64-2.6.22")
    codes = [crash(root / "crash", *check, *endless)]
    for name, words in (("time", (*endless, "--timeout", "1")), ("memory", (*large, "--max-memory", "8"))):
        codes.append(subprocess.run(sweep(root / name, *check, *words), capture_output=True, check=False).returncode)
    if codes != [3, 3, 3]:
        failures.append(f"sweeps with failed points end with 3, not {codes}")
    for name, reason in (("crash", "killed by signal 11"), ("time", "took longer than 1 s"),
                         ("memory", "it ran out of memory (at most 8 MiB)")):
        found = points(root / name)
        if [(p["status"], p["exit_code"], reason in p["reason"]) for p in found] != [("failed", 4, True)]:
            failures.append(f"{name}: {[(p['status'], p['exit_code'], p['reason']) for p in found]}")
        judge(name, found)


HOST = {"run": {"file": "", "wall_seconds": 0, "steps": 0, "stats": {}}, "check": {"file": "", "wall_seconds": 0}}
obeys = validator("point.schema.json")
results = {"run": validator("results.schema.json"), "check": validator("check.schema.json")}
with tempfile.TemporaryDirectory() as name:
    for verb in ("run", "check"):
        place = pathlib.Path(name) / verb
        subprocess.run(sweep(place, "--set", f"sweep.verb={verb}", "--set", "check.states_max=2000",
                             "--vary", "strategy=ppc64-2.6.20,ppc64-2.6.22,linux-modern",
                             "--vary", "machine=ppc64-tiny,x86-tiny"), capture_output=True, check=True)
        found = points(place)
        statuses = {point["status"] for point in found}
        if statuses != {"ran", "refused"}:
            failures.append(f"{verb}: only {statuses} are seen")
        judge(verb, found)
        for point in found:
            if point["result"] is not None:
                whole = {**point["result"], "host": HOST[verb]}
                failures += [f"{verb}'s result: {e.message}" for e in results[verb].iter_errors(whole)]
    failed_points(pathlib.Path(name))
print(*failures[:20], sep="\n")
sys.exit(1 if failures else 0)
