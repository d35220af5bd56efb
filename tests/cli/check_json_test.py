#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Verdicts, exit codes and the JSON of `check`, which obeys the schema that is shipped."""
import copy
import json
import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import jsonschema
except ImportError:
    print("python3-jsonschema is not installed")
    sys.exit(77)

mmulab, schema_file, configs = sys.argv[1:]
schema = json.loads(pathlib.Path(schema_file).read_text(encoding="utf-8"))
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
os.environ["MMULAB_CONFIG_PATH"] = configs
failures = 0

SCENARIO = """
machine = 'x86-tiny'
kernel = '2.6.22'
strategy = 'generic-2.6.22'
[workload]
kind = 'script'
[[workload.region]]
name = 'heap'
pages = 1
[[workload.task]]
name = 'zapper'
cpu = 0
warmup = ['store heap']
ops = ['dontneed heap']
[[workload.task]]
name = 'loader'
cpu = 1
warmup = ['load heap']
ops = ['load heap']
"""
SMALLER = SCENARIO.replace("dontneed", "load")
BROKEN = pathlib.Path(configs, "bugs", "e11-pfnmap-revoke", "broken.toml").read_text(encoding="utf-8")


def complain(text):
    global failures
    failures += 1
    print(text)


def want(condition, text):
    if not condition:
        complain(text)


def check(text, code, *options):
    """The JSON and the report of one exploration."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "s.toml")
        file.write_text(text, encoding="utf-8")
        out = pathlib.Path(folder, "out.json")
        done = subprocess.run([mmulab, "check", file, "--json", out, *options], capture_output=True, text=True,
                              check=False)
        want(done.returncode == code, f"{options}: exit code {done.returncode}, not {code}: {done.stderr}")
        result = json.loads(out.read_text(encoding="utf-8"))
    for error in validator.iter_errors(result):
        complain(f"{options}: {error.message} at {list(error.absolute_path)}")
    return result, done.stdout


def goals(*names):
    return ["--set", "goals=" + json.dumps(names)]


def breakages(whole):
    for key in whole:
        yield f"without {key}", {k: v for k, v in whole.items() if k != key}
    yield "with a new key", {**whole, "surprise": 1}
    yield "with an unknown verdict", {**whole, "verdict": "fine"}
    for where in ("violations", "engines", "checks"):
        for key in whole[where][0]:
            broken = copy.deepcopy(whole)
            del broken[where][0][key]
            yield f"with {where} without {key}", broken


violated, report = check(BROKEN, 1, "--engine", "dpor", "--coverage")
want(violated["verdict"] == "violated" and violated["orders"], "the broken variant is not violated, or without orders")
want("VIOLATED" in report, "the report does not say VIOLATED")
ORDERS = "Orders of neighbouring dependent steps of different agents"
want(ORDERS in report and " never\n" in report, "the report does not tell which orders were seen, and which never")
for order in violated["orders"]:
    back = [o["seen"] for o in violated["orders"] if (o["first"], o["second"]) == (order["second"], order["first"])]
    want(order["reversed"] == sum(back), f"{order} was seen the other way round {back} times")
quiet, report = check(BROKEN, 1, "--engine", "dpor")
want(not quiet["orders"] and ORDERS not in report, "orders are told without --coverage")
for what, broken in breakages(violated):
    if validator.is_valid(broken):
        complain(f"a result {what} is accepted")

unreached = {}
for engine in ("dfs", "bfs"):
    proved, report = check(SCENARIO, 0, "--engine", engine, *goals("fault-during-zap"))
    want(proved["verdict"] == "proved", f"{engine}: {proved['verdict']}")
    want(proved["goals"][0]["reached"] > 0, f"{engine}: the goal was not reached")
    want("fault-during-zap: reached" in report, f"{engine}: the report does not tell the goal")
    judged = {c["invariant"]: c["exercised"] for c in proved["checks"]}
    want(judged["post-condition"] > 0 and judged["lock-order"] > 0, f"{engine}: {judged}")
    unreached[engine] = proved["unreached"]
    vacuous, report = check(SCENARIO, 1, "--engine", engine, *goals("fault-during-zap", "frame-reused"))
    want(vacuous["verdict"] == "vacuous", f"{engine}: a goal out of reach, and {vacuous['verdict']}")
    want([g["vacuous"] for g in vacuous["goals"]] == [False, True], f"{engine}: {vacuous['goals']}")
    want("frame-reused: never reached" in report, f"{engine}: the report does not tell the unmet goal")
want(unreached["dfs"] == unreached["bfs"] and unreached["dfs"], f"steps never reached differ: {unreached}")

drawn, report = check(SCENARIO, 3, "--engine", "random", "--set", "check.schedules=2000")
want(drawn["verdict"] == "undecided" and drawn["engines"][0]["schedules"] == 2000, "random engines prove nothing")
want(drawn["unreached"] == unreached["dfs"], f"random: {set(drawn['unreached']) ^ set(unreached['dfs'])}")

reversed_, report = check(SMALLER, 0, "--engine", "dpor")
engine = reversed_["engines"][0]
want(reversed_["verdict"] == "proved" and engine["schedules"] > 1 and engine["states"] == 0, f"dpor: {engine}")
want(" executions, " in report and " sleep-blocked, " in report, "the report does not count executions")
cut, report = check(SCENARIO, 3, "--engine", "dpor", "--max-states", "5")
want("cut by its budget after 6 executions" in report, "a budget of executions does not cut")

bounded, report = check(SCENARIO, 0, "--engine", "dfs", "--bound", "1")
want(bounded["verdict"] == "proved-bounded" and bounded["bound"] == 1, f"bounded: {bounded['verdict']}")
chosen, report = check(SCENARIO, 0, "--engine", "auto", "--bound", "1")
want(chosen["verdict"] == "proved-bounded" and chosen["bound"] == 1, f"auto within a bound: {chosen['verdict']}")
sys.exit(1 if failures else 0)
