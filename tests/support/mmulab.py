# SPDX-License-Identifier: MIT
"""Runs the mmulab binary for tests that look at its results."""
import json
import subprocess


class NoResult(Exception):
    """The run gave no JSON: it was refused, or it died."""


def run(binary, scenario, *settings, expect=False, cwd=None, seconds=120):
    """The exit code and the JSON result of one run; what depends on host and path is under the key host."""
    command = [str(binary), "run", str(scenario), "--json", "-"] + (["--expect"] if expect else [])
    for setting in settings:
        command += ["--set", setting]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False, cwd=cwd)
        return done.returncode, json.loads(done.stdout)
    except ValueError:
        raise NoResult(f"{scenario}: no JSON (exit {done.returncode}): {done.stderr[:400]}") from None
    except subprocess.TimeoutExpired:
        raise NoResult(f"{scenario}: {' '.join(settings)}: not done after {seconds} s") from None


def simulated(result):
    """What the simulation found, as bytes that must be the same wherever it ran."""
    return json.dumps({key: value for key, value in result.items() if key != "host"})


def differences(one, other, path=""):
    """The first few places in which two results differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        found = []
        for key in sorted(one.keys() | other.keys()):
            if key != "host":
                found += differences(one.get(key), other.get(key), f"{path}.{key}")
        return found[:3]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [d for n, pair in enumerate(zip(one, other)) for d in differences(*pair, f"{path}[{n}]")][:3]
    return [] if one == other else [f"{path}: {str(one)[:80]} / {str(other)[:80]}"]
