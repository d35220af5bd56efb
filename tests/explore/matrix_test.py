#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The matrix of verdicts comes out as recorded: verdict and classes of each cell, and no class that nobody wrote down.

Usage: matrix_test.py BINARY [--all]
Without --all, only the cells whose recorded search made at most QUICK transitions: nine of ten cells, a tenth of the
work.
Every known violation that names a cure is explored with it, too, and must be gone."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
RECORD = pathlib.Path(__file__).resolve().parent / "verdicts.json"
PAGE = ROOT / "docs" / "verdicts.md"
QUICK = 30_000
failures = []


def expect(what, holds):
    if not holds:
        failures.append(what)


def explore(binary, options):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "matrix.json"
        done = subprocess.run([binary, "check", "--matrix", "--json", file, *options], capture_output=True, text=True,
                              check=False, cwd=ROOT)
        if not file.exists():
            sys.exit(f"no result (exit {done.returncode}): {done.stderr[:800]}")
        return done.returncode, json.loads(file.read_text())


def gist(cell):
    """What another search must find again; numbers of states may change."""
    result = cell["result"]
    if result is None:
        return cell["outcome"], cell["reason"]
    return result["verdict"], [(c["invariant"], c["class"], c["known"]) for c in result["classes"]]


def answers_the_mail(cells):
    """The claims that docs/verdicts.md makes at its beginning."""
    def classes(row):
        return {c["class"] for x in cells.values() if x["row"] == row and x["architecture"] == "ppc64" and x["result"]
                for c in x["result"]["classes"]}

    def proved(row):
        return all(x["result"]["verdict"] == "proved" for x in cells.values()
                   if x["row"] == row and x["architecture"] == "ppc64" and x["result"])
    for row in ("ppc64-2.6.20", "ctxsw-only"):
        expect(f"{row} is refuted with D1", "D1" in classes(row))
    for row in ("ppc64-2.6.22", "pre-unlock-hook", "hook-pair"):
        expect(f"D1 is closed under {row}", "D1" not in classes(row))
        expect(f"{row} shows D2", "D2" in classes(row))
    expect("modify-in-place closes D2", "D2" not in classes("ppc64-2.6.22-in-place"))
    for design in ("safe-deferral", "safe-deferral-tombstone", "safe-deferral-settle"):
        for row in (design, design + "-modern"):
            expect(f"{row} is proved under every caller on ppc64", proved(row))


def well_formed(recorded):
    try:
        import jsonschema
    except ImportError:
        print("python3-jsonschema is not installed: the record's form is not checked")
        return
    schema = json.loads((ROOT / "docs" / "verdicts.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    for error in jsonschema.Draft7Validator(schema).iter_errors(recorded):
        failures.append(f"the record: {error.message} at {list(error.absolute_path)}")


def quick(cell):
    """Its search was short when it was recorded; what does not exist takes no time."""
    return not cell["result"] or cell["result"]["transitions"] <= QUICK


def cured(binary, known, cells, jobs):
    """With the keys that take its cause away no cell of a known violation shows it: so its `why` is true of each."""
    shown = 0
    for cure in sorted({tuple(k["cure"]) for k in known if k["cure"]}):
        gone = {(name, k["invariant"], k["class"]) for k in known if tuple(k["cure"]) == cure
                for name, c in cells.items() if covers(k, c)}
        options = [jobs, *(f"--set={key}" for key in cure), *(f"--only={n}" for n in sorted({g[0] for g in gone}))]
        if not gone:
            continue
        for cell in explore(binary, options)[1]["cells"]:
            still = {(c["invariant"], c["class"]) for c in (cell["result"] or {"classes": []})["classes"]}
            expect(f"{cell['cell']} is explored with {cure}", cell["result"])
            for _, invariant, name in sorted(g for g in gone if g[0] == cell["cell"]):
                shown += 1
                expect(f"{cell['cell']}: {invariant} {name} is gone with {cure}", (invariant, name) not in still)
    return shown


def covers(known, cell):
    return (cell["row"] in known["rows"] and cell["architecture"] in known["architectures"]
            and cell["caller"] in known["callers"])


def main():
    binary, everything = sys.argv[1], "--all" in sys.argv[2:]
    recorded = json.loads(RECORD.read_text())
    well_formed(recorded)
    cells = {c["cell"]: c for c in recorded["cells"]}
    answers_the_mail(cells)
    page = PAGE.read_text()
    expect("the page shows no finding", "**FINDING" not in page)
    for name, cell in cells.items():
        expect(f"{name} is in the page", not cell["result"]
               or re.search(rf"^\| {re.escape(cell['row'])} \| {cell['caller']} \| ", page, re.MULTILINE))
    jobs = f"--jobs={min(2, os.cpu_count())}"
    chosen = {name: c for name, c in cells.items() if everything or quick(c)}
    code, found = explore(binary, [jobs, *([] if everything else (f"--only={name}" for name in chosen))])
    expect(f"the exit code is {code}, not 0", code == 0)
    for cell in found["cells"]:
        name = cell["cell"]
        if name not in cells:
            failures.append(f"{name} is not recorded")
        elif gist(cell) != gist(cells[name]):
            failures.append(f"{name}: recorded {gist(cells[name])}, found {gist(cell)}")
    if everything:
        expect("every recorded cell was explored", {c["cell"] for c in found["cells"]} == set(cells))
    shown = cured(binary, recorded["known"], chosen, jobs)
    print(f"{len(found['cells'])} of {len(cells)} cells; {shown} known violations are gone with their cure")
    for failure in failures:
        print("FAILED", failure)
    return 1 if failures else 0


sys.exit(main())
