#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What README.md shows of a run is what comes: the block that begins with VIOLATED, from the first command that it
tells the reader to type.

Usage: readme_test.py MMULAB ROOT"""
import pathlib
import re
import subprocess
import sys

mmulab, root = sys.argv[1], pathlib.Path(sys.argv[2])
text = (root / "README.md").read_text(encoding="utf-8")
scenario = re.search(r"scripts/mmulab run (\S+)", text).group(1)
shown = re.search(r"```\n(VIOLATED.*?)\n```", text, re.DOTALL).group(1)
out = subprocess.run([mmulab, "run", root / scenario], capture_output=True, text=True, check=False).stdout
if shown not in out:
    lines = out.splitlines()
    missing = [line for line in shown.splitlines() if line not in lines]
    print("README.md shows what does not come:", *missing, sep="\n")
    sys.exit(1)
for file in set(re.findall(r"configs/\S+?\.toml", text)):
    if "*" not in file and not (root / file).exists():
        print(f"README.md names {file}, and there is none")
        sys.exit(1)
