#!/usr/bin/env python3
"""10 000 objects of one service: listed, filtered, called, and gone with it.

usage: names_test.py BROKER SERVICE CLIENT RMI-CALL RMI-NS
"""

import json
import re
import sys
import time

from stage import Stage, stderr_of, until  # first: it finds the next one
from cli import holds, run_all, same  # noqa: E402

MANY = 10000
LONGEST = 30  # seconds for one listing, also under a sanitizer; a normal build needs less than one
NAMES = sorted(f"room.{i}" for i in range(MANY))


def listed(stage, *words):
    """The names, as the JSON list and the table agree on them, each in bounded time."""
    begun = time.monotonic()
    table = stage.ns("list", *words)
    between = time.monotonic()
    entries = stage.ns("list", *words, "--json")
    longest = max(between - begun, time.monotonic() - between)
    holds(longest < LONGEST, f"a listing took {longest} s")
    same((table.code, table.err, entries.code, entries.err), (0, "", 0, ""))
    names = [entry["name"] for entry in json.loads(entries.out)]
    same([row.split()[0] for row in table.out.decode().splitlines()[1:]], names)
    same(stage.ns("count", *words).out, b"%d\n" % len(names))
    return names


def all_of_them(stage):
    """10 000 names are listed in order, as a table and as JSON, in seconds"""
    same(listed(stage, "room."), NAMES)


def by_prefix(stage):
    """a prefix finds the names that begin with it"""
    same(listed(stage, "room.77"), [name for name in NAMES if name.startswith("room.77")])
    same(listed(stage, "nothing."), [])


def by_regex(stage):
    """a regex finds the names that match as a whole, also within a prefix"""
    for words, pattern in (
        (("--regex", r"room\.\d\d"), r"room\.\d\d"),
        (("--regex", r".*(00|99)"), r".*(00|99)"),
        (("room.1", "--regex", r"room\.\d+5"), r"room\.1\d*5"),
        (("--regex", r"room\."), r"room\."),
    ):
        same(listed(stage, *words), [name for name in NAMES if re.fullmatch(pattern, name)])
    result = stage.ns("list", "--regex", "(")
    same(result.code, 7)
    stderr_of(result)


def by_tags(stage):
    """tags find the names that have all of them, or any"""

    def where(condition):
        return [name for name in NAMES if condition(int(name.removeprefix("room.")))]

    same(listed(stage, "--tag", "room"), NAMES)
    same(listed(stage, "--tag", "even", "--tag", "floor4"), where(lambda i: i % 10 == 4))
    same(listed(stage, "--tag", "odd", "--tag", "floor4"), [])
    same(
        listed(stage, "--tag", "odd", "--tag", "floor4", "--any-tag"),
        where(lambda i: i % 2 == 1 or i % 10 == 4),
    )
    same(
        listed(stage, "room.5", "--tag", "odd", "--regex", r"room\.\d{3}"),
        where(lambda i: 500 <= i < 600 and i % 2 == 1),
    )


def callable_all(stage):
    """the first, a middle and the last of them can be called"""
    for number in (0, MANY // 2, MANY - 1):
        same(stage.call(f"room.{number}", "divide", "7", "2"), (0, b"3.5\n", ""))


def gone_at_once(stage):
    """all 10 000 names go with their service, and the broker serves on"""
    stage.service.process.kill()
    until(lambda: stage.ns("count", "room.").out == b"0\n", "the names are gone")
    with stage.serve("desk"):
        same(stage.call("desk", "divide", "7", "2"), (0, b"3.5\n", ""))


TESTS = [all_of_them, by_prefix, by_regex, by_tags, callable_all, gone_at_once]

if __name__ == "__main__":
    # A lease so long that names which go do so for another reason.
    rooms = Stage(sys.argv[1:6], names=("--many", str(MANY)), options=("--lease", "10min"))
    with rooms as the_stage:
        sys.exit(run_all(TESTS, the_stage))
