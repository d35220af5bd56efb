#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""SIGINT and SIGTERM during a real run: exit code 130, a report, whole JSON, and nothing left over. Twice at once, as
timeout(1) does, is one wish; somebody who asks again later means it.

Usage: interrupt_test.py MMULAB CONFIGS"""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

# No machine ends this soon; the interrupt must.
ROUNDS = 1_000_000_000


def started(words):
    run = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                           preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    time.sleep(1)
    return run


def interrupted(binary, scenario, number, times):
    """The complaints about one run that gets `number` so many times while it simulates."""
    folder = scenario.parent
    result = folder / "result.json"
    run = started([binary, "run", str(scenario), "--json", str(result)])
    for _ in range(times):
        run.send_signal(number)
    try:
        out, err = run.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        run.kill()
        return [f"{number.name}: it went on for a minute"]
    if run.returncode != 130:
        return [f"{number.name}: exit code {run.returncode}, wanted 130: {err}"]
    wrong = []
    if not out.startswith("INTERRUPTED") and "\nINTERRUPTED" not in out:
        wrong.append(f"{number.name}: no report")
    document = json.loads(result.read_text())
    if document["end"]["reason"] != "interrupted":
        wrong.append(f"{number.name}: the JSON says that it ended by {document['end']['reason']}")
    if document["end"]["cycle"] < 1000 or not document["stats"]:
        wrong.append(f"{number.name}: what was simulated until then is lost")
    left = sorted(f.name for f in folder.iterdir() if f not in (scenario, result))
    if left:
        wrong.append(f"{number.name}: left over: {left}")
    return wrong


def interrupted_matrix(binary):
    """The complaints about a matrix that is told to end twice at once: its cells so far are not lost."""
    run = started([binary, "check", "--matrix", "--jobs=1", "--json=-"])
    for _ in range(2):
        run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=60)
    if run.returncode != 130 or not json.loads(out or "{}").get("cells"):
        return [f"matrix: exit code {run.returncode}, wanted 130 and its cells: {out[:200]} {err}"]
    return []


def insisted(binary):
    """The complaints about one whose child hears nothing: it waits, and ends when it is asked again a second later."""
    run = started([binary, "check", "--matrix", "--jobs=1", "--max-states=100000000",
                   "--only=safe-deferral-modern/x86/reclaim-mprotect"])
    children = pathlib.Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
    for child in children:
        os.kill(int(child), signal.SIGSTOP)
    run.send_signal(signal.SIGINT)
    time.sleep(1)
    run.send_signal(signal.SIGINT)
    try:
        run.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        run.kill()
        return ["insisted: it went on"]
    finally:
        for child in children:
            try:
                os.kill(int(child), signal.SIGKILL)
            except ProcessLookupError:
                pass
    if run.returncode != -signal.SIGINT:
        return [f"insisted: exit code {run.returncode}, wanted the signal's"]
    return []


def main():
    binary, configs = sys.argv[1], pathlib.Path(sys.argv[2])
    text = (configs / "scenarios" / "ppc64-refault-fixed.toml").read_text()
    lines = [f"rounds = {ROUNDS}" if line.startswith("rounds") else line for line in text.splitlines()]
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        scenario = pathlib.Path(folder) / "endless.toml"
        scenario.write_text("\n".join(lines) + "\n")
        for number in (signal.SIGINT, signal.SIGTERM):
            for times in (1, 2):
                failures += interrupted(binary, scenario, number, times)
    failures += interrupted_matrix(binary) + insisted(binary)
    print("\n".join(failures) or "both signals end a run cleanly")
    return 1 if failures else 0


sys.exit(main())
