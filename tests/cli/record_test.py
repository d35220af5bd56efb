#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""scripts/record makes a trace of a real program with threads and a child, with valgrind and with strace, and it runs.

Usage: record_test.py MMULAB RECORD COMPILER PROGRAM.cpp
Exit code 77: valgrind or strace is missing, or may not trace here; what there is was tested."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

mmulab, record = (pathlib.Path(word).resolve() for word in sys.argv[1:3])
compiler, program_source = sys.argv[3:5]
failures, skipped = [], []

SCENARIO = """machine.preset = "{machine}"
machine.cores = 2
kernel = "{kernel}"
strategy = "{strategy}"
[workload]
kind = "trace"
file = "program.mmt"
"""
MACHINES = [("skylake", "modern", "linux-modern"), ("ppc970", "2.6.22", "ppc64-2.6.22")]


def claim(what, holds):
    if not holds:
        failures.append("not so: " + what)


def call(*words, **more):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=300, check=False,
                          **more)


def recorded(folder, *words, **environment):
    return call("sh", record, *words, cwd=folder, env={**os.environ, "MMULAB": str(mmulab), **environment})


def traces_here(tool, *words):
    """Containers may forbid ptrace, and new processors may be strange to an old valgrind."""
    if shutil.which(tool) is None:
        skipped.append(f"{tool} is not installed")
        return False
    done = call(tool, *words, "true")
    if done.returncode != 0:
        skipped.append(f"{tool} cannot trace here: {(done.stderr.strip().splitlines() or [''])[-1]}")
    return done.returncode == 0


def info(folder, tool):
    """Numbers that `trace info` gives, and the processes of its tasks, one a task."""
    told = call(mmulab, "trace", "info", folder / "program.mmt")
    claim(f"{tool}: trace info reads it: {told.stderr[:300]}", told.returncode == 0)
    numbers = {name: int(value) for name, value in re.findall(r"^ *([a-z]+) +(\d+)", told.stdout, re.MULTILINE)}
    return numbers, re.findall(r"of process (\d+)", told.stdout)


def runs(folder, tool):
    for machine, kernel, strategy in MACHINES:
        scenario = SCENARIO.format(machine=machine, kernel=kernel, strategy=strategy)
        (folder / "scenario.toml").write_text(scenario, encoding="utf-8")
        done = call(mmulab, "run", "scenario.toml", "--json", "-", cwd=folder)
        claim(f"{tool}: {machine} runs it: {done.returncode}: {done.stderr[:300]}", done.returncode == 0)
        if done.returncode != 0:
            continue
        result = json.loads(done.stdout)
        claim(f"{tool}: {machine} comes to its end", result["end"]["reason"] == "finished")
        count = {name: result["stats"][f"call.{name}.latency"]["count"] for name in ("fork", "munmap", "mprotect")}
        claim(f"{tool}: {machine} forks once: {count}", count["fork"] == 1)
        claim(f"{tool}: {machine} unmaps and protects: {count}", min(count.values()) >= 1)


def recording(folder, program, tool, *options):
    done = recorded(folder, *options, "-o", "program.mmt", "--", program)
    claim(f"{tool}: record ends with 0: {done.stderr[:300]}", done.returncode == 0)
    if done.returncode != 0:
        return
    numbers, processes = info(folder, tool)
    # A thread of the first process, and its child.
    claim(f"{tool}: three tasks of two processes, not {processes}", len(processes) == 3 and len(set(processes)) == 2)
    claim(f"{tool}: one thread was made, and one process", (numbers.get("clone"), numbers.get("fork")) == (1, 1))
    claim(f"{tool}: each of them ends", numbers.get("exit") == 3)
    claim(f"{tool}: the child is waited for", numbers.get("wait", 0) >= 1)
    claim(f"{tool}: pages are protected and unmapped", min(numbers.get("mprotect", 0), numbers.get("munmap", 0)) >= 1)
    # Twelve writes are the program's own; getting it into memory takes thousands of accesses.
    claim(f"{tool}: accesses where it sees them", (numbers["accesses"] > 1000) == (tool == "valgrind"))
    runs(folder, tool)
    failing = recorded(folder, *options, "-o", "program.mmt", "--", program, "fail")
    claim(f"{tool}: a command that fails is recorded, and told", failing.returncode == 0 and
          "the command ended with 3; what it did is kept" in failing.stderr and len(info(folder, tool)[1]) == 3)


def refusals(folder):
    (folder / "bin").mkdir()
    for needed in ("dirname", "mktemp", "rm", "sh"):
        (folder / "bin" / needed).symlink_to(shutil.which(needed))
    for words, tool in (((), "valgrind"), (("--calls",), "strace")):
        done = recorded(folder, *words, "--", "true", PATH=str(folder / "bin"))
        claim(f"without {tool} its package is named: {done.stderr}", done.returncode == 2 and
              done.stderr == f"record: {tool} is missing; it is in Debian's package {tool}\n")
    done = recorded(folder, "--calls")
    claim("a command is asked for", done.returncode == 2 and "a command is missing" in done.stderr)
    done = recorded(folder, "--colls", "--", "true")
    claim("what is no option is named", done.returncode == 2 and "`--colls`" in done.stderr)
    done = recorded(folder, "--help")
    claim("--help tells what it does", done.returncode == 0 and done.stdout.startswith("Runs a command and keeps"))


with tempfile.TemporaryDirectory() as name:
    root = pathlib.Path(name)
    executable = root / "program"
    built = call(compiler, "-O1", "-pthread", program_source, "-o", executable)
    claim(f"the program can be built: {built.stderr}", built.returncode == 0)
    if traces_here("valgrind", "--tool=lackey", "--basic-counts=no"):
        recording(root, executable, "valgrind")
    if traces_here("strace", "-f", "-o", root / "none"):
        recording(root, executable, "strace", "--calls")
    refusals(root)
print(*failures, *(f"skipped: {why}" for why in skipped), sep="\n")
sys.exit(1 if failures else 77 if skipped else 0)
