#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What sweeps keep obeys the schemas that are shipped, and what is broken does not.

Usage: point_schema_test.py MMULAB DOCS CONFIGS"""
import json
import pathlib
import subprocess
import sys
import tempfile

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


def points(folder, *words):
    scenario = configs / "scenarios" / "ppc64-refault-small.toml"
    subprocess.run([mmulab, "sweep", scenario, "--output", folder, *words], capture_output=True, check=True)
    return [json.loads(file.read_text(encoding="utf-8").splitlines()[0]) for file in folder.glob("points/*/*.json")]


HOST = {"run": {"file": "", "wall_seconds": 0, "steps": 0, "stats": {}}, "check": {"file": "", "wall_seconds": 0}}
obeys = validator("point.schema.json")
results = {"run": validator("results.schema.json"), "check": validator("check.schema.json")}
with tempfile.TemporaryDirectory() as name:
    for verb in ("run", "check"):
        found = points(pathlib.Path(name) / verb, "--set", f"sweep.verb={verb}", "--set", "check.states_max=2000",
                       "--vary", "strategy=ppc64-2.6.20,ppc64-2.6.22,linux-modern",
                       "--vary", "machine=ppc64-tiny,x86-tiny")
        statuses = {point["status"] for point in found}
        if statuses != {"ran", "refused"}:
            failures.append(f"{verb}: only {statuses} are seen")
        for point in found:
            failures += [f"{verb}: {e.message} at {list(e.absolute_path)}" for e in obeys.iter_errors(point)]
            broken = [{k: v for k, v in point.items() if k != key} for key in point]
            broken += [{**point, "surprise": 1}, {**point, "hash": "x"}, {**point, "number": 0},
                       {**point, "result": {} if point["result"] is None else None}]
            failures += [f"{verb}: accepted: {str(b)[:200]}" for b in broken if obeys.is_valid(b)]
            if point["result"] is not None:
                whole = {**point["result"], "host": HOST[verb]}
                failures += [f"{verb}'s result: {e.message}" for e in results[verb].iter_errors(whole)]
print(*failures[:20], sep="\n")
sys.exit(1 if failures else 0)
