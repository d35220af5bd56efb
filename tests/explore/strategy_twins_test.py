#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every broken twin of a strategy is found by `check`, in the class that it is broken for; what is clean is proved. The
table of docs/twins.md is what comes of it.

Usage: strategy_twins_test.py BINARY [--write]
--write writes the table instead of comparing it."""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CONFIGS, PAGE = ROOT / "configs", ROOT / "docs" / "twins.md"
MARK = "<!-- generated: tests/explore/strategy_twins_test.py -->\n"
STATES = 400_000
SPARC64 = ["kernel.sparc64.tsb_entries_first=4", "kernel.sparc64.tsb_entries_max=8", "kernel.sparc64.posted_entries=4"]
KINDS = {"late flush": "late flush", "wait": "no wait for the other cpus", "BUSY": "BUSY ignored",
         "barrier": "a barrier dropped", "mask": "a cpu that the mask does not name"}
MORE_KINDS = {"early free": "pages freed early", "design": "what the design needs", "C": "C not preset",
              "move": "a page on the move passed over"}
BROKEN_AS_IT_IS = {"sparc64-2.6.22"}


def explore(binary, twin, more, sought=None):
    """Verdict and classes."""
    text = "".join(f'{key} = "{twin[key]}"\n' for key in ("machine", "kernel", "strategy", "workload"))
    keys = [*twin.get("set", []), *(SPARC64 if twin["machine"].startswith("sparc64") else []), *more]
    options = []
    if sought:
        invariant, name = sought.split()
        text += f'[[expect]]\ninvariant = "{invariant}"\nclass = "{name}"\nwhy = "the fault"\n'
        options = ["--expect"]
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "twin.toml"
        file.write_text(text)
        command = [binary, "check", file, "--json", "-", "--engine", "dfs", "--max-states", str(STATES), *options]
        for key in keys:
            command += ["--set", key]
        done = subprocess.run(command, capture_output=True, text=True, check=False,
                              env={**os.environ, "MMULAB_CONFIG_PATH": str(CONFIGS)})
    if not done.stdout.startswith("{"):
        return "no result", [done.stderr[:300]]
    found = json.loads(done.stdout)
    return found["verdict"], [f"{v['invariant']} {v['class']}" for v in found["violations"]]


def judge(binary, twin):
    """What is wrong with a twin; nothing if it is as it should be."""
    verdict, classes = explore(binary, twin, twin["fault"], twin["violates"])
    if twin["violates"] not in classes:
        return f"{twin['violates']} was not found: {verdict} {classes}"
    if twin.get("clean"):
        verdict, classes = explore(binary, twin, [])
        if verdict != "proved":
            return f"without the fault: {verdict} {classes}"
    return None


def exhibits():
    """The museum's exhibits whose one key is a barrier: strategy, name and class."""
    for folder in sorted(CONFIGS.glob("bugs/*/")):
        broken, fixed = ((folder / f"{v}.toml").read_text().splitlines() for v in ("broken", "fixed"))
        differing = [line for line in broken if line not in fixed and not line.startswith("#")]
        record = HERE / "wrong" / f"{folder.name}.json"
        if any("barrier" in line for line in differing) and record.exists():
            strategy = tomllib.loads("\n".join(broken))["strategy"]
            for violation in json.loads(record.read_text())["violations"]:
                yield strategy, folder.name, f"{violation['invariant']} {violation['class']}"


def table(twins, none):
    """The page's generated part."""
    strategies = sorted({twin["strategy"] for twin in twins})
    museum = list(exhibits())
    lines = ["", "| strategy | " + " | ".join(KINDS.values()) + " |", "|---|" + "---|" * len(KINDS)]
    failures = []
    for strategy in strategies:
        cells = []
        for kind in KINDS:
            found = [f"{t['violates']} ({t['machine'].removesuffix('-tiny')})" for t in twins
                     if t["strategy"] == strategy and t["kind"] == kind]
            if kind == "barrier":
                found += [f"{what} (museum: {name})" for who, name, what in museum if who == strategy]
            found = sorted(set(found)) or [f"*{n['why']}*" for n in none
                                           if n["kind"] == kind and strategy in n["strategies"]]
            if not found:
                failures.append(f"{strategy} has no twin of the kind `{kind}`, and nothing says why")
            cells.append("<br>".join(found))
        lines.append(f"| {strategy} | " + " | ".join(cells) + " |")
    lines += ["", "## Every twin", "", "| kind | strategy | kernel | machine | workload | fault | found | without it |",
              "|---|---|---|---|---|---|---|---|"]
    for kind, title in {**KINDS, **MORE_KINDS}.items():
        for t in (t for t in twins if t["kind"] == kind):
            fault = ", ".join(f"`{key}`" for key in t["fault"])
            lines.append(f"| {title} | {t['strategy']} | {t['kernel']} | {t['machine']} | {t['workload']} | {fault} | "
                         f"{t['violates']} | {'proved' if t.get('clean') else 'see verdicts.md'} |")
    return "\n".join(lines) + "\n", failures


def compare_page(page, write):
    """The page's generated part is what the twins make; with `write` it becomes so."""
    words, mark, old = PAGE.read_text().partition(MARK)
    if write:
        PAGE.write_text(words + MARK + page)
    elif mark != MARK or old != page:
        return ["docs/twins.md is not what this makes: call it with --write"]
    return []


def main():
    binary, write = sys.argv[1], "--write" in sys.argv[2:]
    plan = tomllib.loads((HERE / "strategy_twins.toml").read_text())
    twins = plan["twin"]
    presets = {file.stem for file in (CONFIGS / "strategies").glob("*.toml")}
    missing = presets - {t["strategy"] for t in twins} - BROKEN_AS_IT_IS
    failures = [f"{name} has no broken twin" for name in sorted(missing)]
    page, gaps = table(twins, plan["none"])
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for twin, wrong in zip(twins, pool.map(lambda t: judge(binary, t), twins)):
            if wrong:
                where = f"{twin['strategy']} on {twin['machine']}, {twin['workload']}, {twin['fault']}"
                failures.append(f"{where}: {wrong}")
    failures += gaps + compare_page(page, write)
    print(f"{len(twins)} twins")
    for failure in failures:
        print("FAILED", failure)
    return 1 if failures else 0


sys.exit(main())
