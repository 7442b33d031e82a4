#!/usr/bin/env python3
"""Compares docs/acceptance.md with the cases that the programs have; --write makes it anew.

usage: cases.py [--write] DOCUMENT PROGRAM...
"""

import re
import subprocess
import sys
from pathlib import Path

# Catch tag -> heading. Cases of one heading stand in one table.
HEADINGS = {
    "uri": "Naming objects in text",
    "names": "The name server",
    "tags": "Tags",
    "wait": "Waiting for a name",
    "instance": "Instances",
    "session": "Sessions",
    "expose": "What is exposed",
    "attribute": "Properties",
    "arguments": "Arguments and results",
    "exception": "Exceptions",
    "oneway": "Oneways",
    "batch": "Batches",
    "async": "Futures and coroutines",
    "stream": "Streams",
    "reference": "References",
    "callback": "Callbacks",
    "annotations": "Notes beside the arguments",
    "context": "What a method knows of its call",
    "correlation": "Correlation ids",
    "deadline": "Deadlines and stopping",
    "threads": "Threads",
    "clients": "Many clients",
    "replicas": "Several services under one name",
    "reconnect": "Losing and finding the broker",
    "drain": "Stopping a service",
    "loop": "Event loops of one's own",
}
INTRODUCTION = """# What the object model promises, case by case

Each case is a test of that number and name. The broker, the service and the caller are three
processes; what makes sense on every path is done over tcp, over ipc, straight to the service, and
within one process. `build/test/acceptance/model-streams A%03d` runs one of them, with
`RMI_BROKER_PROGRAM`, `RMI_NS_PROGRAM` and `MODEL_SERVICE_PROGRAM` set to the programs.

This list is compared with the programs by a test; `test/acceptance/cases.py --write` makes it.
"""


def cases_of(program):
    """(name, tag) of each case, as the program lists them: wrapped, the tags on a line below."""
    # Catch ends with the number of cases; a program that lists nothing leaves a gap.
    text = subprocess.run(
        [program, "--list-tests"], check=False, stdout=subprocess.PIPE, text=True
    ).stdout
    name = None
    for line in text.splitlines()[1:]:
        if match := re.fullmatch(r" {6}\[([a-z]+)\]", line):
            yield name, match[1]
        elif re.match(r" {2}\S", line):
            name = line.strip()
        elif line.startswith("    "):
            name += " " + line.strip()


def problems(cases):
    for at, (name, tag) in enumerate(cases, 1):
        if not name.startswith(f"A{at:03d} "):
            yield f"expected A{at:03d} here: {name}"
        if tag not in HEADINGS:
            yield f"no heading for [{tag}] of {name}"


def document(cases):
    first_stream = next((i for i, (_, tag) in enumerate(cases, 1) if tag == "stream"), 1)
    parts = [INTRODUCTION % first_stream]
    before = None
    for name, tag in cases:
        number, _, what = name.partition(" ")
        if tag != before:
            parts.append(f"\n## {HEADINGS[tag]}\n\n| | |\n|---|---|\n")
        parts.append(f"| {number} | {what} |\n")
        before = tag
    return "".join(parts)


def main(arguments):
    write = arguments[0] == "--write"
    path, *programs = arguments[write:]
    cases = sorted(case for program in programs for case in cases_of(program))
    found = list(problems(cases))
    wanted = document(cases) if not found else ""
    if not found and write:
        Path(path).write_text(wanted, encoding="utf-8")
    elif not found and Path(path).read_text(encoding="utf-8") != wanted:
        found = [f"{path} is not what the programs say; run cases.py --write"]
    print("\n".join(found) or f"{len(cases)} cases")
    return 1 if found or not cases else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
