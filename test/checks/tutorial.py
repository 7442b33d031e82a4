#!/usr/bin/env python3
"""Checks that a tutorial shows the code of its sample as it is, and all of it.

usage: tutorial.py DOCUMENT SAMPLE_FOLDER
"""

import re
import sys
from pathlib import Path

SHOWN = re.compile(r"\[samples/\w+/(\w+\.[hc]pp)\]\([^)]*\):\n\n```cpp\n(.*?)^```$", re.M | re.S)
CODE = re.compile(r"^```cpp$", re.MULTILINE)


def problems(text, files):
    """text: the document; files: name -> content of the sample."""
    shown = dict(SHOWN.findall(text))
    if len(shown) != len(CODE.findall(text)):
        yield "each C++ block must follow a link to a file of the sample, and each only once"
    for name, code in shown.items():
        if name in files and code != files[name]:
            yield f"{name} is not shown as it is"
        if name not in files:
            yield f"{name} is not in the sample"
    for name in sorted(files.keys() - shown.keys()):
        yield f"{name} is not shown"


def main(document, folder):
    files = {path.name: path.read_text(encoding="utf-8") for path in Path(folder).glob("*.?pp")}
    found = list(problems(Path(document).read_text(encoding="utf-8"), files))
    for problem in found:
        print(f"{document}: {problem}")
    print(f"{len(files)} files, {len(found)} problems")
    return 1 if found or not files else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
