#!/usr/bin/env python3
"""Counts the single tests in Meson's testlog.json, shows what failed, ends with the total.

A Catch2 program counts as many tests as it has test cases; a script that closes with
`N passed, N failed` as many as it says; anything else as one. A test that failed without
naming a failure (a crash, a timeout, a sanitizer's report) counts as one failure more.
"""

import json
import re
import sys

CATCH_ALL = re.compile(r"^All tests passed \(.* in (\d+) test cases?\)", re.MULTILINE)
CATCH_SOME = re.compile(r"^test cases:\s*(\d+) \|(.*)$", re.MULTILINE)
CLOSING = re.compile(r"^(\d+) passed, (\d+) failed$", re.MULTILINE)
SHOWN_LINES = 200


def last(pattern, text):
    found = None
    for found in pattern.finditer(text):
        pass
    return found


def count_output(text):
    """(passed, failed) as the program itself says, or None if it says nothing."""
    if match := last(CATCH_ALL, text):
        return int(match[1]), 0
    if match := last(CATCH_SOME, text):
        failed = re.search(r"(\d+) failed(?! as expected)", match[2])
        failed = int(failed[1]) if failed else 0
        return int(match[1]) - failed, failed
    if match := last(CLOSING, text):
        return int(match[1]), int(match[2])
    return None


def count_test(test):
    """(passed, failed) of one entry of the log."""
    good = test["result"] in ("OK", "EXPECTEDFAIL")
    passed, failed = count_output(test.get("stdout") or "") or (1 if good else 0, 0)
    if not good and failed == 0:
        failed = 1
    return passed, failed


def show(test):
    print(f"\n== {test['name']}: {test['result']} after {test.get('duration', 0):.1f} s")
    for stream in ("stdout", "stderr"):
        lines = (test.get(stream) or "").splitlines()
        if len(lines) > SHOWN_LINES:
            print(f"-- {stream}, the last {SHOWN_LINES} of {len(lines)} lines")
        elif lines:
            print(f"-- {stream}")
        print("\n".join(lines[-SHOWN_LINES:]))


def main(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as log:
            tests = [json.loads(line) for line in log if line.strip()]
    except OSError as error:
        print(f"No test ran: {error}")
        print("\n0 passed, 1 failed")
        return 1
    passed = failed = 0
    for test in tests:
        if test["result"] == "SKIP":
            print(f"skipped: {test['name']}")
            continue
        good, bad = count_test(test)
        passed += good
        failed += bad
        if bad:
            show(test)
    print(f"\n{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
