#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""SIGINT and SIGTERM during a real run: exit code 130, a report, whole JSON, and nothing left over.

Usage: interrupt_test.py MMULAB CONFIGS"""
import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

# No machine ends this soon; the interrupt must.
ROUNDS = 1_000_000_000


def interrupted(binary, scenario, number):
    """The complaints about one run that gets `number` while it simulates."""
    folder = scenario.parent
    result = folder / "result.json"
    run = subprocess.Popen([binary, "run", str(scenario), "--json", str(result)], stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True,
                           preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    time.sleep(1)
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


def main():
    binary, configs = sys.argv[1], pathlib.Path(sys.argv[2])
    text = (configs / "scenarios" / "ppc64-refault-fixed.toml").read_text()
    lines = [f"rounds = {ROUNDS}" if line.startswith("rounds") else line for line in text.splitlines()]
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        scenario = pathlib.Path(folder) / "endless.toml"
        scenario.write_text("\n".join(lines) + "\n")
        for number in (signal.SIGINT, signal.SIGTERM):
            failures += interrupted(binary, scenario, number)
    print("\n".join(failures) or "both signals end a run cleanly")
    return 1 if failures else 0


sys.exit(main())
