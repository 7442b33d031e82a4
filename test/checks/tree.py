"""Which files the checks look at: this project's own text, without build folders."""

import os
from pathlib import Path

SKIPPED = ("build", "subprojects", "__pycache__")


def source_files(root, suffixes):
    """Paths below root, relative to it, whose name ends with one of the suffixes; sorted."""
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [
            name
            for name in folders
            if not name.startswith(SKIPPED) and (not name.startswith(".") or name == ".ci")
        ]
        for name in names:
            path = Path(folder, name).relative_to(root)
            if str(path).endswith(tuple(suffixes)):
                found.append(path)
    return sorted(found)


def read(root, path):
    return Path(root, path).read_text(encoding="utf-8", errors="replace")


def report(title, problems, checked):
    """Prints the problems, one a line, and returns the exit code."""
    for problem in problems:
        print(problem)
    if not checked:
        print(f"{title}: found no file to check")
        return 1
    print(f"{title}: {checked} files, {len(problems)} problems")
    return 1 if problems else 0
