#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A sweep as a job array on a cluster of four nodes, of which one goes down and one task is cancelled: the same bytes
as on this computer alone. Skipped (77), aloud, where there is no Slurm.

Usage: slurm_test.py MMULAB CLUSTER"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

PLAN = """machine = "x86-tiny"
kernel = "modern"
strategy = "linux-modern"
workload = { preset = "unmap-tiny", rounds = 2000 }
output.progress = false
[sweep]
vary = ["strategy = per-pte, linux-modern"]
repeats = 12
"""
TOOLS = ("sbatch", "squeue", "scancel", "scontrol", "slurmctld", "slurmd", "munged")


def contents(folder):
    return {str(f.relative_to(folder)): f.read_bytes()
            for f in [folder / "sweep.json", *(folder / "points").rglob("*")] if f.is_file()}


def run(*words, **more):
    return subprocess.run([str(w) for w in words], capture_output=True, text=True, timeout=120, check=False, **more)


def wait_for_jobs(environment):
    """Until the queue is empty, twice: a task that is queued again is missing for a moment."""
    empty, deadline = 0, time.monotonic() + 90
    while empty < 2 and time.monotonic() < deadline:
        listed = run("squeue", "-h", "-o", "%i %T %r", env=environment)
        empty = empty + 1 if listed.returncode == 0 and not listed.stdout.strip() else 0
        for line in listed.stdout.splitlines():
            if "BeginTime" in line:  # Slurm holds what it queues again for two minutes
                run("scontrol", "update", f"jobid={line.split()[0]}", "starttime=now", env=environment)
        time.sleep(0.2)
    return empty == 2


def on_cluster(binary, plan, folder, environment):
    submitted = run(binary, "sweep", plan, "--output", folder / "array", "--slurm", "--shards", 6, cwd=folder,
                    env=environment)
    if submitted.returncode != 0 or not submitted.stderr.startswith("job "):
        return [f"submission: exit code {submitted.returncode}: {submitted.stdout}{submitted.stderr}"]
    job = submitted.stderr.split()[1].rstrip(":")
    run("scancel", f"{job}_6", env=environment)
    while not list((folder / "array").glob("points/*/*")):
        time.sleep(0.05)
    run("scontrol", "update", "nodename=n2", "state=down", "reason=test", env=environment)
    if not wait_for_jobs(environment):
        return ["the jobs do not end: " + run("squeue", env=environment).stdout]
    return []


def main():
    binary, cluster = sys.argv[1:3]
    missing = [tool for tool in TOOLS if shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin") is None]
    if missing:
        print(f"SKIPPED: there is no {missing[0]}; apt-get install slurmctld slurmd slurm-client munge")
        return 77
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        folder = pathlib.Path(name)
        plan = folder / "plan.toml"
        plan.write_text(PLAN)
        up = run(cluster, "up", folder / "cluster", 4)
        if up.returncode != 0:
            print(f"the cluster does not come up: {up.stdout}{up.stderr}")
            return 1
        try:
            environment = {**os.environ, "SLURM_CONF": str(folder / "cluster" / "slurm.conf")}
            failures = on_cluster(binary, plan, folder, environment)
        finally:
            run(cluster, "down", folder / "cluster")
        run(binary, "sweep", plan, "--output", folder / "alone")
        merged = run(binary, "merge", folder / "alone", "--output", folder / "alone.db")
        archive = folder / "array.db"
        if merged.returncode != 0 or not archive.exists() or archive.read_bytes() != (folder / "alone.db").read_bytes():
            failures.append(f"the archive differs, or is not there: {archive.exists()} {merged.stdout}{merged.stderr}")
        wanted, found = contents(folder / "alone"), contents(folder / "array")
        if len(wanted) != 25 or wanted != found:
            logs = "".join(f.read_text()[-300:] for f in folder.glob("*.log"))
            failures.append(f"{len(found)} files on the cluster, {len(wanted)} alone, and they differ: {logs}")
    print("\n".join(failures) or "the same bytes")
    return 1 if failures else 0


sys.exit(main())
