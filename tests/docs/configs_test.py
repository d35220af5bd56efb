#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Shipped configurations say what they are: each scenario names its machine, kernel and strategy in its first lines,
and whether a release ever had that mix; each constant of a machine carries source and confidence.

Usage: configs_test.py CONFIGS"""
import pathlib
import re
import sys
import tomllib

failures = []


def name_of(section):
    """A preset is named by a string, or by `preset` in a table; a table without one is the scenario's own."""
    return section if isinstance(section, str) else section.get("preset", "")


def check_scenario(file):
    text = file.read_text()
    head = re.match(r"(#[^\n]*\n)*", text).group(0).replace("\n# ", " ")
    settings = tomllib.loads(text)
    for section in ("machine", "kernel", "strategy"):
        if name_of(settings[section]) not in head or section not in head.lower():
            failures.append(f"{file.name}: the first lines do not name {section} {name_of(settings[section])!r}")
    if not re.search(r"shipped|ships|released?\b", head):
        failures.append(f"{file.name}: the first lines do not say whether a release had this mix")


def constants_of(table, path=""):
    for key, value in table.items():
        if isinstance(value, dict) and "value" in value:
            yield path + key, value
        elif isinstance(value, dict):
            yield from constants_of(value, f"{path}{key}.")


def check_machine(file):
    """Bare numbers are geometry; whatever is a cost or a latency must be a cited constant."""
    machine = tomllib.loads(file.read_text())
    count = 0
    for path, constant in constants_of(machine):
        count += 1
        if constant.get("confidence") not in ("high", "medium", "low") or len(constant.get("source", "")) < 5:
            failures.append(f"{file.name}: {path} lacks source or confidence")
    for path in bare_costs(machine):
        failures.append(f"{file.name}: {path} is a bare number")
    return count


TIMED_SECTIONS = ("cost", "line", "ipi", "memory")
TIMED_ENDINGS = ("_latency", "_stall", "_delay", "_per_remote_socket")


def bare_costs(table, path="", timed=False):
    for key, value in table.items():
        is_timed = timed or key in TIMED_SECTIONS or key.endswith(TIMED_ENDINGS)
        if isinstance(value, dict) and "value" not in value:
            yield from bare_costs(value, f"{path}{key}.", is_timed)
        elif is_timed and isinstance(value, int) and not isinstance(value, bool) and key != "bytes":
            yield path + key


def main():
    configs = pathlib.Path(sys.argv[1])
    scenarios = sorted([*(configs / "scenarios").glob("*.toml"), *(configs / "bugs").rglob("*.toml")])
    for file in scenarios:
        check_scenario(file)
    constants = [check_machine(file) for file in sorted((configs / "machines").glob("*.toml"))]
    if len(scenarios) < 20 or sum(constants) < 100:
        failures.append(f"only {len(scenarios)} scenarios and {sum(constants)} constants were seen")
    print(f"{len(scenarios)} scenarios, {sum(constants)} constants of {len(constants)} machines")
    for failure in failures:
        print("FAILED", failure)
    return 1 if failures else 0


sys.exit(main())
