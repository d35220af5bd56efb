# SPDX-License-Identifier: MIT
"""Pages of docs/ that are made of measurements: written by a script, and checked against it."""
import argparse
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def main(name, help_text, document):
    """`document(binary)` makes the text of docs/NAME; --check compares with the file instead of writing it."""
    page = ROOT / "docs" / name
    arguments = argparse.ArgumentParser(description=help_text, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--mmulab", default=str(ROOT / "scripts" / "mmulab"), help="the binary to measure")
    arguments.add_argument("--check", action="store_true", help="fail if the page is not what this makes")
    options = arguments.parse_args()
    generated = document(options.mmulab)
    if not options.check:
        page.write_text(generated)
        return 0
    if page.read_text() == generated:
        return 0
    sys.stderr.write(f"{page} is not what {sys.argv[0]} makes; run it\n")
    for old, new in zip(page.read_text().splitlines(), generated.splitlines()):
        if old != new:
            sys.stderr.write(f"  - {old}\n  + {new}\n")
    return 1
