#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Validates the golden JSON against the shipped schema, and sees the schema refuse what is broken."""
import copy
import json
import pathlib
import sys

try:
    import jsonschema
except ImportError:
    print("python3-jsonschema is not installed")
    sys.exit(77)

schema = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
golden = sorted(pathlib.Path(sys.argv[2]).glob("*.json"))
failures = 0 if golden else 1


def complain(text):
    global failures
    failures += 1
    print(text)


def breakages(whole):
    """Every way to lose one key of an object that has fixed keys, and some wrong values."""
    for key in whole:
        broken = copy.deepcopy(whole)
        del broken[key]
        yield f"without {key}", broken
    yield "with a new key", {**whole, "surprise": 1}
    if whole["schema"].startswith("mmulab.run/"):
        yield "with an unknown verdict", {**whole, "verdict": "fine"}
        yield "with a negative seed", {**whole, "seed": -1}
        for violation in whole["violations"][:1]:
            for key in violation:
                yield f"with a violation without {key}", {
                    **whole, "violations": [{k: v for k, v in violation.items() if k != key}]}
        for name in whole["stats"]:
            yield f"with statistic {name} without unit", {
                **whole, "stats": {name: {k: v for k, v in whole["stats"][name].items() if k != "unit"}}}


for file in golden:
    whole = json.loads(file.read_text(encoding="utf-8"))
    for error in validator.iter_errors(whole):
        complain(f"{file.name}: {error.message} at {list(error.absolute_path)}")
    for what, broken in breakages(whole):
        if validator.is_valid(broken):
            complain(f"{file.name} {what} is accepted")
sys.exit(1 if failures else 0)
