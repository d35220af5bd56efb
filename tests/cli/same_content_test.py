#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Points of the same content have the same result, whatever plan, folder or axes they come from, and a sweep whose plan
gets another axis runs only what it lacks.

Usage: same_content_test.py MMULAB CONFIGS"""
import json
import pathlib
import subprocess
import sys
import tempfile

mmulab, configs = (pathlib.Path(word).resolve() for word in sys.argv[1:3])
failures = []


def plan(verb, vary, more=""):
    return (f'base = "{configs}/scenarios/ppc64-refault-small.toml"\noutput.progress = false\n{more}\n'
            f'[sweep]\nverb = "{verb}"\nvary = {vary}\n')


def call(folder, *words):
    done = subprocess.run([mmulab, *map(str, words)], cwd=folder, capture_output=True, text=True, timeout=300,
                          check=False)
    if done.returncode not in (0, 1):
        failures.append(f"{words}: {done.returncode}: {done.stderr[:400]}")
    return done


def points(folder):
    files = sorted(folder.glob("points/*/*.json"))
    return [json.loads(file.read_text(encoding="utf-8").splitlines()[0]) for file in files]


def claim(what, holds):
    if not holds:
        failures.append("not so: " + what)


def runs(out):
    return len((out / "log.tsv").read_text(encoding="utf-8").splitlines())


def merged_alike(place, *folders):
    for folder in folders:
        call(place, "merge", folder, "-o", folder + ".db")
    return len({(place / (folder + ".db")).read_bytes() for folder in folders}) == 1


SMALL = '["strategy = ppc64-2.6.20, ppc64-2.6.22"]'
# Each folder, the plan's file as it is named there, and its text. What is varied to the value it has changes nothing.
GUESS = '{value = 60, confidence = "low", source = "a guess"}'
SWEEPS = {
    "plain": ("p.toml", SMALL, ""),
    "other folder": ("./../other folder/p.toml", SMALL, ""),
    "no change": ("p.toml", f'{SMALL[:-1]}, "sim.seed = 1", "sim.lookahead = true, false"]', ""),
    "other title": ("q.toml", SMALL, ""),
    "other confidence": ("p.toml", SMALL, f"machine.line.same_socket = {GUESS}"),
}


def same_contents(folder, verb):
    """Equal contents have equal results; what shall have another content has."""
    by_content, of_sweep = {}, {}
    for name, (file, vary, more) in SWEEPS.items():
        place = folder / verb / name
        place.mkdir(parents=True)
        (place / pathlib.Path(file).name).write_text(plan(verb, vary, more), encoding="utf-8")
        call(place, "sweep", file, "--output", "out")
        of_sweep[name] = {point["content"] for point in points(place / "out")}
        for point in points(place / "out"):
            by_content.setdefault(point["content"], set()).add(json.dumps(point["result"]))
    claim(f"{verb}: points of one content have one result", all(len(each) == 1 for each in by_content.values()))
    for name in ("other folder", "no change"):
        claim(f"{verb}: {name} has the contents of the plain plan", of_sweep[name] == of_sweep["plain"])
    for name in ("other title", "other confidence"):
        claim(f"{verb}: {name} has other contents", not of_sweep[name] & of_sweep["plain"])
    merged = call(folder / verb, "merge", *[f"{name}/out" for name in SWEEPS], "-o", "all.db")
    claim(f"{verb}: all of them can be merged: {merged.stderr}", merged.returncode == 0)
    titles = call(folder / verb, "export", "all.db", "-o", "-").stdout
    claim(f"{verb}: the archive knows both titles", ",p," in titles and ",q," in titles)


def another_axis(folder, verb):
    """Two points become six, of which two are there."""
    place = folder / f"{verb}-grown"
    place.mkdir()
    (place / "p.toml").write_text(plan(verb, SMALL), encoding="utf-8")
    call(place, "sweep", "p.toml", "--output", "grown")
    claim(f"{verb}: two points were run", runs(place / "grown") == 2)
    grown = '["machine.cores = 2, 3", ' + SMALL[1:-1] + ', "sim.seed = 1..2"]'
    (place / "p.toml").write_text(plan(verb, grown), encoding="utf-8")
    done = call(place, "sweep", "p.toml", "--output", "grown", "--resume", "--jobs", "2")
    claim(f"{verb}: two of eight are known: {done.stdout}", "8 points" in done.stdout and "2 from other" in done.stdout)
    claim(f"{verb}: six more were run", runs(place / "grown") == 8)
    call(place, "sweep", "p.toml", "--output", "fresh")
    claim(f"{verb}: a fresh sweep runs eight", runs(place / "fresh") == 8)
    of_fresh, of_grown = ({point["hash"]: point for point in points(place / name)} for name in ("fresh", "grown"))
    claim(f"{verb}: the points are those of a fresh sweep", of_fresh.items() <= of_grown.items())
    claim(f"{verb}: none was deleted", len(of_grown) == 10)
    claim(f"{verb}: merged, they are the same bytes", merged_alike(place, "grown", "fresh"))
    # Back to the first plan: nothing is left to run.
    (place / "p.toml").write_text(plan(verb, SMALL), encoding="utf-8")
    call(place, "sweep", "p.toml", "--output", "grown", "--resume")
    claim(f"{verb}: going back runs nothing", runs(place / "grown") == 8)


def another_axis_in_shards(folder):
    place = folder / "shards"
    place.mkdir()
    (place / "p.toml").write_text(plan("run", SMALL), encoding="utf-8")
    call(place, "sweep", "p.toml", "--output", "out")
    (place / "p.toml").write_text(plan("run", '["sim.seed = 1..4", ' + SMALL[1:]), encoding="utf-8")
    for shard in ("2/3", "1/3", "3/3"):
        call(place, "sweep", "p.toml", "--output", "out", "--resume", "--shard", shard)
    call(place, "sweep", "p.toml", "--output", "fresh")
    claim("each shard finds what older plans have made", runs(place / "out") == 8)
    claim("the shards' archive is the fresh one's", merged_alike(place, "out", "fresh"))


def replayed(folder):
    """The schedule in a point's result is performed beside the plan."""
    place = folder / "check" / "other folder"
    told = [v for point in points(place / "out") for v in point["result"]["violations"]]
    claim("a point is violated", bool(told))
    for violation in told:
        (place / "s").write_text(violation["schedule"], encoding="utf-8")
        done = call(place, "replay", "s")
        claim(f"its schedule shows {violation['class']}", violation["class"] in done.stdout)


with tempfile.TemporaryDirectory() as name:
    root = pathlib.Path(name)
    for each in ("run", "check"):
        same_contents(root, each)
        another_axis(root, each)
    another_axis_in_shards(root)
    replayed(root)
print(*failures[:20], sep="\n")
sys.exit(1 if failures else 0)
