#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What reading cannot be trusted to keep: the order of layers, sizes, names, and that nothing lies about unused.

Usage: tidy_test.py SOURCE [--self-test]"""
import pathlib
import re
import sys

# A layer may include itself and those before it; those of one entry may not include each other.
LAYERS = [["sim/units"], ["sim/config"], ["sim/registry"], ["sim/state"], ["sim/exec"], ["sim/events", "sim/stats"],
          ["sim/check"], ["sim/explore", "sim/timed"], ["sim/results"], ["models/mm"], ["models/machine"],
          ["models/radix"], ["models/x86", "models/ppc64", "models/sparc64", "models/tagged", "models/gather"],
          ["models/invariants"], ["workloads"], ["sim/lab"], ["sim/sweep"], ["sim/archive"], ["sim/cli"]]
FILE_LINES, FUNCTION_LINES, COLUMNS = 400, 70, 120
BAD_NAME = re.compile(r"(^|_)(utils?|misc|helpers?|new|v2|tmp)(_|\.|$)")
CONTROL = re.compile(r"^\s*(if|else|for|while|switch|do|try|catch|namespace|struct|class|enum|union|extern|return"
                     r"|\}|#)")
OPENS = re.compile(r"(\)|\bconst|\boverride|\bnoexcept|\bfinal|->\s*[\w:<>*& ]+)\s*\{$")
LAMBDA = re.compile(r"\[[&=\w, ]*\]\s*\(")
SYSTEMC_FILES = 15


def rank_of(path):
    for rank, layer in enumerate(LAYERS):
        for folder in layer:
            if path.startswith(folder + "/"):
                return rank, folder
    return None


def include_order(path, text):
    mine = rank_of(path)
    if mine is None:
        return
    for number, line in enumerate(text.splitlines(), 1):
        found = re.match(r'#include "([^"]+)"', line)
        theirs = rank_of(found.group(1)) if found else None
        if theirs and (theirs[0] > mine[0] or (theirs[0] == mine[0] and theirs[1] != mine[1])):
            yield f"{path}:{number}: {mine[1]} may not include {theirs[1]}"


def functions(text):
    """(first line, lines) of each function with a body of its own lines, by indentation of the closing brace."""
    lines = text.splitlines()
    for at, line in enumerate(lines):
        if not OPENS.search(line) or CONTROL.match(line) or LAMBDA.search(line):
            continue
        start = at
        while start > 0 and lines[start - 1].strip() and not lines[start - 1].rstrip().endswith((";", "}", "{", ":")) \
                and not lines[start - 1].lstrip().startswith(("//", "#", "template")):
            start -= 1
        closing = re.match(r"\s*", lines[start]).group() + "}"
        for end in range(at + 1, len(lines)):
            if lines[end].startswith(closing):
                yield start + 1, end - start + 1
                break


def sizes(path, text):
    lines = text.splitlines()
    if len(lines) > FILE_LINES:
        yield f"{path}: {len(lines)} lines, at most {FILE_LINES}"
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS and not line.startswith("|"):
            yield f"{path}:{number}: {len(line)} columns, at most {COLUMNS}"
    if path.endswith((".cpp", ".h")):
        for first, count in functions(text):
            if count > FUNCTION_LINES:
                yield f"{path}:{first}: a function of {count} lines, at most {FUNCTION_LINES}"


def beginnings(path, text):
    head = text.splitlines()[:3]
    if not any("SPDX-License-Identifier: MIT" in line for line in head):
        yield f"{path}: no licence line"
    if path.endswith(".h") and (len(head) < 2 or not head[1].startswith("//")):
        if not path.startswith(("sim/cli/", "tests/")):
            yield f"{path}: no word on what it is"


def names(path, text):
    # ctest takes a name apart there, runs nothing, and calls it a success.
    for found in re.finditer(r'TEST_CASE\(\s*"([^"]*;[^"]*)"', text):
        yield f"{path}: a test's name with a semicolon never runs: {found.group(1)}"
    for part in path.split("/"):
        if BAD_NAME.search(part):
            yield f"{path}: a name that says nothing"


def expensive(path, text):
    # Whoever formats into a context, or a header's function does for him, compiles all of fmt.
    if path.endswith(".h") and re.search(r"<fmt/(?!core\.h)|format_to\(", text):
        yield f"{path}: every file that includes it compiles fmt; <fmt/core.h> declares, a .cpp formats"


def unused(files):
    """Headers that nobody includes, sources that no CMake list takes, pages that no page links."""
    kinds = (".cpp", ".h", ".md", ".txt", ".cmake")
    everything = "\n".join(text for path, text in files.items() if path.endswith(kinds))
    for path in sorted(files):
        name = path.rsplit("/", 1)[-1]
        if path.endswith(".h") and f'/{name}"' not in everything and f'"{name}"' not in everything:
            yield f"{path}: nobody includes it"
        if path.endswith(".cpp") and "/package/" not in path:
            lists = files.get(path.rsplit("/", 1)[0] + "/CMakeLists.txt", "")
            if "*.cpp" not in lists and name not in lists:
                parent = files.get(path.rsplit("/", 2)[0] + "/CMakeLists.txt", "")
                if "/".join(path.rsplit("/", 2)[1:]) not in parent:
                    yield f"{path}: in no CMakeLists.txt"
        if path.startswith("docs/") and path.endswith(".md"):
            if not any(name in text for other, text in files.items() if other.endswith(".md") and other != path) \
                    and path.rsplit("/", 1)[0] + "/)" not in everything:
                yield f"{path}: no page links it"


def systemc_users(files):
    users = [p for p, t in files.items() if p.endswith((".cpp", ".h")) and re.search(r"#include <(systemc|tlm)", t)]
    units = [p for p in users if not p.startswith("tests/")]
    if len(units) > SYSTEMC_FILES:
        yield f"{len(units)} files include <systemc>: {units}"


def complaints(files):
    for path, text in sorted(files.items()):
        if path.endswith((".cpp", ".h", ".py", ".sh")) or path.startswith(("scripts/", ".ci/")):
            if not path.endswith(".txt"):
                yield from sizes(path, text)
                yield from beginnings(path, text)
        yield from include_order(path, text)
        yield from names(path, text)
        yield from expensive(path, text)
    yield from unused(files)
    yield from systemc_users(files)


def read(source):
    wanted = {".cpp", ".h", ".py", ".sh", ".md", ".txt", ".cmake", ".toml"}
    files = {}
    for folder in ("sim", "models", "workloads", "tests", "bench", "scripts", "cmake", "docs", "configs", ".ci"):
        for path in sorted((source / folder).rglob("*")):
            taken = path.suffix in wanted or folder in ("scripts", ".ci")
            if path.is_file() and "__pycache__" not in path.parts and taken:
                files[str(path.relative_to(source))] = path.read_text(errors="replace")
    for path in source.glob("*.md"):
        files[path.name] = path.read_text()
    return files


def self_test():
    """Each check must catch what it is for."""
    licence = "// SPDX-License-Identifier: MIT\n// A thing.\n"
    long_body = "int f() {\n" + "  g();\n" * 70 + "}\n"
    bad = {
        "may not include": {"sim/units/a.cpp": licence + '#include "sim/exec/context.h"\n'},
        "at most 400": {"sim/units/a.cpp": licence + "\n" * 400},
        "at most 120": {"sim/units/a.cpp": licence + "/" * 121 + "\n"},
        "a function of": {"sim/units/a.cpp": licence + long_body},
        "no licence": {"sim/units/a.cpp": "\n"},
        "no word": {"sim/units/a.h": "// SPDX-License-Identifier: MIT\n#pragma once\n"},
        "says nothing": {"sim/units/string_utils.cpp": licence},
        "never runs": {"tests/a.cpp": licence + 'TEST' + '_CASE("a; b") {}\n'},
        "compiles fmt": {"sim/units/a.h": licence + "#include <fmt/format.h>\n"},
        "nobody includes": {"sim/units/a.h": licence},
        "in no CMakeLists": {"sim/units/a.cpp": licence},
        "no page links": {"docs/a.md": "# A\n"},
        "include <systemc>": {f"sim/timed/a{n}.cpp": licence + "#include <systemc>\n" for n in range(16)},
    }
    missed = [what for what, files in bad.items() if not any(what in c for c in complaints(files))]
    good = {"sim/units/a.cpp": licence + '#include "sim/units/a.h"\n' + "int f() {\n" + "  g();\n" * 60 + "}\n",
            "sim/units/a.h": licence, "sim/units/CMakeLists.txt": "*.cpp"}
    return [f"the check for `{what}` misses it" for what in missed] + [f"false alarm: {c}" for c in complaints(good)]


def main():
    found = self_test() if "--self-test" in sys.argv else list(complaints(read(pathlib.Path(sys.argv[1]))))
    print("\n".join(found) or "tidy")
    return 1 if found else 0


sys.exit(main())
