#!/usr/bin/env python3
"""Checks what every file must have and must not have: purpose line, size, marks, paths."""

import re
import sys

from tree import read, report, source_files

MAX_LINES = 300
CODE = (".hpp", ".cpp")
SCRIPTS = (".py", ".sh", ".ci/run")
BUILD = ("meson.build",)
TEXTS = (".md", ".scd", ".json", ".toml", ".supp", ".in", ".yml")

UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|not imple" r"mented|unimple" r"mented)\b")
MACHINE_PATH = re.compile(r"(?<![\w.~-])/(?:work|farm|root|home/\w+)/|https?://(?:deb|registry)\.")
WAITS_FOR_TIME = re.compile(r"\bsleep_(?:for|until)\b|\busleep\s*\(|\bsleep\s+[0-9]")
# A word or two is a title, not a purpose.
PURPOSE = {
    CODE: re.compile(r"^// \S+ \S+ \S+"),
    (".py",): re.compile(r'^(#!.*\n)?"""\S+ \S+ \S+'),
    (".sh", ".ci/run"): re.compile(r"^#!.*\n# \S+ \S+ \S+"),
}


def check_file(path, text):
    """Yields what is wrong with one file."""
    lines = text.splitlines()
    if path.endswith(CODE + SCRIPTS) and len(lines) > MAX_LINES:
        yield f"{path}: {len(lines)} lines; the limit is {MAX_LINES}: split it by concept"
    for suffixes, pattern in PURPOSE.items():
        if path.endswith(suffixes) and not pattern.match(text):
            yield f"{path}: the file must begin with one line that says its purpose"
    # g++ warns of the pragma in what it precompiles.
    if path.endswith(".hpp") and "/pch/" not in path and "#pragma once" not in lines:
        yield f"{path}: #pragma once is missing"
    for number, line in enumerate(lines, 1):
        if UNFINISHED.search(line):
            yield f"{path}:{number}: a mark of unfinished work: {line.strip()}"
        if MACHINE_PATH.search(line):
            yield f"{path}:{number}: a path or host of one machine: {line.strip()}"
        if path.startswith("test/") and path.endswith(CODE + SCRIPTS):
            if WAITS_FOR_TIME.search(line):
                yield f"{path}:{number}: wait for a condition, not for time: {line.strip()}"
    if text and not text.endswith("\n"):
        yield f"{path}: the last line has no end"


def main(root):
    paths = source_files(root, CODE + SCRIPTS + BUILD + TEXTS)
    # Wire corpora and golden frames are data: any bytes are right there.
    paths = [str(path) for path in paths if not str(path).startswith("test/data/")]
    problems = [problem for path in paths for problem in check_file(path, read(root, path))]
    return report("house rules", problems, len(paths))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
