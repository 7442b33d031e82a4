#!/usr/bin/env python3
"""Checks that clang-format would change nothing; call it with the program and the source root."""

import subprocess
import sys

from tree import source_files

WANTED = "version 14."  # other versions lay out some lines differently


def main(clang_format, root):
    version = subprocess.run([clang_format, "--version"], capture_output=True, text=True).stdout
    if WANTED not in version:
        print(f"clang-format {WANTED[:-1]} is needed, this is: {version.strip()}")
        return 77
    files = [str(path) for path in source_files(root, (".hpp", ".cpp"))]
    command = [clang_format, "--dry-run", "-Werror", "--style=file", *files]
    outcome = subprocess.run(command, cwd=root, capture_output=True, text=True)
    print(outcome.stderr, end="")
    bad = {line.split(":")[0] for line in outcome.stderr.splitlines() if ": error:" in line}
    for path in sorted(bad):
        print(f"repair with: clang-format -i {path}")
    print(f"format: {len(files)} files, {len(bad)} of them not as .clang-format says")
    return outcome.returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
