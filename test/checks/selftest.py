#!/usr/bin/env python3
"""Feeds each rule of the checks a bad file that it must refuse and a good one that it must not."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
import count
import docs
import house
import layering
import tutorial

HEADER = "// What the test needs today.\n#pragma once\n"
PUBLIC = "bus/include/rmi/x.hpp"

# A small tree that breaks nothing; each case below adds one file to it.
TREE = {
    PUBLIC: "#include <string>\n",
    "bus/wire.hpp": "#include <cstdint>\n",
    "bus/wire.cpp": '#include "bus/wire.hpp"\n\n#include <zmq.h>\n',
    "bus/include/rmi/archive.hpp": "#include <cereal/cereal.hpp>\n",
    "bus/archive.cpp": "#include <rmi/archive.hpp>\n",
    "daemon/include/rmi/daemon.hpp": "#include <rmi/x.hpp>\n",
    "ns/broker.hpp": '#include <rmi/daemon.hpp>\n#include "bus/wire.hpp"\n',
    "cli/call.cpp": "#include <CLI/CLI.hpp>\n#include <rmi/x.hpp>\n",
    "samples/a/a.hpp": "#include <string>\n",
    "samples/a/a.cpp": '#include <rmi/daemon.hpp>\n#include "a.hpp"\n',
    "test/unit/x_test.cpp": '#include "ns/broker.hpp"\n#include <catch2/catch.hpp>\n',
}
# name of the rule, path of the bad file, its text, what the complaint must say
BAD_INCLUDES = [
    ("bus on daemon", "bus/a.cpp", "#include <rmi/daemon.hpp>\n", "bus must not include daemon"),
    ("bus on ns", "bus/a.cpp", '#include "ns/broker.hpp"\n', "bus must not include ns"),
    ("daemon on ns", "daemon/a.cpp", '#include "ns/broker.hpp"\n', "daemon must not include ns"),
    ("cli on daemon", "cli/a.cpp", "#include <rmi/daemon.hpp>\n", "cli must not include daemon"),
    ("cli on ns", "cli/a.cpp", '#include "ns/broker.hpp"\n', "cli must not include ns"),
    ("sample on internal", "samples/a/b.cpp", '#include "bus/wire.hpp"\n', "their own headers only"),
    ("sample on third", "samples/a/b.cpp", "#include <zmq.h>\n", "std and POSIX only"),
    ("public on zmq", "bus/include/rmi/a.hpp", "#include <zmq.hpp>\n", "std and rmi only"),
    ("public on fmt", "ns/include/rmi/a.hpp", "#include <fmt/format.h>\n", "std and rmi only"),
    ("public on json", "bus/include/rmi/a.hpp", "#include <nlohmann/json.hpp>\n", "std and rmi only"),
    ("public on cereal", "bus/include/rmi/a.hpp", "#include <cereal/cereal.hpp>\n", "std and rmi only"),
    ("public on internal", "bus/include/rmi/a.hpp", '#include "bus/wire.hpp"\n', "public header"),
    ("quotes for public", "bus/a.cpp", '#include "rmi/x.hpp"\n', "write <rmi/x.hpp>"),
    ("brackets for internal", "bus/a.cpp", "#include <bus/wire.hpp>\n", 'write "bus/wire.hpp"'),
    ("no such public header", "bus/a.cpp", "#include <rmi/none.hpp>\n", "no public header"),
    ("no such header", "bus/a.cpp", '#include "wire.hpp"\n', "not a header of this tree"),
    ("climbing", "bus/a.cpp", '#include "../bus/wire.hpp"\n', "climbs"),
    ("own header first", "bus/wire.cpp", '#include <zmq.h>\n#include "bus/wire.hpp"\n', "first"),
    ("own header missing", "bus/archive.cpp", "#include <string>\n", "first include"),
    ("Catch2 outside test", "bus/a.cpp", "#include <catch2/catch.hpp>\n", "only tests"),
    ("no room", "common/a.cpp", "#include <string>\n", "none of the rooms"),
]
BAD_FILES = [
    ("purpose of a header", PUBLIC, "#pragma once\n", "its purpose"),
    ("purpose of a source", "bus/a.cpp", "// a\nint a;\n", "its purpose"),
    ("purpose of a Python script", "test/a.py", "import os\n", "its purpose"),
    ("purpose of a shell script", "test/a.sh", "#!/bin/sh\ntrue\n", "its purpose"),
    ("pragma once", PUBLIC, "// What the test needs today.\n", "#pragma once"),
    ("over 300 lines", PUBLIC, HEADER + "int a;\n" * 299, "301 lines"),
    ("unfinished mark", PUBLIC, HEADER + "// TO" "DO more\n", "unfinished"),
    ("a stub, in words", PUBLIC, HEADER + "// not imple" "mented yet\n", "unfinished"),
    ("machine path", "README.md", "see /ro" "ot/x\n", "one machine"),
    ("home folder", "README.md", "see /home/" "ann/x\n", "one machine"),
    ("registry host", "README.md", "from http://de" "b.debian.org\n", "one machine"),
    ("sleep in C++", "test/a.cpp", "// One two three four.\nsleep_" "for(1s);\n", "for time"),
    ("usleep in C++", "test/a.cpp", "// One two three four.\nuslee" "p(1);\n", "for time"),
    ("sleep in a script", "test/a.sh", "#!/bin/sh\n# One two three.\nsleep" " 1\n", "for time"),
    ("end of the last line", PUBLIC, HEADER + "int a;", "no end"),
]
GOOD_FILES = [
    (PUBLIC, HEADER + "int a;\n" * 298),
    ("samples/a.sh", "#!/bin/sh\n# One two three.\nsleep" " 1\n"),
    ("README.md", "in $HOME/wor" "k/x and https://example.org/wor" "k/x\n"),
]
BAD_DOCS = [
    ("dead link", {"README.md": "[guide](docs/none.md)\n"}, "docs/none.md"),
    ("dead anchor", {"a.md": "# One\n", "b.md": "[x](a.md#two)\n"}, "a.md#two"),
    ("example without an end", {"a.md": "```cpp\nint a;\n"}, "never closed"),
]
GOOD_DOCS = {"a.md": "# One two\n[x](#one-two) [y](https://example.org) [z](b.md)\n", "b.md": "b\n"}
LOGS = [
    ("OK", "All tests passed (5 assertions in 3 test cases)\n", (3, 0)),
    ("OK", "All tests passed (1 assertion in 1 test case)\n", (1, 0)),
    ("FAIL", "test cases: 3 | 2 passed | 1 failed\nassertions: 9 | 8 passed\n", (2, 1)),
    ("FAIL", "test cases: 4 | 4 failed\n", (0, 4)),
    ("OK", "test cases: 3 | 2 passed | 1 failed as expected\n", (3, 0)),
    ("FAIL", "All tests passed (5 assertions in 3 test cases)\n", (3, 1)),  # a sanitizer's exit
    ("TIMEOUT", "", (0, 1)),
    ("ERROR", "half a li", (0, 1)),
    ("OK", "hello\n", (1, 0)),
    ("FAIL", "7 passed, 2 failed\n", (7, 2)),
]

SHOWN = "[samples/w/a.hpp](../samples/w/a.hpp):\n\n```cpp\nint a;\n```\n"
# name of the rule, text of the tutorial, files of the sample, what the complaint must say
BAD_TUTORIALS = [
    ("changed code", SHOWN, {"a.hpp": "int b;\n"}, "not shown as it is"),
    ("invented code", SHOWN, {}, "not in the sample"),
    ("forgotten code", SHOWN, {"a.hpp": "int a;\n", "b.hpp": ""}, "b.hpp is not shown"),
    ("loose code", SHOWN + "```cpp\nint c;\n```\n", {"a.hpp": "int a;\n"}, "must follow a link"),
]


def run():
    """Yields (name of the case, whether it held)."""
    yield "the good tree has no problems", not list(layering.check_tree(TREE))
    for name, path, text, wanted in BAD_INCLUDES:
        problems = list(layering.check_tree({**TREE, path: text}))
        yield name, len(problems) == 1 and wanted in problems[0] and path in problems[0]
    for name, path, text, wanted in BAD_FILES:
        yield name, any(wanted in problem for problem in house.check_file(path, text))
    for path, text in GOOD_FILES:
        yield f"good {path}", not list(house.check_file(path, text))
    for name, texts, wanted in BAD_DOCS:
        yield name, any(wanted in problem for problem in docs.check_texts(texts, set(texts)))
    yield "mention of a missing document", any(
        "docs/none.md" in problem for problem in docs.check_mentions("a.hpp", "// docs/none.md", {})
    )
    for name, text, files, wanted in BAD_TUTORIALS:
        yield name, any(wanted in problem for problem in tutorial.problems(text, files))
    yield "good tutorial", not list(tutorial.problems(SHOWN, {"a.hpp": "int a;\n"}))
    yield "good documents", not list(docs.check_texts(GOOD_DOCS, set(GOOD_DOCS)))
    for result, stdout, wanted in LOGS:
        entry = {"name": "x", "result": result, "stdout": stdout}
        yield f"count of {result} {stdout!r}", count.count_test(entry) == wanted


def main():
    passed = failed = 0
    for name, held in run():
        passed += held
        failed += not held
        if not held:
            print(f"FAILED: {name}")
    print(f"{passed} cases held, {failed} did not")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
