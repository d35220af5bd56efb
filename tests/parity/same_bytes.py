#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Several builds of the tool, each run from two folders, report the same bytes: all shipped scenarios, COUNT random.

Usage: same_bytes.py CONFIGS COUNT MMULAB..."""
import os
import pathlib
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import mmulab  # noqa: E402
import random_scenarios  # noqa: E402


def write_scenarios(folder, configs, count):
    """The names of the scenarios that now lie in `folder`."""
    folder.mkdir(parents=True)
    for scenario in (configs / "scenarios").glob("*.toml"):
        shutil.copy(scenario, folder)
    for number in range(count):
        (folder / f"random-{number:03}.toml").write_text(random_scenarios.text_of(number))
    return sorted(path.name for path in folder.glob("*.toml"))


def main():
    configs, count = pathlib.Path(sys.argv[1]).resolve(), int(sys.argv[2])
    binaries = [pathlib.Path(binary).resolve() for binary in sys.argv[3:]]
    os.environ["MMULAB_CONFIG_PATH"] = str(configs)
    failures, violated = [], 0
    with tempfile.TemporaryDirectory() as top:
        folders = [pathlib.Path(top) / "one", pathlib.Path(top) / "elsewhere" / "deep" / "down"]
        for folder in folders:
            names = write_scenarios(folder, configs, count)
        for name in names:
            first = None
            for binary in binaries:
                # From inside the folder, and from outside by an absolute path.
                for scenario, cwd in ((name, folders[0]), (folders[1] / name, top)):
                    result = mmulab.run(binary, scenario, "sim.on_violation=count", cwd=cwd)[1]
                    first = first or result
                    if mmulab.simulated(result) != mmulab.simulated(first):
                        found = "; ".join(mmulab.differences(first, result))
                        failures.append(f"{name}: {binary.parents[1].name} in {cwd}: {found}")
            violated += first["verdict"] == "violated"
    print(f"{len(names)} scenarios, {violated} of them violating, {len(binaries)} builds, 2 folders")
    for failure in failures[:20]:
        print("FAILED", failure)
    return 1 if failures or violated == 0 or len(names) <= count else 0


sys.exit(main())
