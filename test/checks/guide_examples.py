#!/usr/bin/env python3
"""Compiles the C++ examples of a document, so that they stay true.

usage: guide_examples.py DOCUMENT INCLUDE_FOLDERS COMPILER...    (folders joined by ':')

A block that begins with `// NAME.hpp` or `// NAME.cpp` is that file. Any other block is taken
as the inside of a function that has the objects of PRELUDE at hand, after all headers of the
document.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

BLOCK = re.compile(r"^```cpp\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE_NAME = re.compile(r"^// ([\w/]+\.[hc]pp)\b")
PRELUDE = "void fragment_{}([[maybe_unused]] rmi::Bus& bus, [[maybe_unused]] rmi::Daemon& daemon)"
FLAGS = ["-std=c++20", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]


def take_apart(text):
    """(files by name, fragments with their line numbers) of a document."""
    files, fragments = {}, []
    for match in BLOCK.finditer(text):
        line = text.count("\n", 0, match.start(1)) + 1
        if named := FILE_NAME.match(match[1]):
            files[named[1]] = (line, match[1])
        else:
            fragments.append((line, match[1]))
    return files, fragments


def sources(document, text):
    """name -> C++ text with #line marks that lead back into the document."""
    files, fragments = take_apart(text)
    made = {
        name: ("#pragma once\n" if name.endswith(".hpp") else "") + f'#line {line} "{document}"\n{code}'
        for name, (line, code) in files.items()
    }
    if fragments:
        lines = ["#include <chrono>", "#include <iostream>"]
        lines += ["#include <rmi/embedded_broker.hpp>", "#include <rmi/rmi.hpp>"]
        lines += [f'#include "{name}"' for name in files if name.endswith(".hpp")]
        for number, (line, code) in enumerate(fragments):
            lines += [PRELUDE.format(number) + " {", f'#line {line} "{document}"', code + "}"]
        made["fragments.cpp"] = "\n".join(lines) + "\n"
    return made


def main(document, include_folders, compiler):
    made = sources(document, Path(document).read_text(encoding="utf-8"))
    programs = [name for name in made if name.endswith(".cpp")]
    if not programs:
        print(f"{document}: no C++ example")
        return 1
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, code in made.items():
            Path(folder, name).parent.mkdir(parents=True, exist_ok=True)
            Path(folder, name).write_text(code, encoding="utf-8")
        for name in programs:
            includes = [f"-I{path}" for path in [folder, *include_folders.split(":")]]
            command = [*compiler, *FLAGS, *includes, str(Path(folder, name))]
            failed += subprocess.run(command, check=False).returncode != 0
    print(f"{len(programs) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
